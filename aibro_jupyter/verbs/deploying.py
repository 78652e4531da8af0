"""The verbs that make something run: deploy, capture, dryrun."""

from __future__ import annotations

import ast
import difflib
import json
from pathlib import Path
from typing import Any

from aibro_jupyter import job
from aibro_jupyter.capturing import capture as capture_function
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.secrets import collected, kept
from aibro_jupyter.errors import AibroError, BadMachine, BadRequest
from aibro_jupyter.figures import duration
from aibro_jupyter.home import home, suggested_name
from aibro_jupyter.inference import DRYRUN_PASSED
from aibro_jupyter.repo.dryrun import dryrun as dryrun_repo
from aibro_jupyter.repo.layout import recreate
from aibro_jupyter.states import JobStatus
from aibro_jupyter.verbs.changes import changes
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.panels import minted_once
from aibro_jupyter.verbs.spending import limits_of
from aibro_jupyter.verbs.tree import BadCommand
from aibro_jupyter.views import Note, View
from aibro_jupyter.views.capture import CaptureView
from aibro_jupyter.views.watch import watched


def deploy(command: Command) -> View:
    """Deploy a function of the notebook, or a model repo."""
    options = command.options
    if options.dryrun:
        return _tried(command)
    folder = _folder(command)
    name = options.name or (_name_of(folder) if folder else None)
    try:
        if folder is not None:
            return job.deploy_folder(folder, _wish(command, name or "model")).card
        return _deploy_function(command)
    except AibroError as error:
        raise _with_survivor(error, name or options.what) from error


def _deploy_function(command: Command) -> View:
    options, names = command.options, command.asker.namespace
    assert names is not None, "without a notebook a folder is deployed"
    wish = _wish(command, options.name or suggested_name(options.what))
    return job.deploy(
        _evaluated(options.what, names, "function"),
        name=options.name,
        sample=_evaluated(options.sample, names, "sample") if options.sample else None,
        machine=_machine(options.machine),
        cooling=options.cooling,
        cool_down=wish.cool_down_s,
        client_ids=wish.client_ids,
        description=wish.description,
        wait_request_s=wish.wait_request_s,
        on=wish.on,
        request_limit_s=wish.request_limit_s,
        enforce=wish.enforce,
        out=options.out,
        wait=wish.wait,
        secrets=wish.secrets,
        allow_net=options.allow_net,
        verify=options.verify,
        namespace=names,
        sample_text=options.sample or "",
        budget_per_day=options.budget_per_day,
        budget_stop=options.budget_stop,
        ttl_s=options.ttl,
        until=options.until,
        notify=options.notify or "",
    ).card


def capture(command: Command) -> View:
    """Write a function's repo and prove it."""
    options, names = command.options, command.asker.namespace
    if names is None or not options.what:
        raise BadCommand("capture needs a function of a notebook", fix="in a cell: `%aibro capture FUNCTION`")
    sample = _evaluated(options.sample, names, "sample") if options.sample else None
    function = _evaluated(options.what, names, "function")
    given = collected(options.secrets, command.asker.secret)
    with watched() as look:
        found = capture_function(
            function, options.out, sample, None, options.name, namespace=names, on_step=look.step,
            secrets=kept(options.name or options.what) | given, allow_net=options.allow_net, verify=options.verify,
        )  # fmt: skip
        view: View = CaptureView(captured=job.captured_facts(found), what=options.what, took_s=look.took_s)
        if getattr(options, "diff", False):
            view = changes(found)
        look.done(view)
    return view


def dryrun(command: Command) -> View:
    """Run a repo on its own sample in a fresh process."""
    paths = [str(path) for path in command.options.path]
    return _dryrun(Path(paths[0]).expanduser() if len(paths) == 1 else recreate(paths, home().make().root))


def _dryrun(root: Path) -> View:
    with watched() as look:
        dryrun_repo(root, envs=home().make().envs, on_step=look.step)
        took = duration(look.took_s)
        view = Note(body=f"{DRYRUN_PASSED}   {root}   {took}", facts={"passed": True, "path": str(root)})
        look.done(view)
    return view


def _tried(command: Command) -> View:
    folder = _folder(command)
    return capture(command) if folder is None else _dryrun(folder)


def _wish(command: Command, name: str) -> job.Wish:
    options = command.options
    return job.Wish(
        name=name,
        machines=job.chosen_machines(_machine(options.machine), options.cooling),
        cool_down_s=options.cool_down,
        client_ids=(*options.client_ids, *minted_once(options.mint, name)),
        description=options.description,
        wait_request_s=options.wait_request_s,
        request_limit_s=options.request_limit,
        on=options.on,
        enforce=options.enforce,
        wait=not options.no_wait,
        limits=limits_of(options),
        secrets=collected(options.secrets, command.asker.secret),
    )


def _folder(command: Command) -> Path | None:
    """Return the repo to deploy, or None where a function of the notebook is meant."""
    options = command.options
    in_notebook = command.asker.namespace is not None
    paths = options.artifacts_path or ([] if in_notebook or not options.what else [options.what])
    if not paths and not (in_notebook and options.what):
        what = "which function?" if in_notebook else "which repo?"
        raise BadCommand(what, fix=f"`{command.asker.prog} deploy {'FUNCTION' if in_notebook else 'PATH'}`")
    if not paths:
        return None
    return Path(paths[0]).expanduser() if len(paths) == 1 else recreate(paths, home().make().root)


def _name_of(folder: Path) -> str:
    try:
        manifest = json.loads((folder / "aibro.json").read_text())
        return str(manifest["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return suggested_name(folder.resolve().name)


def _machine(text: str | None) -> str | dict[str, str] | None:
    if text is None or not text.startswith("{"):
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise BadMachine(
            f"{text} is no dictionary", fix="""write '{"standby": "c5.large.od"}' in single quotes"""
        ) from error
    return value if isinstance(value, dict) else {}


def _evaluated(expression: str, names: dict[str, Any], role: str) -> Any:
    try:
        # The person's own expression in the person's own kernel: it is what they typed into the cell.
        value = eval(expression, names)  # noqa: S307
    except NameError as error:
        missing = error.name or expression
        own = [name for name in names if not name.startswith("_")]
        near = difflib.get_close_matches(missing, own, n=1, cutoff=0.75)
        hint = f"did you mean {near[0]}?" if near else "run the cell that defines it"
        if role == "function" and Path(expression).is_dir():
            hint = f"`--artifacts-path {expression}` deploys a folder"
        raise BadRequest(f"the {role} {expression!r}: nothing here is called {missing!r}", fix=hint) from error
    except Exception as error:
        raise BadRequest(f"the {role} {expression!r} raised {type(error).__name__}: {error}") from error
    if role == "function" and not callable(value):
        raise BadRequest(
            f"{expression!r} is no function but {type(value).__name__}", fix="name a function of the notebook"
        )
    return value


def _with_survivor(error: AibroError, name: str | None) -> AibroError:
    """Say what still serves, where a job of that name does."""
    try:
        active = backend(start=False).job_named(str(name))
    except AibroError:
        return error
    live = [version.version for version in active.versions if version.state == "live"]
    if active.status is JobStatus.DEPLOYED and live:
        survivor = f"{active.model_name} v{max(live)} goes on serving"
        error.fix = f"{error.fix} · {survivor}" if error.fix else survivor
    return error

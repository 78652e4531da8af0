"""The verbs that make something run: deploy, capture, dryrun."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from aibro_jupyter import job
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.kinds import FLAG, FUNCTION
from aibro_jupyter.client.option import Option, options_of, said
from aibro_jupyter.client.secrets import collected
from aibro_jupyter.errors import AibroError, BadRequest
from aibro_jupyter.figures import duration
from aibro_jupyter.home import home, suggested_name
from aibro_jupyter.inference import DRYRUN_PASSED
from aibro_jupyter.modelio.manifest import glanced
from aibro_jupyter.repo.dryrun import dryrun as dryrun_repo
from aibro_jupyter.repo.layout import recreate
from aibro_jupyter.states import JobStatus
from aibro_jupyter.verbs.changes import changes
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.tree import BadCommand
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import Note, View
from aibro_jupyter.views.capture import CaptureView
from aibro_jupyter.views.watch import watched

_WHAT = Option(name="what", kind=FUNCTION, help="the function, an expression of the notebook")


@verb(
    replace(_WHAT, help=f"{_WHAT.help}; in a terminal a folder"),
    *options_of(job.CaptureOptions),
    *options_of(Deployment),
    Option(
        flags=("--artifacts-path",),
        many=True,
        metavar="PATH",
        help="a model repo, or artifacts, instead of a function",
    ),
    Option(flags=("--dryrun",), kind=FLAG, help="capture and prove, deploy nothing"),
    examples=(
        'deploy predict --name iris --sample "X[:5]"',
        "deploy predict --machine c5.large.od --cooling g4dn.4xlarge.od --cool-down 10m",
        "deploy predict --mint ana ben --budget-per-day 5 --ttl 8h",
        "deploy --artifacts-path aibro_repo --name iris",
    ),
    synonyms=("run", "serve"),
    over_cell=True,
)
def deploy(command: Command) -> View:
    """Capture a function, prove it and serve it as an API; again: update it."""
    options = command.options
    if options.dryrun:
        return _tried(command)
    folder = _folder(command)
    try:
        # What is wrong with an option or a name is told before a secret is asked for.
        deployment = Deployment(**said(Deployment, options))
        if folder is not None:
            return job.deploy_folder(folder, _with_secrets(command, deployment.named(_name_of(folder)))).card
        function, how = _function(command)
        return job.deploy_function(function, how, _with_secrets(command, deployment)).card
    except AibroError as error:
        raise _with_survivor(error, options.name or (_name_of(folder) if folder else options.what)) from error


def _with_secrets(command: Command, deployment: Deployment) -> Deployment:
    return replace(deployment, secrets=collected(deployment.secrets, command.asker.secret))


def _function(command: Command) -> tuple[Callable[..., Any], job.CaptureOptions]:
    """Return the function that is meant, and how it is captured."""
    options, names = command.options, command.asker.namespace
    if names is None or not options.what:
        raise BadCommand(
            f"{options.verb} needs a function of a notebook", fix=f"in a cell: `%aibro {options.verb} FUNCTION`"
        )
    sample = _evaluated(options.sample, names, "sample") if options.sample else None
    how = said(job.CaptureOptions, options) | {"sample": sample, "expression": options.sample or ""}
    return _evaluated(options.what, names, "function"), job.CaptureOptions(**how, namespace=names)


@verb(
    _WHAT,
    *options_of(job.CaptureOptions),
    *options_of(Deployment, "name", "secrets"),
    Option(flags=("--diff",), kind=FLAG, help="show what changed since the last deploy"),
    examples=('capture predict --sample "X[:5]"', "capture predict --verify venv", "capture predict --diff"),
    over_cell=True,
)
def capture(command: Command) -> View:
    """Write the aibro_repo of a function and prove it, deploy nothing."""
    return _captured(command)


def _captured(command: Command) -> View:
    options = command.options
    function, how = _function(command)
    given = collected(options.secrets, command.asker.secret)
    with watched() as look:
        found = job.captured(function, options.name, how, given, look)
        view: View = CaptureView(captured=job.captured_facts(found), what=options.what, took_s=look.took_s)
        if options.verb == "capture" and options.diff:
            view = changes(found)
        look.done(view)
    return view


@verb(
    Option(name="path", many=True, default=("aibro_repo",), metavar="PATH", help="a model repo, or its artifacts"),
    examples=("dryrun", "dryrun aibro_repo"),
    synonyms=("test",),
)
def dryrun(command: Command) -> View:
    """Run a model repo on its own sample in a fresh process, deploy nothing."""
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
    return _captured(command) if folder is None else _dryrun(folder)


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
    name = glanced(folder).get("name")
    return name if isinstance(name, str) else suggested_name(folder.resolve().name)


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
    """Return the error, whose fix now also says what still serves, where a job of that name does."""
    try:
        active = backend(start=False).job_named(str(name))
    except AibroError:
        return error
    live = [version.version for version in active.versions if version.state == "live"]
    if active.status is JobStatus.DEPLOYED and live:
        survivor = f"{active.model_name} v{max(live)} goes on serving"
        error.fix = f"{error.fix} · {survivor}" if error.fix else survivor
    return error

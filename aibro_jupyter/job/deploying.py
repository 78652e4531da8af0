"""``deploy(predict, sample=X[:5])``: capture, prove, send, and watch it come up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_fields
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.gathering.target import namespace_of
from aibro_jupyter.client.arguments import CALLED, DIMENSIONS, GLOBS, NAMESPACE, PLACE, SEVERAL, checked
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.kinds import FLAG, TEXT
from aibro_jupyter.client.replacing import notebook_of
from aibro_jupyter.client.road import Deployed, deploy_repo
from aibro_jupyter.client.rollout import WatchStopped
from aibro_jupyter.client.secrets import collected
from aibro_jupyter.job.capturing import CaptureOptions, captured
from aibro_jupyter.job.facts import captured_facts, captured_sample, near
from aibro_jupyter.job.handle import Job
from aibro_jupyter.modelio.manifest import glanced
from aibro_jupyter.protocol import OnStep
from aibro_jupyter.views.call import Sample, sample_of
from aibro_jupyter.views.capture import Captured
from aibro_jupyter.views.live import DeployView
from aibro_jupyter.views.watch import Watched, watched


@checked(
    fn=CALLED, samples=SEVERAL, out=PLACE, allow_net=FLAG, allow_large=FLAG, verify=TEXT, files=GLOBS,
    free=DIMENSIONS,
    namespace=NAMESPACE, on_step=CALLED,
)  # fmt: skip
def deploy(
    fn: Callable[..., Any],
    *,
    name: str | None = None,
    sample: Any = None,
    machine: str | dict[str, str] | None = None,
    cooling: str | None = None,
    cool_down: int = 600,
    client_ids: str | Sequence[str] = (),
    mint: str | Sequence[str] = (),
    description: str = "",
    wait_request_s: int = 30,
    slots: int = 1,
    on: str = "here",
    samples: Sequence[Any] | None = None,
    request_limit_s: int = 600,
    enforce: bool = False,
    isolate: bool = False,
    out: str | Path = "aibro_repo",
    wait: bool = True,
    replace: bool = False,
    secrets: Mapping[str, str] | Sequence[str] = (),
    allow_net: bool = False,
    allow_large: bool = False,
    verify: str = "",
    files: str | Sequence[str] = (),
    free: str | Sequence[str] = (),
    namespace: dict[str, Any] | None = None,
    budget_per_day: float | None = None,
    budget_stop: float | None = None,
    ttl_s: float | None = None,
    until: float | None = None,
    notify: str = "",
    max_wait: float | None = None,
    at_once: int | None = None,
    per_second: float | None = None,
    cors: str | Sequence[str] = (),
    on_step: OnStep | None = None,
) -> Job:
    """Capture a function with all it needs, prove it in a clean process, and serve it as an HTTP API.

    Deploying again under the same name answers at once if nothing changed, else the new version comes up beside the
    old one and takes over. What another notebook has deployed, or what takes another input, is not replaced unasked.

    Args:
        fn: the notebook's function
        name: the API's name, part of its URL
        sample: an input to prove it with, such as X[:5]
        machine: id of the standby machine: always on, cheap
        cooling: id of the cooling machine: strong, asleep until requests come
        cool_down: cooling sleeps after this long without a request (seconds)
        client_ids: who may call, by client id
        mint: who may call, by name: each gets a client id that nobody can guess, made once
        description: what reminds people which one it is
        wait_request_s: how long to wait for the first machine (seconds)
        slots: processes that the model runs in on each machine; auto: one a CPU
        on: the provider it runs on
        samples: more inputs to prove it with
        request_limit_s: the longest that a single request may run (seconds)
        enforce: hold it to its machine's memory
        isolate: keep it from the files and processes of the computer it runs on (needs bubblewrap there)
        out: where the repo is written
        wait: False: do not wait until it serves: return once it is on its way
        replace: take the name from another notebook, or change what its callers send
        secrets: environment variables that the model gets; one that is not set here is asked for, never shown
        allow_net: the proof may reach the network
        allow_large: take values along over 500 MB, or over 2 GB together
        verify: venv: prove it again with requirements.txt alone installed
        files: files that come along too, such as 'lang/*.json'
        free: dimensions of an array that may have any size, such as 0,2
        namespace: the names that it finds; those of its own notebook if not given
        budget_per_day: beyond it cooling is off until midnight UTC; standby stays (dollars)
        budget_stop: beyond it, in all, the job ends (dollars)
        ttl_s: the job ends after this long (seconds)
        until: the job ends then (UTC seconds)
        notify: a URL that news are POSTed to as JSON
        max_wait: a request that would wait longer for its turn is told so at once (seconds)
        at_once: so many requests may a client have waiting and running
        per_second: so many requests may a client send a second
        cors: web pages that may call, by origin; *: any
        on_step: called with each step, from any thread

    Returns:
        The job, to call and to ask; with ``wait=False`` it may not serve yet.

    Raises:
        CaptureError: it cannot be served; ``details`` has all culprits, one a line
        BadRequest: an argument that cannot be, such as ``BadMachine``; its ``fix`` says what to write
        WouldReplace: the name is live from another notebook, or with another input; nothing was changed
        DeployFailed: it did not come up; a version that served before goes on serving

    """
    deployment = Deployment(
        name=name or None,
        machine=machine,
        cooling=cooling,
        cool_down=cool_down,
        client_ids=client_ids,
        mint=mint,
        description=description,
        wait_request_s=wait_request_s,
        request_limit_s=request_limit_s,
        slots=slots,
        on=on,
        enforce=enforce,
        isolate=isolate,
        wait=wait,
        replace=replace,
        secrets=secrets,
        budget_per_day=budget_per_day,
        budget_stop=budget_stop,
        ttl_s=ttl_s,
        until=until,
        notify=notify,
        max_wait=max_wait,
        at_once=at_once,
        per_second=per_second,
        cors=cors,
    )
    how = CaptureOptions(
        sample=sample,
        samples=samples,
        out=out,
        allow_net=allow_net,
        allow_large=allow_large,
        verify=verify,
        files=files,
        free=free,
        namespace=namespace,
    )
    return deploy_function(fn, how, deployment, on_step)


def deploy_function(
    fn: Callable[..., Any], how: CaptureOptions, deployment: Deployment, on_step: OnStep | None = None
) -> Job:
    """Capture a function, prove it and serve it; again under the same name updates it."""
    named = deployment.named(getattr(fn, "__name__", "").strip("<>"))
    secrets = collected(deployment.secrets)
    with watched(on_step) as look:
        found = captured(fn, named.name, how, secrets, look)
        origin = _Origin(sample=captured_sample(found), captured=captured_facts(found), expression=how.expression)
        notebook = notebook_of(how.namespace if how.namespace is not None else namespace_of(fn))
        ready = with_fields(named, secrets=secrets, note={"function": found.function, **notebook})
        return _launched(found.path, ready, look, origin)


def deploy_folder(root: Path, deployment: Deployment, on_step: OnStep | None = None) -> Job:
    """Serve a model repo as it is; again under the same name updates it."""
    with watched(on_step) as look:
        told = with_fields(deployment, note={"function": str(glanced(root).get("function") or "")})
        return _launched(root, told, look, _Origin(sample=sample_of(root, near(root))))


@dataclass(frozen=True, kw_only=True)
class _Origin:
    """Where a repo came from, as far as it is shown."""

    sample: Sample
    captured: Captured | None = None
    expression: str = ""


def _launched(root: Path, deployment: Deployment, look: Watched, origin: _Origin) -> Job:
    """Bring a repo up under a name, beside and then instead of what is live there."""
    control = backend()
    try:
        deployed = deploy_repo(control, root, deployment, update=True, on_step=look.step)
    except WatchStopped as stopped:
        # The job goes on: show where it is, then let the interrupt end the cell as any other.
        urls = control.clients(stopped.job.job_id).urls
        look.done(_card(control, Deployed(job=stopped.job, urls=urls, change="new"), look, origin))
        raise
    card = _card(control, deployed, look, origin)
    look.done(card)
    return Job(job_id=deployed.job.job_id, card=card)


def _card(control: ControlClient, deployed: Deployed, look: Watched, origin: _Origin) -> DeployView:
    return DeployView(
        job=deployed.job,
        urls=deployed.urls,
        client_ids=control.clients(deployed.job.job_id).client_ids,
        change=deployed.change,
        input_changes=deployed.input_changes,
        took_s=look.took_s,
        reach=control.status().reach,
        captured=origin.captured,
        sample=origin.sample,
        expression=origin.expression,
        spec=deployed.job.versions[0].spec,
        next_step=f"edit the {'cell and run it' if origin.captured else 'repo and deploy'} again to update",
    )

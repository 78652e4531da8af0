"""``deploy(predict, sample=X[:5])``: capture, prove, send, and watch it come up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing import capture
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import Deployed, deploy_repo
from aibro_jupyter.client.secrets import collected, kept
from aibro_jupyter.client.watch import WatchStopped
from aibro_jupyter.home import suggested_name
from aibro_jupyter.job.facts import captured_facts, captured_sample, near
from aibro_jupyter.job.handle import Job
from aibro_jupyter.job.wish import Wish, chosen_machines, limits_of
from aibro_jupyter.protocol import Step
from aibro_jupyter.views.call import Sample, sample_of
from aibro_jupyter.views.capture import Captured
from aibro_jupyter.views.live import DeployView
from aibro_jupyter.views.watch import Watched, watched


def deploy(
    fn: Callable[..., Any],
    *,
    name: str | None = None,
    sample: Any = None,
    machine: str | dict[str, str] | None = None,
    cooling: str | None = None,
    cool_down: int = 600,
    client_ids: str | Sequence[str] = (),
    description: str = "",
    wait_request_s: int = 30,
    on: str = "here",
    samples: Sequence[Any] | None = None,
    request_limit_s: int = 600,
    enforce: bool = False,
    out: str | Path = "aibro_repo",
    wait: bool = True,
    secrets: Mapping[str, str] | Sequence[str] = (),
    allow_net: bool = False,
    verify: str = "",
    namespace: dict[str, Any] | None = None,
    sample_text: str = "",
    budget_per_day: float | None = None,
    budget_stop: float | None = None,
    ttl_s: float | None = None,
    until: float | None = None,
    notify: str = "",
    on_step: Callable[[Step], None] | None = None,
) -> Job:
    """Capture a function with all it needs, prove it in a clean process, and serve it as an HTTP API.

    Deploying again under the same name answers at once if nothing changed, else the new version comes up beside the
    old one and takes over. ``cool_down``, ``wait_request_s`` and ``request_limit_s`` are seconds. ``budget_per_day``
    and ``budget_stop`` are dollars: beyond the one cooling is off for the rest of the day, beyond the other the job
    ends, as it does after ``ttl_s`` seconds or at ``until`` (UTC seconds); ``notify``: a URL that gets the news. Raises
    ``CaptureError`` with all culprits, ``BadMachine``, ``DeployFailed``; a job that served before goes on serving.
    ``secrets`` names environment variables that the model and its proof get: the value is this kernel's, else it is
    asked for without being shown; they stay for later versions. ``allow_net`` and ``verify`` are ``capture``'s.
    """
    machines = chosen_machines(machine, cooling)
    wish = Wish(
        name=name or suggested_name(getattr(fn, "__name__", "model").strip("<>")),
        machines=machines,
        cool_down_s=cool_down,
        client_ids=(client_ids,) if isinstance(client_ids, str) else tuple(client_ids),
        description=description,
        wait_request_s=wait_request_s,
        request_limit_s=request_limit_s,
        on=on,
        enforce=enforce,
        wait=wait,
        limits=limits_of(budget_per_day, budget_stop, ttl_s, until, notify),
        secrets=dict(secrets) if isinstance(secrets, Mapping) else collected(_names(secrets)),
    )
    with watched(on_step) as look:
        found = capture(
            fn, str(out), sample, samples, wish.name, namespace=namespace, on_step=look.step,
            secrets=kept(wish.name) | wish.secrets, allow_net=allow_net, verify=verify,
        )  # fmt: skip
        origin = _Origin(sample=captured_sample(found), captured=captured_facts(found), expression=sample_text)
        return _launched(found.path, replace(wish, note={"function": found.function}), look, origin)


def deploy_folder(root: Path, wish: Wish, on_step: Callable[[Step], None] | None = None) -> Job:
    """Serve a model repo as it is; again under the same name updates it."""
    with watched(on_step) as look:
        return _launched(root, wish, look, _Origin(sample=sample_of(root, near(root))))


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


@dataclass(frozen=True, kw_only=True)
class _Origin:
    """Where a repo came from, as far as it is shown."""

    sample: Sample
    captured: Captured | None = None
    expression: str = ""


def _launched(root: Path, wish: Wish, look: Watched, origin: _Origin) -> Job:
    """Bring a repo up under a name, beside and then instead of what is live there."""
    control = backend()
    try:
        deployed = deploy_repo(
            control,
            root,
            model_name=wish.name,
            machines=wish.machines,
            cool_down_period_s=wish.cool_down_s,
            client_ids=wish.client_ids,
            description=wish.description,
            wait_request_s=wish.wait_request_s,
            request_limit_s=wish.request_limit_s,
            on=wish.on,
            enforce=wish.enforce,
            note=wish.note,
            limits=wish.limits,
            secrets=wish.secrets,
            update=True,
            wait=wish.wait,
            on_step=look.step,
        )
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
        took_s=look.took_s,
        reach=control.status().reach,
        captured=origin.captured,
        sample=origin.sample,
        expression=origin.expression,
        spec=deployed.job.versions[0].spec,
        next_step=f"edit the {'cell and run it' if origin.captured else 'repo and deploy'} again to update",
    )

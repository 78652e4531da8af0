"""The fire drill: break one instance of a live job under steady requests, and see that nobody notices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from aibro_jupyter import clock
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.kinds import LAPSE, RATE, SPAN
from aibro_jupyter.client.option import Option, take
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.figures import age, several
from aibro_jupyter.job.traffic import SteadyTraffic
from aibro_jupyter.modelio.bodies import Body
from aibro_jupyter.protocol import DrillRequest, DrillView, InstanceView, JobView, Progress, Step
from aibro_jupyter.states import JobStatus, Phase, Role
from aibro_jupyter.views.drill import DrillReport
from aibro_jupyter.views.watch import Watched, watched

AROUND_S = 1.5
"""So long requests flow before anything breaks, and again after it was replaced."""
_LOOK_S = 1.0
"""Chosen: how long a wait for news may be, so that the line of progress moves."""


@dataclass(frozen=True, kw_only=True)
class DrillOptions:
    """How to drill."""

    kind: Annotated[str, Option(
        choices=("spot", "sleep", "kill"), required=True,
        help="spot: taken back; sleep: put to sleep now; kill: its process dies",
    )]  # fmt: skip
    body: Annotated[str | None, Option(
        flags=("--body",), otherwise="the sample in the job's repo", help="what to send: JSON or text, or @FILE",
    )] = None  # fmt: skip
    rate: Annotated[float, Option(flags=("--rate",), kind=RATE, help="requests a second")] = 20.0
    notice_s: Annotated[float, Option(
        flags=("--notice",), kind=LAPSE, help="of spot: from the notice to the end",
    )] = 5.0  # fmt: skip
    patience_s: Annotated[float, Option(
        flags=("--patience",), kind=SPAN, help="the longest wait for the new instance",
    )] = 180.0  # fmt: skip

    def __post_init__(self) -> None:
        take(self)


def drill(control: ControlClient, job: JobView, how: DrillOptions) -> DrillReport:
    """Run a drill and return its report; ``NothingToDrill`` when no instance can break that way."""
    if job.status is not JobStatus.DEPLOYED:
        raise BadRequest(f"{job.model_name} is {job.status}", fix="a drill needs a job that is DEPLOYED")
    url = control.clients(job.job_id).urls[0]
    with watched() as look, SteadyTraffic(url, _body(job, how.body), rate=how.rate) as traffic:
        report = _drilled(control, job, how, look, traffic)
        look.done(report)
    return report


def _drilled(
    control: ControlClient, job: JobView, how: DrillOptions, look: Watched, traffic: SteadyTraffic
) -> DrillReport:
    look.step(Step(name="steady requests", state="running"))
    traffic.wait(AROUND_S)
    if (seen := traffic.seen()).failed:
        raise BadRequest(
            f"requests fail before anything is broken: {seen.failures[0]}",
            fix="give a body that the model takes: --body '[1, 2]' or --body @FILE",
        )
    if how.kind == "sleep":
        _awake(control, job, look, how.patience_s)
    began = clock.perf()
    done = control.drill(job.job_id, DrillRequest(kind=how.kind, notice_s=how.notice_s))
    role = _role(control.job(job.job_id), done)
    look.step(Step(name=f"{how.kind} of the {role.value} instance", state="done"))
    replaced_s = _replaced(control, job.job_id, done, role, look, traffic, began, how.patience_s)
    look.step(Step(name="back", state="failed" if replaced_s is None else "done"))
    traffic.wait(AROUND_S)
    traffic.stop()
    # A spot drill tells when the machine will be gone, and what replaces it comes up before.
    since = done.at - (how.notice_s if how.kind == "spot" else 0.0)
    wakes = control.job(job.job_id).wakes
    return DrillReport(
        model_name=job.model_name,
        role=role.value,
        drill=done,
        calls=traffic.seen(),
        replaced_s=replaced_s,
        wakes=tuple(wake for wake in wakes if wake.role is role and wake.at >= since),
    )


def _awake(control: ControlClient, job: JobView, look: Watched, patience_s: float) -> None:
    """Wait until the cooling instance is up, where there is one: the requests that flow have woken it."""
    seen, began = job, clock.perf()
    spec = next((version.spec for version in job.versions if version.state == "live"), None)
    if spec is None or spec.machines.cooling is None:
        return
    look.step(Step(name="cooling wakes first", state="running"))
    while not seen.cooling_off and clock.perf() - began < patience_s:
        if any(_serves(instance, Role.COOLING) for instance in seen.instances):
            break
        seen = control.job(job.job_id, after=seen.rev, wait_s=_LOOK_S)


def _role(job: JobView, done: DrillView) -> Role:
    return next((i.role for i in job.instances if i.instance_id == done.instance_id), Role.STANDBY)


def _replaced(
    control: ControlClient,
    job_id: str,
    done: DrillView,
    role: Role,
    look: Watched,
    traffic: SteadyTraffic,
    began: float,
    patience_s: float,
) -> float | None:
    """Return after how long the role served again, once the drilled instance has left too; None: not in time."""
    seen, left, back_s = control.job(job_id), False, None
    while (took_s := clock.perf() - began) < patience_s:
        drilled = next((i for i in seen.instances if i.instance_id == done.instance_id), None)
        left = left or drilled is None or drilled.phase is not Phase.SERVING or _woke_again(seen, done)
        if back_s is None and any(_serves(i, role) and (left or i is not drilled) for i in seen.instances):
            back_s = took_s
        if left and back_s is not None:
            return back_s
        calls = traffic.seen()
        told = f"{several(calls.answered, 'request')} answered, {calls.failed} lost"
        look.step(Step(name="back", state="running", progress=Progress(text=f"{age(took_s)}, {told}")))
        seen = control.job(job_id, after=seen.rev, wait_s=_LOOK_S)
    return None


def _serves(instance: InstanceView, role: Role) -> bool:
    return instance.role is role and instance.phase is Phase.SERVING


def _woke_again(seen: JobView, done: DrillView) -> bool:
    """Tell whether a sleep was so short that nobody saw it."""
    return any(w.instance_id == done.instance_id and w.at > done.at and w.state == "done" for w in seen.wakes)


def _body(job: JobView, given: str | None) -> Body:
    """Return what to send: what was given, else the sample of the version that is live."""
    if given is None:
        about = next((v.spec.about for v in job.versions if v.state == "live"), "")
        told = json.loads(about) if about else {}
        if not told.get("sample"):
            raise BadRequest(f"{job.model_name} has no sample to send", fix="give one: --body '[1, 2]' or --body @FILE")
        return Body(content=told["sample"].encode(), content_type=told.get("content_type", ""))
    if not given.startswith("@"):
        return Body(content=given.encode(), content_type="")
    try:
        return Body(content=Path(given[1:]).expanduser().read_bytes(), content_type="")
    except OSError as error:
        raise BadRequest(f"{given[1:]} cannot be read: {error.strerror}", fix="--body @FILE takes a file") from None

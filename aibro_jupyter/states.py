"""The status table, once: phases of an instance, what people see of them, how long they may last, what may follow.

Stored facts are a job's outcome and an instance's phase. Everything else a person sees is a column of this table.
The words are those of the reference (aibro.Inference, "Inference Job & Instance Status").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a job ended."""

    CANCELED = "CANCELED"
    COMPLETED = "COMPLETED"


class Role(StrEnum):
    """Which of a job's two machines an instance is."""

    STANDBY = "standby"
    COOLING = "cooling"


class Phase(StrEnum):
    """Where an instance is in its life; stored, and changed through one door only."""

    REQUESTING = "REQUESTING"
    CONNECTING = "CONNECTING"
    GEARING_UP = "GEARING_UP"
    DEPLOYING = "DEPLOYING"
    SERVING = "SERVING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"


class JobStatus(StrEnum):
    """The reference's job statuses."""

    QUEUING = "QUEUING"
    DEPLOYED = "DEPLOYED"
    CANCELED = "CANCELED"
    COMPLETED = "COMPLETED"


class JobSubstatus(StrEnum):
    """The reference's job substatuses, in its words."""

    REQUESTING_SERVER = "REQUESTING SERVER"
    CONNECTING_SERVER = "CONNECTING SERVER"
    GEARING_UP_ENV = "GEARING UP ENV"
    DEPLOYING_MODEL = "DEPLOYING MODEL"
    DEPLOYED_MODEL = "DEPLOYED MODEL"
    CANCELED = "CANCELED"
    COMPLETED = "COMPLETED"


class InstanceStatus(StrEnum):
    """The reference's instance statuses; REQUESTING has none, for there is no instance yet."""

    NONE = ""
    LAUNCHING = "LAUNCHING"
    EXECUTING = "EXECUTING"
    COOLING = "COOLING"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


JOB_STATUS_MEANING = {
    JobStatus.QUEUING: "Waiting to be deployed",
    JobStatus.DEPLOYED: "Inference API is ready to be used",
    JobStatus.CANCELED: "Canceled due to some errors",
    JobStatus.COMPLETED: "Job was completed",
}
JOB_SUBSTATUS_MEANING = {
    JobSubstatus.REQUESTING_SERVER: "Requesting an instance to deploy models",
    JobSubstatus.CONNECTING_SERVER: "Connecting an initializing instance",
    JobSubstatus.GEARING_UP_ENV: "Gearing up tensorflow and mounting GPUs",
    JobSubstatus.DEPLOYING_MODEL: "Deploying model",
    JobSubstatus.DEPLOYED_MODEL: "Model was deployed",
    JobSubstatus.CANCELED: "Canceled due to some errors",
    JobSubstatus.COMPLETED: "Completed the job",
}
INSTANCE_STATUS_MEANING = {
    InstanceStatus.LAUNCHING: "Setting up instance for inference",
    InstanceStatus.EXECUTING: "Having jobs in ready to receive inference requests",
    InstanceStatus.COOLING: "Within cooling Period (must be a cooling instance)",
    InstanceStatus.CLOSING: "Stopping/terminating instance",
    InstanceStatus.CLOSED: "instance has been stopped/terminated",
}


@dataclass(frozen=True, kw_only=True)
class PhaseRow:
    """One phase of an instance, and all that follows from it."""

    phase: Phase
    substatus: JobSubstatus | None
    """What the job shows while this is its furthest instance; None: this phase is none of the job's progress."""
    instance_status: InstanceStatus
    billed: bool
    """Whether a provider is expected to bill compute; the bill itself follows what the provider says."""
    limit_s: float | None
    """Longest stay before it counts as failed; None: as long as it likes. REQUESTING's is the job's wait_request_s."""
    next: frozenset[Phase]
    """The phases that may follow; a phase that a provider was *seen* in (STOPPED, TERMINATED) may always follow."""


_P = Phase
_GOING = (_P.STOPPING, _P.TERMINATING)
_SEEN_DOWN = (_P.STOPPED, _P.TERMINATED)


def _row(
    phase: Phase,
    substatus: JobSubstatus | None,
    instance: InstanceStatus,
    billed: bool,
    limit_s: float | None,
    *after: Phase,
) -> PhaseRow:
    return PhaseRow(
        phase=phase,
        substatus=substatus,
        instance_status=instance,
        billed=billed,
        limit_s=limit_s,
        next=frozenset() if phase is Phase.TERMINATED else frozenset((*after, *_SEEN_DOWN)) - {phase},
    )


_J, _I = JobSubstatus, InstanceStatus
# The limits are chosen on the long side: minutes for a machine and its agent, an hour to build an environment, half of
# one to load a model; and a close that takes a quarter of one is asked for in another way.
TABLE: dict[Phase, PhaseRow] = {
    row.phase: row
    for row in (
        _row(_P.REQUESTING, _J.REQUESTING_SERVER, _I.NONE, False, None, _P.CONNECTING, _P.TERMINATING),
        _row(
            _P.CONNECTING,
            _J.CONNECTING_SERVER,
            _I.LAUNCHING,
            True,
            600,
            _P.GEARING_UP,
            _P.DEPLOYING,
            _P.SERVING,
            *_GOING,
        ),
        _row(_P.GEARING_UP, _J.GEARING_UP_ENV, _I.LAUNCHING, True, 3600, _P.DEPLOYING, _P.SERVING, *_GOING),
        _row(_P.DEPLOYING, _J.DEPLOYING_MODEL, _I.LAUNCHING, True, 1800, _P.SERVING, *_GOING),
        _row(_P.SERVING, _J.DEPLOYED_MODEL, _I.EXECUTING, True, None, _P.DEPLOYING, *_GOING),
        _row(_P.STOPPING, None, _I.CLOSING, True, 900, _P.TERMINATING),
        _row(_P.STOPPED, None, _I.CLOSED, False, None, _P.CONNECTING, _P.TERMINATING),
        _row(_P.TERMINATING, None, _I.CLOSING, True, 900),
        _row(_P.TERMINATED, None, _I.CLOSED, False, None),
    )
}

LAUNCHING = frozenset({Phase.REQUESTING, Phase.CONNECTING, Phase.GEARING_UP, Phase.DEPLOYING})
CLOSING = frozenset({Phase.STOPPING, Phase.TERMINATING})
GONE = frozenset({Phase.TERMINATING, Phase.TERMINATED})
PROGRESS = (Phase.REQUESTING, Phase.CONNECTING, Phase.GEARING_UP, Phase.DEPLOYING, Phase.SERVING)

# The reference shows a DEPLOYED job with EXECUTING or COOLING instances only. Our named extension: a job stays DEPLOYED
# while another of its instances is launched, sleeps, wakes, is replaced or closes (docs/decisions).
DEPLOYED_EXTENSION = frozenset(
    {InstanceStatus.LAUNCHING, InstanceStatus.CLOSING, InstanceStatus.CLOSED, InstanceStatus.NONE}
)


def may_follow(before: Phase, after: Phase) -> bool:
    """Tell whether an instance may go from one phase to the other."""
    return after in TABLE[before].next


def instance_status(phase: Phase, role: Role, *, in_flight: int, job_ended: bool = False) -> InstanceStatus:
    """Return what people see of an instance; COOLING is derived: serving, cooling role, nothing in flight.

    Of an ended job a cooling instance that still serves is COOLING, as the reference's map has it; whatever else is up
    or comes up is about to be terminated, and shown CLOSING.
    """
    if phase is Phase.SERVING and role is Role.COOLING and (in_flight == 0 or job_ended):
        return InstanceStatus.COOLING
    return InstanceStatus.CLOSING if job_ended and phase in PROGRESS else TABLE[phase].instance_status


def instance_substatus(phase: Phase, shown: InstanceStatus) -> str:
    """Return the reference's instance substatus: only what is shown closing or closed has one."""
    if phase in (*CLOSING, *_SEEN_DOWN):
        return phase.value
    return Phase.TERMINATING.value if shown is InstanceStatus.CLOSING else ""


def job_status(outcome: Outcome | None, *, ever_deployed: bool) -> JobStatus:
    """Return what people see of a job: once deployed, it stays DEPLOYED until it ends."""
    if outcome is not None:
        return JobStatus(outcome.value)
    return JobStatus.DEPLOYED if ever_deployed else JobStatus.QUEUING


def job_substatus(outcome: Outcome | None, phases: Sequence[Phase]) -> JobSubstatus:
    """Return the substatus of the furthest of a job's instances; without any, an instance is being requested."""
    if outcome is not None:
        return JobSubstatus(outcome.value)
    furthest = max((PROGRESS.index(phase) for phase in phases if phase in PROGRESS), default=0)
    shown = TABLE[PROGRESS[furthest]].substatus
    assert shown is not None
    return shown

"""What to do next about one job: a pure function from what is known to the actions that are due.

Each rule is a sentence of the reference; ``plan`` puts them in order. Acting and planning again is always safe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from aibro_jupyter.control.rows import InstanceRow, Move, VersionRow, VersionState
from aibro_jupyter.control.snapshot import SILENT_S, Snapshot, cool_down_ends_at, retry_at, settled
from aibro_jupyter.machines import Market
from aibro_jupyter.states import CLOSING, GONE, LAUNCHING, TABLE, Phase, Role, may_follow

LAUNCH_AGAIN_S = 5.0
"""A launch without an effect is repeated after this time; the provider takes it for the same one."""
CLOSE_AGAIN_S = 30.0


class Call(StrEnum):
    """What a provider can be asked for."""

    LAUNCH = "launch"
    START = "start"
    STOP = "stop"
    TERMINATE = "terminate"


@dataclass(frozen=True)
class Launch:
    """Write down that an instance is wanted; asking for it follows."""

    role: Role
    version: int
    machine: str
    market: Market = Market.ON_DEMAND


@dataclass(frozen=True)
class Ask:
    """Call the provider."""

    instance_id: str
    call: Call


@dataclass(frozen=True)
class Promote:
    """The version takes over the routes."""

    version: int


@dataclass(frozen=True)
class FailVersion:
    """The version did not come up; the one before serves on."""

    version: int
    reason: str


@dataclass(frozen=True)
class Cancel:
    """The job never served and never will."""

    reason: str


Action = Launch | Move | Ask | Promote | FailVersion | Cancel


def plan(known: Snapshot, now: float) -> list[Action]:
    """Return every action that is due; calling it again after acting returns nothing new."""
    moves: list[Action]
    if known.job.outcome is not None:
        moves = [Move(i.instance_id, Phase.TERMINATING, "job ended") for i in known.instances if i.phase not in GONE]
    elif known.parked:
        moves = [*_park(known)]
    else:
        canceled = list(_first_deploy_failed(known, now))
        if canceled:
            return [*canceled]
        moves = [
            *_overdue(known, now),
            *_hung(known),
            *_take_over(known),
            *_version_failed(known),
            *_retire(known),
            *_keep_standby(known, now),
            *_wake_or_sleep(known, now),
        ]
    moving = {move.instance_id for move in moves if isinstance(move, Move)}
    return [*moves, *(ask for ask in _ask(known, now) if ask.instance_id not in moving)]


def pace_s(known: Snapshot, now: float, *, hurry_s: float, resync_s: float) -> float | None:
    """Return the seconds until the next look is worth it; None: never again."""
    if settled(known):
        return None
    if any(i.phase in LAUNCHING or i.phase in CLOSING for i in known.instances):
        return hurry_s
    dues = [due for due in _dues(known) if due > now]
    return min([resync_s, *(due - now for due in dues)])


def _dues(known: Snapshot) -> Iterator[float]:
    if known.live is None:
        return
    for role in Role:
        yield retry_at(known.of(known.live.version, role))
    cooling = known.present(known.live.version, Role.COOLING)
    if cooling is not None and cooling.phase is Phase.SERVING:
        yield cool_down_ends_at(known, cooling, known.live.spec.cool_down_period_s)


def _park(known: Snapshot) -> Iterator[Move]:
    """Going down, every instance stops and keeps its volume; one that cannot is terminated."""
    for i in known.instances:
        if i.phase in GONE or i.phase in (Phase.STOPPING, Phase.STOPPED):
            continue
        keep = may_follow(i.phase, Phase.STOPPING) and i.instance_id not in known.unstoppable
        yield Move(i.instance_id, Phase.STOPPING if keep else Phase.TERMINATING, "the backend goes down")


def _first_deploy_failed(known: Snapshot, now: float) -> Iterator[Cancel]:
    """A job that never served is canceled: its standby failed, or was not granted within ``wait_request_s``."""
    version = known.coming
    if known.job.deployed_at is not None or version is None:
        return
    for i in known.of(version.version, Role.STANDBY):
        waited_s = now - i.launched_at
        if i.failed_at is not None:
            yield Cancel(i.why)
        elif i.phase is Phase.REQUESTING and waited_s >= known.job.wait_request_s:
            yield Cancel(f"no {i.machine} within {known.job.wait_request_s} s (wait_request_s). {i.why}".strip())
        else:
            continue
        return


def _overdue(known: Snapshot, now: float) -> Iterator[Move]:
    """An instance that stays too long in a phase has failed."""
    for i in known.instances:
        limit_s = TABLE[i.phase].limit_s
        if limit_s is None or i.phase in GONE:
            continue
        if i.phase is Phase.STOPPING:
            if i.asked_at is not None and now - i.asked_at >= limit_s:
                yield Move(i.instance_id, Phase.TERMINATING, f"did not stop within {limit_s:.0f} s")
        elif now - i.phase_at >= limit_s:
            yield Move(i.instance_id, Phase.TERMINATING, f"{i.phase} took longer than {limit_s:.0f} s", failed=True)


def _hung(known: Snapshot) -> Iterator[Move]:
    """An instance that runs but does not answer is no instance that serves."""
    why = f"its agent has not answered for {SILENT_S:.0f} s"
    for i in known.instances:
        if i.phase is Phase.SERVING and i.instance_id in known.silent:
            yield Move(i.instance_id, Phase.TERMINATING, why, failed=True)


def _take_over(known: Snapshot) -> Iterator[Promote]:
    """A version that serves takes over at once."""
    version = known.coming
    if version is not None and any(i.phase is Phase.SERVING for i in known.of(version.version, Role.STANDBY)):
        yield Promote(version.version)


def _version_failed(known: Snapshot) -> Iterator[FailVersion]:
    """A version whose standby fails beside a serving one is given up."""
    version = known.coming
    if version is None:
        return
    for i in known.of(version.version, Role.STANDBY):
        if i.failed_at is not None:
            yield FailVersion(version.version, i.why)
            return


def _retire(known: Snapshot) -> Iterator[Move]:
    """Instances of a version that serves no more, and stopped ones that broke, are deleted."""
    over = {v.version for v in known.versions if v.state in (VersionState.RETIRED, VersionState.FAILED)}
    for i in known.instances:
        if i.phase in GONE:
            continue
        if i.version in over:
            yield Move(i.instance_id, Phase.TERMINATING, f"v{i.version} serves no more")
        elif i.phase is Phase.STOPPED and i.failed_at is not None:
            yield Move(i.instance_id, Phase.TERMINATING, "it stopped by itself")


def _keep_standby(known: Snapshot, now: float) -> Iterator[Action]:
    """The standby instance never turns off: one for the version that serves, one for the version that comes."""
    for version in (known.live, known.coming):
        if version is None:
            continue
        all_of_it = known.of(version.version, Role.STANDBY)
        present = known.present(version.version, Role.STANDBY)
        failed_before = version.state is VersionState.COMING and any(i.failed_at is not None for i in all_of_it)
        if present is None and not failed_before and now >= retry_at(all_of_it):
            yield Launch(Role.STANDBY, version.version, version.spec.machines.standby)
        elif present is not None and present.phase is Phase.STOPPED and present.failed_at is None:
            yield Move(present.instance_id, Phase.CONNECTING, "the standby is always on")


def _wake_or_sleep(known: Snapshot, now: float) -> Iterator[Action]:
    """The cooling instance turns on when a request comes, and off when none came for the cool-down period."""
    version = known.live
    if version is None or version.spec.machines.cooling is None:
        return
    present = known.present(version.version, Role.COOLING)
    if present is None:
        if _cooling_wanted(known, version, now):
            yield Launch(Role.COOLING, version.version, version.spec.machines.cooling)
    elif present.phase is Phase.STOPPED and present.failed_at is None:
        if (known.last_request_at or 0.0) > known.asleep_since(version):
            yield Move(present.instance_id, Phase.CONNECTING, "a request came")
    elif present.phase is Phase.SERVING:
        yield from _sleep(known, version, present, now)


def _cooling_wanted(known: Snapshot, version: VersionRow, now: float) -> bool:
    """Tell whether a cooling instance that is not there should be: for a new request, or in place of a lost one."""
    before = known.of(version.version, Role.COOLING)
    asked_at = known.last_request_at
    if asked_at is None or now < retry_at(before):
        return False
    lost = bool(before) and before[-1].failed_at is not None
    return asked_at > known.asleep_since(version) or (lost and now - asked_at < version.spec.cool_down_period_s)


def _sleep(known: Snapshot, version: VersionRow, cooling: InstanceRow, now: float) -> Iterator[Move]:
    """Sleep needs every gateway's word, given after the period's end, that nothing came and nothing is in flight."""
    period_s = version.spec.cool_down_period_s
    ends_at = cool_down_ends_at(known, cooling, period_s)
    unheard = known.reported_at is None or known.reported_at < ends_at
    if now < ends_at or unheard or cooling.instance_id in known.busy:
        return
    to = Phase.TERMINATING if cooling.instance_id in known.unstoppable else Phase.STOPPING
    yield Move(cooling.instance_id, to, f"no request for {period_s} s")


def _ask(known: Snapshot, now: float) -> Iterator[Ask]:
    """What a phase needs from the provider is asked for once it may be, and again when nothing comes of it."""
    for i in known.instances:
        quiet_s = None if i.asked_at is None else now - i.asked_at
        drained = i.instance_id in known.drained
        match i.phase:
            case Phase.REQUESTING if quiet_s is None or quiet_s >= LAUNCH_AGAIN_S:
                yield Ask(i.instance_id, Call.LAUNCH)
            case Phase.CONNECTING if quiet_s is None:
                yield Ask(i.instance_id, Call.START)
            case Phase.STOPPING if drained and (quiet_s is None or quiet_s >= CLOSE_AGAIN_S):
                yield Ask(i.instance_id, Call.STOP)
            case Phase.TERMINATING if drained and (quiet_s is None or quiet_s >= CLOSE_AGAIN_S):
                yield Ask(i.instance_id, Call.TERMINATE)

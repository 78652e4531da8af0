"""The cooling instance: it wakes when a request comes, and sleeps when none came for the cool-down period. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from aibro_jupyter.control.ledger.rows import InstanceRow, Move, VersionRow
from aibro_jupyter.control.rules.actions import Action, Launch
from aibro_jupyter.control.rules.snapshot import Snapshot, cool_down_ends_at, ready_at, retry_at
from aibro_jupyter.control.rules.spot import market, spot_instead_of
from aibro_jupyter.states import CLOSING, GONE, Phase, Role, may_follow


def wake_or_sleep(known: Snapshot, now: float) -> Iterator[Action]:
    """Return what the cooling instance of the version that serves should do."""
    version = known.live
    if version is None or version.spec.machines.cooling is None:
        return
    if known.cooling_off:
        yield from _off(known, version)
        return
    present = known.present(version.version, Role.COOLING)
    if present is None:
        if _wanted(known, version, now) and now >= retry_at(known.of(version.version, Role.COOLING)):
            machine = version.spec.machines.cooling
            yield Launch(Role.COOLING, version.version, machine, market(known, machine, now), why="a request came")
    elif present.phase is Phase.STOPPED and present.failed_at is None and _wanted(known, version, now):
        yield spot_instead_of(known, version, present, now) or Move(
            present.instance_id, Phase.CONNECTING, "a request came"
        )
    for i in known.of(version.version, Role.COOLING):
        if i.phase is Phase.SERVING:
            yield from _sleep(known, version, i, now)


def _wanted(known: Snapshot, version: VersionRow, now: float) -> bool:
    """Tell whether a cooling instance that is not up should be: a request came, and not long ago."""
    asked_at = known.last_request_at
    if asked_at is None:
        return False
    return asked_at >= known.asleep_since(version) and now - asked_at < version.spec.cool_down_period_s


def _sleep(known: Snapshot, version: VersionRow, cooling: InstanceRow, now: float) -> Iterator[Move]:
    """Sleep needs every gateway's word, given after the period's end, that nothing came and nothing is in flight."""
    asked_at = known.job.sleep_asked_at
    if asked_at is not None and asked_at >= ready_at(known.instances, cooling):
        yield stopped_if_may_be(known, cooling, "its owner sent it to sleep")
        return
    period_s = version.spec.cool_down_period_s
    ends_at = cool_down_ends_at(known.instances, cooling, known.last_request_at, period_s)
    unheard = known.reported_at is None or known.reported_at < ends_at
    if now >= ends_at and not unheard and cooling.instance_id not in known.busy:
        yield stopped_if_may_be(known, cooling, f"no request for {period_s} s")


def _off(known: Snapshot, version: VersionRow) -> Iterator[Move]:
    """While cooling is off none is up; requests under way are finished, and the volume is kept."""
    for i in known.of(version.version, Role.COOLING):
        if i.phase not in GONE and i.phase not in CLOSING and i.phase is not Phase.STOPPED:
            yield stopped_if_may_be(known, i, "cooling is off")


def stopped_if_may_be(known: Snapshot, i: InstanceRow, why: str) -> Move:
    """Return the move that stops an instance and keeps its volume, or ends one that cannot be stopped."""
    keep = may_follow(i.phase, Phase.STOPPING) and i.instance_id not in known.unstoppable
    return Move(i.instance_id, Phase.STOPPING if keep else Phase.TERMINATING, why)

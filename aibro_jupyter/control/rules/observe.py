"""What a look at an instance means: the moves and bills that follow from what was seen. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aibro_jupyter.control.ledger.rows import Bill, CloseBill, InstanceRow, Move, OpenBill
from aibro_jupyter.protocol import Health
from aibro_jupyter.providers.base import Seen, State
from aibro_jupyter.states import CLOSING, GONE, Phase, may_follow

LAUNCH_SHOWS_WITHIN_S = 60.0
"""A provider may not list an instance at once; after this time one that it does not know is gone."""
START_SHOWS_WITHIN_S = 30.0
"""A provider may still show the stop for that long after a start; then it is believed."""

_STAGES = {
    "connecting": Phase.CONNECTING,
    "gearing_up": Phase.GEARING_UP,
    "deploying": Phase.DEPLOYING,
    "serving": Phase.SERVING,
}


@dataclass(frozen=True, kw_only=True)
class Price:
    """What an instance costs from now on; micro-dollars an hour, None: unknown."""

    micros_per_hour: int | None
    on_demand_micros_per_hour: int
    disk_micros_per_hour: int = 0


@dataclass(frozen=True, kw_only=True)
class Billed:
    """What an instance's bill says before a look."""

    open: frozenset[str] = frozenset()
    """The kinds of its open intervals."""
    since: float = 0.0
    """When its open compute interval began, UTC seconds; 0: none is open."""
    until: float = 0.0
    """When its last closed compute interval ended, UTC seconds; 0: there is none."""
    seen_at: float = 0.0
    """When a look last saw it there, UTC seconds; 0: none did since control started."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """An interval that begins, at its price."""

    at: float
    price: Price


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What follows from one look at one instance."""

    moves: tuple[Move, ...] = ()
    bills: tuple[Bill, ...] = ()
    endpoint: str | None = None
    """Where its agent listens, if that is news."""
    interrupt_at: float | None = None
    """When its market takes it back, if that is news."""

    def __bool__(self) -> bool:
        return bool(self.moves or self.bills or self.endpoint or self.interrupt_at is not None)


def observe(
    row: InstanceRow, seen: Seen, health: Health | None, now: float, *, billed: Billed, opening: Opening | None
) -> Observation:
    """Return what follows from a look; ``opening`` is the interval that begins, by ``began_at``.

    What a provider saw is always recorded, with the provider's own time: it wins over what we asked for.
    """
    moves = tuple(_moves(row, seen, health, now))
    return Observation(
        moves=moves,
        bills=tuple(
            _bills_of_absent(row, moves, now, billed)
            if seen.state is State.ABSENT
            else _bills(seen, now, billed, opening)
        ),
        endpoint=seen.endpoint if seen.state is State.RUNNING and seen.endpoint != row.endpoint else None,
        interrupt_at=seen.interrupt_at if row.interrupted_at is None and row.phase not in GONE else None,
    )


def began_at(seen: Seen, now: float, billed: Billed) -> float | None:
    """Return since when an instance ran without a bill: it runs, or it came and went between two looks."""
    if "compute" in billed.open:
        return seen.since if _ran_anew(seen, billed) else None
    if seen.state is State.RUNNING:
        since = now if seen.since is None else min(seen.since, now)
        # A look that is older than the last one may still show the run before, which is billed to its end.
        return since if since >= billed.until - 0.001 else None
    if seen.ran is None:
        return None
    begun, ended = seen.ran
    # Bills are in whole milliseconds.
    return begun if round(ended * 1000) > round(max(begun, billed.until) * 1000) else None


def _bills(seen: Seen, now: float, billed: Billed, opening: Opening | None) -> Iterator[Bill]:
    at = now if seen.since is None else min(seen.since, now)
    if seen.ran is not None and _ran_anew(seen, billed):
        yield CloseBill(at=min(seen.ran[1], now))
    if opening is not None:
        price = opening.price
        yield OpenBill(
            at=opening.at,
            micros_per_hour=price.micros_per_hour,
            on_demand_micros_per_hour=price.on_demand_micros_per_hour,
        )
        if seen.state is not State.RUNNING and seen.ran is not None:
            yield CloseBill(at=min(seen.ran[1], now))
        elif price.disk_micros_per_hour and "disk" not in billed.open:
            disk = price.disk_micros_per_hour
            yield OpenBill(at=at, micros_per_hour=disk, on_demand_micros_per_hour=disk, kind="disk")
    # While it shows "stopping" its end is not known yet; the time it left running comes with what it ends in.
    if seen.state in (State.STOPPED, State.GONE) and "compute" in billed.open:
        yield CloseBill(at=at)
    if seen.state is State.GONE and "disk" in billed.open:
        yield CloseBill(at=at, kind="disk")


def _ran_anew(seen: Seen, billed: Billed) -> bool:
    """Tell whether it stopped and started between two looks: the run that is billed is over, and it runs again."""
    return seen.state is State.RUNNING and seen.ran is not None and seen.ran[1] > billed.since + 0.001


def _bills_of_absent(row: InstanceRow, moves: tuple[Move, ...], now: float, billed: Billed) -> Iterator[Bill]:
    """An instance that is taken for gone because nobody knows it is billed until it was last known to be there.

    That is the last look that saw it; after a restart of control, what the database knows of it, which is at
    most a minute older. One that was seen again after its end, a leak, is given the time that a listing may lag.
    """
    seen_at = max(billed.seen_at, row.known_at)
    if moves or (row.phase is Phase.TERMINATED and now - seen_at >= LAUNCH_SHOWS_WITHIN_S):
        for kind in sorted(billed.open):
            yield CloseBill(at=seen_at, kind=kind)


def _moves(row: InstanceRow, seen: Seen, health: Health | None, now: float) -> Iterator[Move]:
    match seen.state:
        case State.ABSENT:
            yield from _absent(row, now)
        case State.GONE if row.phase is not Phase.TERMINATED:
            yield _down(row, Phase.TERMINATED, seen, asked=row.phase is Phase.TERMINATING)
        case State.STOPPED if row.phase not in GONE and row.phase is not Phase.STOPPED:
            if not _start_may_be_under_way(row, now):
                yield _down(row, Phase.STOPPED, seen, asked=row.phase is Phase.STOPPING)
        case State.STOPPING if may_follow(row.phase, Phase.STOPPING):
            if not _start_may_be_under_way(row, now):
                yield _down(row, Phase.STOPPING, seen, asked=False)
        case State.PENDING | State.RUNNING:
            yield from _up(row, seen, health)


def _absent(row: InstanceRow, now: float) -> Iterator[Move]:
    asked_at = None if row.phase in GONE else row.first_asked_at
    since = max(row.launched_at, row.left_at or 0.0) if asked_at is None else asked_at
    if row.phase is not Phase.TERMINATED and now - since >= LAUNCH_SHOWS_WITHIN_S:
        asked = row.phase is Phase.TERMINATING
        why = "" if asked else "the provider does not know it"
        yield Move(row.instance_id, Phase.TERMINATED, why, failed=not asked)


def _down(row: InstanceRow, phase: Phase, seen: Seen, *, asked: bool) -> Move:
    why = seen.why if asked else seen.why or f"it was lost while {row.phase}"
    taken_back = seen.interrupt_at is not None
    return Move(row.instance_id, phase, why, at=seen.since, failed=not asked and not taken_back)


def _start_may_be_under_way(row: InstanceRow, now: float) -> bool:
    """Tell whether a provider may still show the state from before a start."""
    return row.phase is Phase.CONNECTING and (row.asked_at is None or now - row.asked_at < START_SHOWS_WITHIN_S)


def _up(row: InstanceRow, seen: Seen, health: Health | None) -> Iterator[Move]:
    phase = row.phase
    if phase is Phase.STOPPED and seen.since is not None and seen.since > row.phase_at:
        # Started by a call that came late, or by a backend whose newer database is lost.
        phase = Phase.CONNECTING
        yield Move(row.instance_id, phase, "it was found running")
    if phase in CLOSING or phase in (Phase.STOPPED, Phase.TERMINATED):
        return
    if phase is Phase.REQUESTING:
        phase = Phase.CONNECTING
        yield Move(row.instance_id, phase)
    if health is None:
        return
    if health.stage == "failed":
        yield Move(row.instance_id, Phase.TERMINATING, health.why or "its agent failed", failed=True)
        return
    stage = _STAGES.get(health.stage, phase)
    if may_follow(phase, stage):
        yield Move(row.instance_id, stage)

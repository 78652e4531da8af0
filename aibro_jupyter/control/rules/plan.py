"""What to do next about one job: a pure function from what is known to the actions that are due.

Each rule is a sentence of the reference; ``plan`` puts them in order. Acting and planning again is always safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aibro_jupyter.control.ledger.rows import Move, VersionState
from aibro_jupyter.control.rules.actions import Action, Ask, BudgetNews, Call, Complete, Launch, Promote
from aibro_jupyter.control.rules.cooling import stopped_if_may_be, wake_or_sleep
from aibro_jupyter.control.rules.snapshot import Snapshot, cool_down_ends_at, retry_at, settled
from aibro_jupyter.control.rules.spot import DRAIN_LEAD_S, market, replace_interrupted, swap_to_spot, take_over_places
from aibro_jupyter.control.rules.troubles import first_deploy_failed, hung, overdue, retire, stuck, version_failed
from aibro_jupyter.states import CLOSING, GONE, LAUNCHING, Phase, Role

LAUNCH_AGAIN_S = 5.0
"""A launch without an effect is repeated after this time; the provider takes it for the same one."""
CLOSE_AGAIN_S = 30.0
"""A stop or an end without an effect is asked for again after this time; machines take seconds to close."""


def plan(known: Snapshot, now: float) -> list[Action]:
    """Return every action that is due; calling it again after acting returns nothing new."""
    moves: list[Action]
    if known.job.outcome is not None:
        moves = [Move(i.instance_id, Phase.TERMINATING, "job ended") for i in known.instances if i.phase not in GONE]
    elif over := list(_limits_reached(known, now)):
        return [*over]
    elif known.parked:
        moves = [*_park(known), *overdue(known, now)]
    elif canceled := list(first_deploy_failed(known, now)):
        return [*canceled]
    else:
        moves = [
            *_budget_news(known),
            *overdue(known, now),
            *hung(known),
            *_take_over(known),
            *version_failed(known),
            *retire(known),
            *take_over_places(known),
            *replace_interrupted(known, now),
            *_keep_standby(known, now),
            *wake_or_sleep(known, now),
            *swap_to_spot(known, now),
        ]
    due = list(_once_each(moves))
    moving = {move.instance_id for move in due if isinstance(move, Move)}
    return [*due, *stuck(known, now), *(ask for ask in _ask(known, now) if ask.instance_id not in moving)]


def _once_each(actions: Iterable[Action]) -> Iterator[Action]:
    """Two rules may end the same instance at once: the first one's word counts."""
    moved: set[str] = set()
    for action in actions:
        if isinstance(action, Move):
            if action.instance_id in moved:
                continue
            moved.add(action.instance_id)
        yield action


def pace_s(known: Snapshot, now: float, *, hurry_s: float, resync_s: float) -> float | None:
    """Return the seconds until the next look is worth it; None: never again."""
    if settled(known):
        return None
    if any(i.phase in LAUNCHING or i.phase in CLOSING for i in known.instances):
        return hurry_s
    dues = [due for due in _dues(known) if due > now]
    return min([resync_s, *(due - now for due in dues)])


def _dues(known: Snapshot) -> Iterator[float]:
    if known.standing.due_at is not None:
        yield known.standing.due_at
    for i in known.instances:
        if i.interrupt_at is not None and i.phase not in GONE:
            yield i.interrupt_at - DRAIN_LEAD_S
    if known.live is None:
        return
    yield from known.spot_from.values()
    for role in Role:
        yield retry_at(known.of(known.live.version, role))
    cooling = known.present(known.live.version, Role.COOLING)
    if cooling is not None and cooling.phase is Phase.SERVING:
        yield cool_down_ends_at(known.instances, cooling, known.last_request_at, known.live.spec.cool_down_period_s)


def _limits_reached(known: Snapshot, now: float) -> Iterator[Complete]:
    """A job ends when its time is over or its budget is used up."""
    until = known.standing.until
    if until is not None and now >= until:
        yield Complete("its time is over")
    elif known.standing.state == "stopped":
        yield Complete(known.standing.text)


def _budget_news(known: Snapshot) -> Iterator[BudgetNews]:
    """What changed about a budget is said once."""
    if known.standing.state != known.job.budget_state:
        yield BudgetNews(known.standing.state, known.standing.text)


def _park(known: Snapshot) -> Iterator[Move]:
    """Going down, every instance stops and keeps its volume; one that cannot is terminated."""
    for i in known.instances:
        if i.phase in GONE or i.phase in (Phase.STOPPING, Phase.STOPPED):
            continue
        yield stopped_if_may_be(known, i, "the backend goes down")


def _take_over(known: Snapshot) -> Iterator[Promote]:
    """A version that serves takes over at once."""
    version = known.coming
    if version is not None and any(i.phase is Phase.SERVING for i in known.of(version.version, Role.STANDBY)):
        yield Promote(version.version)


def _keep_standby(known: Snapshot, now: float) -> Iterator[Action]:
    """The standby instance never turns off: one for the version that serves, one for the version that comes."""
    for version in (known.live, known.coming):
        if version is None:
            continue
        all_of_it = known.of(version.version, Role.STANDBY)
        present = known.present(version.version, Role.STANDBY)
        failed_before = version.state is VersionState.COMING and any(i.failed_at is not None for i in all_of_it)
        if present is None and not failed_before and now >= retry_at(all_of_it):
            machine = version.spec.machines.standby
            why = "the one before was lost" if any(i.lost for i in all_of_it[-1:]) else ""
            yield Launch(Role.STANDBY, version.version, machine, market(known, machine, now), why=why)
        elif present is not None and present.phase is Phase.STOPPED and present.failed_at is None:
            yield Move(present.instance_id, Phase.CONNECTING, "the standby is always on")


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

"""Spot: cheaper machines that may be taken back. Which market an instance is bought on, and its replacements. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aibro_jupyter.control.ledger.rows import InstanceRow, Loss, Move, VersionRow
from aibro_jupyter.control.rules.actions import Action, Launch
from aibro_jupyter.control.rules.snapshot import Snapshot, retry_at
from aibro_jupyter.machines import Market
from aibro_jupyter.states import CLOSING, GONE, Phase, Role

FIRST_REST_S = 600.0
LONGEST_REST_S = 7200.0
"""After an interruption spot is left alone this long; interrupted soon again, twice as long."""
REFUSED_REST_S = 60.0
LONGEST_REFUSED_REST_S = 600.0
"""A refusal says only that there is none at the moment, so the rests are shorter: a minute, doubling to this."""
REMEMBERED_S = 24 * 3600.0
"""Losses older than this count no more."""
DRAIN_LEAD_S = 10.0
"""So long before it is taken back, an instance leaves the routes, whatever serves in its place."""


def rests(losses: Iterable[Loss]) -> dict[tuple[str, str], float]:
    """Return from when on spot may be tried again, by provider and machine; losses come oldest first."""
    found: dict[tuple[str, str], float] = {}
    lasted: dict[tuple[str, str, bool], tuple[float, float]] = {}
    for loss in losses:
        first_s, longest_s = (
            (REFUSED_REST_S, LONGEST_REFUSED_REST_S) if loss.refused else (FIRST_REST_S, LONGEST_REST_S)
        )
        kind = (loss.provider, loss.machine, loss.refused)
        until, rest_s = lasted.get(kind, (float("-inf"), first_s / 2))
        if loss.at >= until:
            # Others that are lost during a rest were bought before it, so they tell nothing new.
            rest_s = first_s if loss.at - until >= longest_s else min(longest_s, rest_s * 2)
        lasted[kind] = max(until, loss.at + rest_s), rest_s
        where = (loss.provider, loss.machine)
        found[where] = max(found.get(where, 0.0), lasted[kind][0])
    return found


def market(known: Snapshot, machine: str, now: float) -> Market:
    """Return the market to buy on: on demand for a first deploy, later spot where it is offered and not at rest."""
    rests_until = known.spot_from.get(machine)
    first = known.job.deployed_at is None
    return Market.ON_DEMAND if first or rests_until is None or now < rests_until else Market.SPOT


def take_over_places(known: Snapshot) -> Iterator[Move]:
    """Once a replacement serves, the instance in whose place it came ends."""
    there = {i.instance_id: i for i in known.instances if i.phase not in GONE}
    for new in known.instances:
        old = there.get(new.replaces or "")
        if new.phase is Phase.SERVING and old is not None:
            yield Move(old.instance_id, Phase.TERMINATING, f"{_word(new.market)} serves in its place")


def replace_interrupted(known: Snapshot, now: float) -> Iterator[Action]:
    """An instance that will be taken back is replaced at once, and leaves the routes before it goes."""
    for i in known.instances:
        if i.interrupt_at is None or i.phase in GONE or i.phase in CLOSING or i.phase is Phase.STOPPED:
            continue
        notice_s = i.interrupt_at - (i.interrupted_at or i.interrupt_at)
        if i.phase is not Phase.SERVING or now >= i.interrupt_at - min(DRAIN_LEAD_S, notice_s / 2):
            yield Move(i.instance_id, Phase.TERMINATING, "its machine is taken back")
        elif not _has_successor(known, i) and _serves_on(known, i) and now >= retry_at(known.of(i.version, i.role)):
            where = market(known, i.machine, now)
            yield Launch(i.role, i.version, i.machine, where, i.instance_id, "the one before is taken back")


def swap_to_spot(known: Snapshot, now: float) -> Iterator[Launch]:
    """Spot replaces an on-demand instance of the same type when it is offered: make before break."""
    version = known.live
    if version is None or known.coming is not None:
        return
    for role in Role:
        i = known.present(version.version, role)
        if i is None or i.phase is not Phase.SERVING or i.market is Market.SPOT or i.interrupt_at is not None:
            continue
        if role is Role.COOLING and known.cooling_off:
            continue
        if market(known, i.machine, now) is Market.SPOT and now >= retry_at(known.of(version.version, role)):
            yield Launch(role, version.version, i.machine, Market.SPOT, i.instance_id, "spot is offered")


def spot_instead_of(known: Snapshot, version: VersionRow, asleep: InstanceRow, now: float) -> Launch | None:
    """Return the launch that wakes a sleeping on-demand instance on spot, if it may; the sleeper is kept until then."""
    if asleep.market is Market.SPOT or market(known, asleep.machine, now) is not Market.SPOT:
        return None
    if now < retry_at(known.of(version.version, asleep.role)):
        return None
    return Launch(asleep.role, version.version, asleep.machine, Market.SPOT, asleep.instance_id, "a request came")


def _has_successor(known: Snapshot, i: InstanceRow) -> bool:
    return any(other.replaces == i.instance_id and other.phase not in GONE for other in known.instances)


def _serves_on(known: Snapshot, i: InstanceRow) -> bool:
    wanted = {version.version for version in (known.live, known.coming) if version is not None}
    return i.version in wanted and not (i.role is Role.COOLING and known.cooling_off)


def _word(bought: Market) -> str:
    return "a spot instance" if bought is Market.SPOT else "an on-demand instance"

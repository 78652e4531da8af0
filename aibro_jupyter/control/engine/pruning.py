"""Removes what no version uses that is active or can be gone back to: an hour after control began, and every hour."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from aibro_jupyter.control.engine.sweep import sweep
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.disk import Thing, things
from aibro_jupyter.control.rules.retention import needed
from aibro_jupyter.envs import environment_key
from aibro_jupyter.figures import DAY_S
from aibro_jupyter.protocol import PrunedItem, PrunedView, PruneRequest

GRACE_S = 600.0
"""Chosen: a deploy uploads, resolves and then names what it uploaded; that takes minutes."""
_TURN_S = 3600.0
_UNKNOWN = "there are instances that the database does not know, and they may use anything: `aibro unknown` lists them"
_LOG = logging.getLogger(__name__)


async def prune(world: World, asked: PruneRequest) -> PrunedView:
    """Remove what nobody uses, or tell what would be; what is used is marked as used now.

    Events and client ids of jobs that ended ``keep_days`` ago go as well. Their bills stay: money is history.
    """
    await sweep(world)
    held = _UNKNOWN if world.unknown else ""
    # Files have the wall's time, which the world's clock need not be.
    now, used = time.time(), set(_names(world))
    idle, spared = [], 0
    for thing in await world.run_blocking(_all, world) if not held else ():
        if thing.path.name in used:
            thing.mark_used()
        elif now - thing.used_at < GRACE_S:
            spared += 1
        elif now - thing.used_at >= asked.older_than_s:
            idle.append(thing)
    items = await world.run_blocking(_gone, world, idle, asked.dry_run)
    before = world.clock.now() - world.settings.keep_days * DAY_S
    return PrunedView(
        items=items,
        events=world.store.count_old(before) if asked.dry_run else world.store.forget_old(before),
        dry_run=asked.dry_run,
        spared=spared,
        held=held,
    )


async def prune_forever(world: World) -> None:
    """Prune what was used by nobody for ``keep_days``, now and again, until canceled."""
    while True:
        await world.clock.sleep(_TURN_S)
        try:
            gone = await prune(world, PruneRequest(older_than_s=world.settings.keep_days * DAY_S))
        except Exception:  # noqa: BLE001
            # Room that is not made is no reason to end control.
            _LOG.exception("what nobody uses could not be removed")
            continue
        if gone.items:
            _LOG.info("removed %d things that nobody used for %g days", len(gone.items), world.settings.keep_days)


def _all(world: World) -> tuple[Thing, ...]:
    return tuple(things(world.home))


def _names(world: World) -> Iterator[str]:
    for job_id in world.store.unsettled():
        for spec in needed(world.store.job(job_id)):
            yield f"{spec.bundle}.tar.gz"
            yield environment_key(spec.lock, spec.python)


def _gone(world: World, idle: list[Thing], dry_run: bool) -> tuple[PrunedItem, ...]:
    """Remove them, and return those that went; what cannot be removed stays for the next time."""
    found = []
    for thing in idle:
        item = PrunedItem(kind=thing.kind, name=thing.path.name, bytes=thing.bytes(), used_at=thing.used_at)
        if dry_run or thing.remove(world.home):
            found.append(item)
    return tuple(found)

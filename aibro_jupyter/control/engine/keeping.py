"""Keeps copies of the database: one a day, one before each migration, and one of how it was a moment ago."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

from aibro_jupyter import clock
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.copies import DAILY, LATEST, Copies
from aibro_jupyter.errors import AibroError
from aibro_jupyter.figures import DAY_S
from aibro_jupyter.home import Home

LOOK_S = 1.0
"""Chosen: so soon after a change of what matters the latest copy begins."""
PAUSE_S = 5.0
"""Chosen: the least time between two latest copies; a deploy is a handful of changes in a moment."""
SHARE = 100
"""Chosen: copying takes at most this part of the time, however large the database is."""
RETRY_S = 60.0
"""Chosen: a full disk is not freed sooner."""
_LOG = logging.getLogger(__name__)


class Keeper:
    """Copies in a thread, from a connection that lasts: also should the file be deleted while control runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._copies = Copies(world.home.copies)
        self._rev = -1
        """The revision that the latest copy has, as far as gateways care: jobs, clients, versions, phases."""
        self._rest_until = 0.0

    async def run(self) -> None:
        """Go on until canceled; a copy that fails is tried again, and costs nothing else."""
        while True:
            now = clock.perf()
            if now >= self._rest_until:
                await self._turn()
                self._rest_until = max(self._rest_until, now + PAUSE_S, clock.perf() + SHARE * (clock.perf() - now))
            await asyncio.sleep(LOOK_S)

    async def last(self) -> None:
        """Make the last copy there will be, as control ends."""
        if self._world.store.routes_rev != self._rev:
            await self._turn()

    async def _turn(self) -> None:
        rev, at = self._world.store.routes_rev, self._world.clock.now()
        try:
            if rev != self._rev:
                await asyncio.to_thread(self._copies.take, self._world.store.snapshot, LATEST, at)
                self._rev = rev
            if not self._has_daily(at):
                await asyncio.to_thread(self._copies.take, self._world.store.snapshot, DAILY, at)
            await asyncio.to_thread(self._copies.forget, at)
        except (OSError, AibroError) as error:
            _LOG.warning("the database could not be copied: %s", error)
            self._rest_until = clock.perf() + RETRY_S

    def _has_daily(self, at: float) -> bool:
        day = at // DAY_S
        return any(copy.why == DAILY and copy.taken_at // DAY_S == day for copy in self._copies.all())


def lost(home: Home) -> Iterator[str]:
    """Yield what a person should know of the database's file while control runs on it."""
    if not home.database.exists():
        yield (
            f"{home.database} was deleted; this backend goes on and copies it, the next start is refused: "
            "`aibro down`, then `aibro restore`"
        )

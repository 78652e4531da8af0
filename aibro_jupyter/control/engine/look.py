"""The first third of the engine: asks providers and agents what is, and writes down what follows from it."""

from __future__ import annotations

import asyncio
import logging

from aibro_jupyter.control.engine.news import News
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow
from aibro_jupyter.control.rules.observe import Billed, Opening, Price, began_at, observe
from aibro_jupyter.control.rules.snapshot import SILENT_S
from aibro_jupyter.machines import Market, machine
from aibro_jupyter.protocol import Health
from aibro_jupyter.providers.base import Provider, Seen, State
from aibro_jupyter.states import Phase

_LOG = logging.getLogger(__name__)
_SILENT_LOOKS = 5
"""Chosen: a look comes every few seconds, so it takes ``SILENT_S`` anyway, unless the computer slept meanwhile."""
_SEEN_AGAIN_S = 60.0
"""Chosen: a write a minute, and so much may be missing of a bill whose end nobody saw when control started anew."""
_DOWN = (Phase.STOPPED, Phase.TERMINATED)


class Look:
    """Looks at the instances of jobs. All it keeps in memory may be lost: the next look finds it again."""

    def __init__(self, world: World, news: News) -> None:
        self._world = world
        self._news = news
        self.health: dict[str, Health] = {}
        """What each agent last said of itself."""
        self._silence: dict[str, tuple[float, int]] = {}
        """Since when, and for how many looks in a row, an agent has not answered."""
        self._seen: dict[str, float] = {}
        """When each instance that may still be there was last seen there."""

    async def at(self, known: Dossier) -> None:
        """Look at every instance of a job that may still be there, and record what was seen."""
        rows = [row for row in known.instances if row.phase is not Phase.TERMINATED]
        for name in sorted({row.provider for row in rows}):
            here = [row for row in rows if row.provider == name]
            provider = self._world.providers.get(name)
            if provider is None:
                _LOG.error("there is no provider %r any more; %d instance(s) are out of sight", name, len(here))
                continue
            seen = await self._world.run_blocking(provider.look, [row.instance_id for row in here])
            told = await asyncio.gather(*(self._ask_agent(row, seen[row.instance_id]) for row in here))
            for row, health in zip(here, told, strict=True):
                await self.record(provider, row, seen[row.instance_id], health)

    async def _ask_agent(self, row: InstanceRow, seen: Seen) -> Health | None:
        if seen.state is not State.RUNNING or seen.endpoint is None:
            return None
        return await self._world.probe.health(row, seen.endpoint)

    async def record(self, provider: Provider, row: InstanceRow, seen: Seen, health: Health | None) -> None:
        """Write down what follows from one look at one instance: its moves and its bill."""
        store, now = self._world.store, self._world.clock.now()
        mine = [bill for bill in store.intervals(row.job_id) if bill.instance_id == row.instance_id]
        billed = Billed(
            open=frozenset(bill.kind for bill in mine if bill.closed_ms is None),
            since=max((i.opened_ms for i in mine if i.kind == "compute" and i.closed_ms is None), default=0) / 1000,
            until=max((bill.closed_ms or 0 for bill in mine if bill.kind == "compute"), default=0) / 1000,
            seen_at=self._seen.get(row.instance_id, 0.0),
        )
        began = began_at(seen, now, billed)
        opening = None if began is None else Opening(at=began, price=await self._price(provider, row))
        found = observe(row, seen, health, now, billed=billed, opening=opening)
        if found:
            store.advance(
                row.instance_id,
                found.moves,
                now=now,
                bills=found.bills,
                endpoint=found.endpoint,
                interrupt_at=found.interrupt_at,
            )
            self._news.recorded(row, found.moves, interrupt_at=found.interrupt_at)
        self._listen(row, silent=seen.state is State.RUNNING and health is None)
        self._remember(row, health, ended=any(move.phase in _DOWN for move in found.moves))

        if seen.state not in (State.ABSENT, State.GONE) and (billed.open or opening is not None):
            self._saw(row, now)

    def _saw(self, row: InstanceRow, now: float) -> None:
        self._seen[row.instance_id] = now
        if now - max(row.known_at, row.woken_at) >= _SEEN_AGAIN_S:
            self._world.store.seen(row.instance_id, now)

    def _listen(self, row: InstanceRow, *, silent: bool) -> None:
        if not silent:
            self._silence.pop(row.instance_id, None)
            return
        since, looks = self._silence.get(row.instance_id, (self._world.clock.now(), 0))
        self._silence[row.instance_id] = since, looks + 1

    def is_silent(self, row: InstanceRow, now: float) -> bool:
        """Tell whether an agent has been asked often, and long, without an answer."""
        # A computer that slept has let time pass without asking: only many questions in vain are silence.
        since, looks = self._silence.get(row.instance_id, (now, 0))
        return looks >= _SILENT_LOOKS and now - since >= SILENT_S

    def _remember(self, row: InstanceRow, health: Health | None, *, ended: bool) -> None:
        if ended:
            self.health.pop(row.instance_id, None)
            self._seen.pop(row.instance_id, None)
        elif health is not None:
            before = self.health.get(row.instance_id)
            self.health[row.instance_id] = health
            if before is None or (before.stage, before.progress) != (health.stage, health.progress):
                self._world.store.bump(row.job_id)

    async def _price(self, provider: Provider, row: InstanceRow) -> Price:
        on_demand = await self._world.run_blocking(provider.price_micros, row.machine, Market.ON_DEMAND)
        return Price(
            micros_per_hour=await self._world.run_blocking(provider.price_micros, row.machine, row.market),
            on_demand_micros_per_hour=machine(row.machine).on_demand_micros if on_demand is None else on_demand,
            disk_micros_per_hour=self._world.settings.disk_micros_per_hour,
        )

"""A gateway in a simulation: it sends real route tables' targets requests, and tells control late or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aibro_jupyter.protocol import GatewayReport, Route, RouteReport, RouteTable
from aibro_jupyter.states import Role
from tests.fakes import report, traffic

if TYPE_CHECKING:
    from tests.sim.universe import Life, Universe

HOLD_S = 60.0
QUIET_S = 15.0


class Down(Exception):
    """Control cannot be reached."""


@dataclass
class Passage:
    """A request under way."""

    job_id: str
    instance_id: str
    began_at: float
    lost: asyncio.Event = field(default_factory=asyncio.Event)


class Gateway:
    """One gateway with its own fixed id; ``restart`` is a kill -9: it forgets all."""

    def __init__(self, universe: Universe, gateway_id: str) -> None:
        self.universe = universe
        self.gateway_id = gateway_id
        self.tasks: list[asyncio.Task[None]] = []
        self.restart()

    def restart(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.table: RouteTable | None = None
        self.passages: set[asyncio.Task[None]] = set()
        self.under_way: list[Passage] = []
        self.last_at: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self.started_at = asyncio.get_running_loop().time()
        self.due = asyncio.Event()
        self.tasks = [asyncio.create_task(self._poll()), asyncio.create_task(self._report())]

    def route(self, job_id: str) -> Route | None:
        return next((r for r in self.table.routes if r.job_id == job_id), None) if self.table else None

    # --- with control -------------------------------------------------------------------------------------------------

    async def _reach(self) -> Life:
        weather = self.universe.weather
        await asyncio.sleep(weather.delay_s())
        life = self.universe.life
        if life is None or weather.strikes("drop"):
            raise Down
        return life

    async def _poll(self) -> None:
        while True:
            after = None if self.table is None else self.table.rev
            try:
                life = await self._reach()
                table = await life.serve(self._routes(life, after))
                await asyncio.sleep(self.universe.weather.delay_s())
            except Down:
                await asyncio.sleep(0.5)
                continue
            if self.table is None or table.rev != self.table.rev:
                self.table = table
                self.universe.applied.set()

    async def _routes(self, life: Life, after: int | None) -> RouteTable:
        store, known = life.store, after if after is not None and after <= life.store.routes_rev else None
        life.gateways.acknowledge(self.gateway_id, known)
        await life.bell.until(lambda: store.routes_rev != after, 20.0)
        return life.reports.table()

    async def _report(self) -> None:
        weather, loop = self.universe.weather, asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(QUIET_S):
                    await self.due.wait()
            except TimeoutError:
                pass
            self.due.clear()
            if self.table is None:
                continue
            now = self.universe.now()
            jobs = {*self.last_at, *(p.job_id for p in self.under_way)}
            said = report(self.gateway_id, self.table.rev, *(self._traffic(job_id, now) for job_id in sorted(jobs)))
            if weather.strikes("straggle"):
                loop.call_later(weather.dice.choice([1.0, 5.0, 10.0]), self._straggler, said)
            try:
                life = await self._reach()
                await life.serve(self._told(life, said))
            except Down:
                self.due.set()
                await asyncio.sleep(0.5)
            await asyncio.sleep(0.2)

    async def _told(self, life: Life, said: GatewayReport) -> None:
        life.reports.take(said)

    def _straggler(self, said: GatewayReport) -> None:
        if (life := self.universe.life) is not None:
            life.guarded(lambda: life.reports.take(said))

    def _traffic(self, job_id: str, now: float) -> RouteReport:
        in_flight: dict[str, int] = {}
        for passage in self.under_way:
            if passage.job_id == job_id:
                in_flight[passage.instance_id] = in_flight.get(passage.instance_id, 0) + 1
        idle_s = now - self.last_at[job_id] if job_id in self.last_at else None
        return replace(traffic(job_id, idle_s, in_flight), requests=self.counts.get(job_id, 0))

    # --- with clients and instances -----------------------------------------------------------------------------------

    def ask(self, job_id: str, takes_s: float) -> None:
        """Take one request, which keeps an instance busy that long."""
        task = asyncio.create_task(self._pass(job_id, takes_s))
        self.passages.add(task)
        task.add_done_callback(self.passages.discard)

    async def _pass(self, job_id: str, takes_s: float) -> None:
        now, route = self.universe.now(), self.route(job_id)
        if self.table is not None and route is None:
            self.universe.tally["404"] += 1
            return
        self.last_at[job_id] = now
        self.counts[job_id] = self.counts.get(job_id, 0) + 1
        if route is not None and route.has_cooling and not any(t.role is Role.COOLING for t in route.targets):
            self.due.set()
        for _ in range(4):
            target = await self._target(job_id, now + HOLD_S)
            if target is None:
                self.universe.tally["503"] += 1
                return
            passage = Passage(job_id, target, self.universe.now())
            self.under_way.append(passage)
            try:
                async with asyncio.timeout(takes_s):
                    await passage.lost.wait()
            except TimeoutError:
                self.last_at[job_id] = self.universe.now()
                self.universe.tally["200"] += 1
                return
            finally:
                if passage in self.under_way:
                    self.under_way.remove(passage)
                self.due.set()
            self.universe.tally["resent"] += 1
        self.universe.tally["502"] += 1

    async def _target(self, job_id: str, until: float) -> str | None:
        """Return a serving instance, cooling before standby, as soon as the table has one that answers."""
        while True:
            route = self.route(job_id)
            targets = [] if route is None else sorted(route.targets, key=lambda t: t.role is not Role.COOLING)
            for target in targets:
                if self.universe.cloud.answers(target.instance_id):
                    return target.instance_id
            if self.universe.now() >= until or (self.table is not None and route is None):
                return None
            await asyncio.sleep(0.5 if targets else 2.0)

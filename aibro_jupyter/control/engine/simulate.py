"""The real engine on a clock that only it moves: store, plan, observe and meter as they are, machines simulated."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from aibro_jupyter.clock import FakeClock
from aibro_jupyter.control.engine.bell import Bell
from aibro_jupyter.control.engine.costing import cost_of
from aibro_jupyter.control.engine.engine import Engine
from aibro_jupyter.control.engine.notify import Notice
from aibro_jupyter.control.engine.probe import Probe
from aibro_jupyter.control.engine.reports import Reports
from aibro_jupyter.control.engine.sync import Gateways
from aibro_jupyter.control.engine.world import World, nobody
from aibro_jupyter.control.ledger.rows import InstanceRow
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import CostView, DeployRequest, GatewayReport, Health, RouteReport, VersionSpec
from aibro_jupyter.providers.simulated import SimulatedProvider

T = TypeVar("T")
GATEWAY = "gw1"
USERNAME = "simulation"
REPORT_S = 60.0
"""Chosen: real gateways report more often, but here every request is told at once, so nothing is learned later."""
_TURNS = 1000
"""So many plans in a row without the clock moving are a loop."""


class _Agents:
    """What the agents of simulated machines answer."""

    def __init__(self, provider: SimulatedProvider) -> None:
        self._provider = provider

    async def health(self, row: InstanceRow, endpoint: str) -> Health | None:
        """Return how far one is."""
        del endpoint
        stage = "serving" if self._provider.serves(row.instance_id) else "deploying"
        return Health(instance_id=row.instance_id, stage=stage)

    async def logs(self, row: InstanceRow, endpoint: str, lines: int) -> tuple[str, ...] | None:
        """Simulated models print nothing."""
        del row, endpoint, lines
        return ()

    async def close(self) -> None:
        """Nothing is held."""


class Simulation:
    """Control on a clock, under one gateway that acts on routes at once and reports each minute, at each request
    and when control wants it.
    """

    def __init__(
        self,
        clock: FakeClock,
        provider: SimulatedProvider,
        *,
        probe: Probe,
        settings: ControlSettings,
        home: Home,
        database: Path | str = ":memory:",
        notify: Callable[[str, Notice], None] = nobody,
    ) -> None:
        self.clock, self.provider = clock, provider
        self._outside: dict[str, Any] = {"probe": probe, "settings": settings, "home": home, "notify": notify}
        self.database = database
        self.gateway_up = True
        self._requests: Counter[str] = Counter()
        self._wanted_at = math.inf
        self.requested_at: dict[str, float] = {}
        """When each job's newest request came."""
        self.in_flight: dict[str, dict[str, int]] = {}
        """Requests under way of each job, by instance."""
        self.boot()

    def boot(self) -> None:
        """Start control on what the database holds; called again, it is a restart that lost all memory."""
        self.store = SqliteStore(self.database)
        bell, settings = Bell(), self._outside["settings"]
        self.gateways = Gateways(settings.gateways, bell)
        self.world = World(
            clock=self.clock,
            store=self.store,
            providers={self.provider.name: self.provider},
            gateways=self.gateways,
            run_blocking=_at_once,
            **self._outside,
        )
        self.engine = Engine(self.world)
        self.reports = Reports(self.world, self.engine)
        self.engine.wake_all()

    async def add(self, request: DeployRequest) -> None:
        """Write a job down, as a deploy does; time brings it up."""
        strongest = await self.engine.reconciler.strongest_micros(request.spec)
        self.store.add_job(request, USERNAME, self.clock.now(), strongest_micros=strongest)
        self.engine.wake(request.job_id)

    def arrive(self, job_id: str) -> None:
        """Let a request come now; the gateway tells it at once."""
        self.requested_at[job_id] = self.clock.now()
        self._requests[job_id] += 1
        self.talk()

    def talk(self) -> None:
        """Let the gateway acknowledge the newest routes and say what it saw."""
        self._wanted_at = math.inf
        if not self.gateway_up:
            return
        rev = self.store.routes_rev
        jobs = sorted({*self.requested_at, *self.in_flight})
        self.reports.acknowledge(GATEWAY, rev)
        seen = tuple(map(self._seen, jobs))
        told = self.reports.take(GatewayReport(gateway_id=GATEWAY, rev=rev, started_at=0.0, jobs=seen))
        if told.next_s is not None:
            self._wanted_at = self.clock.now() + told.next_s

    def _seen(self, job_id: str) -> RouteReport:
        asked_at = self.requested_at.get(job_id)
        return RouteReport(
            job_id=job_id,
            idle_s=None if asked_at is None else self.clock.now() - asked_at,
            in_flight=self.in_flight.get(job_id, {}),
            held=0,
            requests=self._requests[job_id],
            errors=0,
            per_minute=0.0,
            p50_ms=None,
            p99_ms=None,
        )

    async def pass_until(self, end: float) -> None:
        """Let time pass: every due look happens at its own moment, and a report each minute."""
        while True:
            await self._settle()
            report_at = self._report_at()
            due = [at for at in (self.engine.queue.next_at(), report_at) if at is not None and at <= end]
            if not due:
                break
            self.clock.set(max(self.clock.now(), min(due)))
            if self.clock.now() >= report_at:
                self.talk()
        self.clock.set(max(self.clock.now(), end))

    def _report_at(self) -> float:
        """Return when the gateway reports next: each minute, and when control asked for it."""
        return min(self._wanted_at, (self.clock.now() // REPORT_S + 1) * REPORT_S)

    async def _settle(self) -> None:
        for _ in range(_TURNS):
            rev = self.store.routes_rev
            while (job_id := self.engine.queue.pop(self.clock.now())) is not None:
                try:
                    await self.engine.step(job_id)
                finally:
                    self.engine.queue.done(job_id)
            if self.store.routes_rev == rev:
                return
            self.talk()
        raise RuntimeError("the engine never comes to rest")


async def simulated(
    spec: VersionSpec,
    *,
    provider: Callable[[FakeClock], SimulatedProvider],
    model_name: str,
    from_at: float,
    until: float,
    requests_at: Sequence[float],
    settings: ControlSettings,
    home: Home,
) -> CostView:
    """Return what a job would cost from one moment to another, UTC seconds, if requests came at these moments."""
    clock = FakeClock(from_at)
    machines = provider(clock)
    run = Simulation(clock, machines, probe=_Agents(machines), settings=settings, home=home)
    request = DeployRequest(job_id=f"inf_{model_name}", model_name=model_name, spec=spec)
    await run.add(request)
    for at in sorted(requests_at):
        await run.pass_until(at)
        run.arrive(request.job_id)
        await run.pass_until(at)
    await run.pass_until(until)
    return cost_of(run.world, run.store.job(request.job_id))


async def _at_once(call: Callable[..., T], /, *arguments: object) -> T:
    return call(*arguments)

"""The real engine on a clock that only it moves: store, plan, observe and meter as they are, machines simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from aibro_jupyter.clock import FakeClock
from aibro_jupyter.control.api.gateway_handlers import GatewayHandlers
from aibro_jupyter.control.api.views import Views
from aibro_jupyter.control.engine.bell import Bell
from aibro_jupyter.control.engine.engine import Engine
from aibro_jupyter.control.engine.sync import Gateways
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.rows import InstanceRow
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.control.settings import Settings
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import CostView, DeployRequest, GatewayReport, Health, RouteReport, VersionSpec
from aibro_jupyter.providers.simulated import SimulatedPlace

T = TypeVar("T")
GATEWAY = "gw1"
_REPORT_S = 60.0
_USERNAME = "simulation"


class _Agents:
    """What the agents of simulated machines answer."""

    def __init__(self, place: SimulatedPlace) -> None:
        self._place = place

    async def health(self, row: InstanceRow, endpoint: str) -> Health | None:
        """Return how far one is."""
        del endpoint
        stage = "serving" if self._place.serves(row.instance_id) else "deploying"
        return Health(instance_id=row.instance_id, stage=stage)

    async def logs(self, row: InstanceRow, endpoint: str, lines: int) -> tuple[str, ...] | None:
        """Simulated models print nothing."""
        del row, endpoint, lines
        return ()

    async def close(self) -> None:
        """Nothing is held."""


class Simulation:
    """One job under one gateway that acts on routes at once, and reports each minute and at each request."""

    def __init__(self, clock: FakeClock, place: SimulatedPlace, settings: Settings, home: Home) -> None:
        self._clock = clock
        self._store = SqliteStore(":memory:")
        bell = Bell()
        self._gateways = Gateways(settings.gateways, bell)
        world = World(
            clock=clock,
            store=self._store,
            home=home,
            providers={place.name: place},
            probe=_Agents(place),
            gateways=self._gateways,
            settings=settings,
            run_blocking=_at_once,
        )
        self._engine = Engine(world)
        self._handlers = GatewayHandlers(world, self._engine, bell)
        self._views = Views(world, self._engine.reconciler, "http://simulated", _USERNAME)
        self._requested_at: float | None = None
        self._job_id = ""

    async def run(self, spec: VersionSpec, model_name: str, requests_at: Sequence[float], until: float) -> CostView:
        """Deploy now, let the requests come at their moments, and return the bill as it stands at the end."""
        self._job_id = f"inf_{model_name}"
        request = DeployRequest(job_id=self._job_id, model_name=model_name, spec=spec)
        strongest = await self._engine.reconciler.strongest_micros(spec)
        self._store.add_job(request, _USERNAME, self._clock.now(), strongest_micros=strongest)
        self._engine.wake(self._job_id)
        for at in sorted(requests_at):
            await self._pass(at)
            self._requested_at = at
            self._report()
            await self._pass(at)
        await self._pass(until)
        return self._views.cost(self._store.job(self._job_id))

    async def _pass(self, end: float) -> None:
        """Let time pass: every due look happens at its own moment."""
        while True:
            await self._settle()
            report_at = (self._clock.now() // _REPORT_S + 1) * _REPORT_S
            due = [at for at in (self._engine.queue.next_at(), report_at) if at is not None and at <= end]
            if not due:
                break
            self._clock.set(max(self._clock.now(), min(due)))
            if self._clock.now() >= report_at:
                self._report()
        self._clock.set(max(self._clock.now(), end))

    async def _settle(self) -> None:
        rev = None
        while rev != self._store.routes_rev:
            rev = self._store.routes_rev
            while (job_id := self._engine.queue.pop(self._clock.now())) is not None:
                try:
                    await self._engine.step(job_id)
                finally:
                    self._engine.queue.done(job_id)
            if rev != self._store.routes_rev:
                self._report()

    def _report(self) -> None:
        """Let the gateway acknowledge the newest routes and say what it saw."""
        idle_s = None if self._requested_at is None else self._clock.now() - self._requested_at
        seen = RouteReport(
            job_id=self._job_id,
            idle_s=idle_s,
            in_flight={},
            held=0,
            requests=0,
            errors=0,
            per_minute=0.0,
            p50_ms=None,
            p99_ms=None,
        )
        rev = self._store.routes_rev
        self._gateways.acknowledge(GATEWAY, rev)
        self._handlers.take(GatewayReport(gateway_id=GATEWAY, rev=rev, started_at=0.0, jobs=(seen,)))


async def simulated(
    spec: VersionSpec,
    *,
    place: Callable[[FakeClock], SimulatedPlace],
    model_name: str,
    from_at: float,
    until: float,
    requests_at: Sequence[float],
    settings: Settings,
    home: Home,
) -> CostView:
    """Return what a job would cost from one moment to another, UTC seconds, if requests came at these moments."""
    clock = FakeClock(from_at)
    return await Simulation(clock, place(clock), settings, home).run(spec, model_name, requests_at, until)


async def _at_once(call: Callable[..., T], /, *arguments: object) -> T:
    return call(*arguments)

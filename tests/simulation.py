"""The whole engine on a fake clock, synchronously: store, plan, observe and meter are the real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aibro_jupyter.clock import FakeClock
from aibro_jupyter.control.api.gateway_handlers import GatewayHandlers
from aibro_jupyter.control.api.views import Views
from aibro_jupyter.control.engine.bell import Bell
from aibro_jupyter.control.engine.engine import Engine
from aibro_jupyter.control.engine.notify import Notice
from aibro_jupyter.control.engine.sync import Gateways
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.control.settings import Settings
from aibro_jupyter.home import Home
from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol import DeployRequest, JobView, VersionRequest, VersionSpec
from aibro_jupyter.states import Outcome, Phase, Role
from tests.fakes import FakePlace, report, traffic

DIGEST = "0" * 64
HOUR = 3600.0


def spec(standby: str = "g4dn.4xlarge", cooling: str | None = None, **more: Any) -> VersionSpec:
    machines = MachineConfig(standby=standby, cooling=cooling)
    return VersionSpec(bundle=DIGEST, lock="", python="3.11", machines=machines, **more)


async def at_once(call: Callable[..., Any], /, *args: object) -> Any:
    return call(*args)


class Simulation:
    """A day that takes a second. Its gateway acts on routes at once and reports every minute."""

    def __init__(
        self,
        start: float = 8 * HOUR,
        *,
        database: Path | str = ":memory:",
        settings: dict[str, Any] | None = None,
        **place: Any,
    ) -> None:
        self.clock = FakeClock(start)
        self.place = FakePlace(self.clock, **place)
        self.database = database
        self.settings = Settings(**{"minimum_s": 0, "resync_s": 60.0, **(settings or {})})
        self.gateway_up = True
        self.notices: list[tuple[str, Notice]] = []
        """What was told to whom."""
        self.in_flight: dict[str, dict[str, int]] = {}
        self.requested_at: dict[str, float] = {}
        self.boot()

    def boot(self) -> None:
        """Start control on what the database holds; called again, it is a restart that lost all memory."""
        self.store = SqliteStore(self.database)
        bell = Bell()
        self.gateways = Gateways(self.settings.gateways, bell)
        world = World(
            clock=self.clock,
            store=self.store,
            home=Home(Path("/nowhere")),
            providers={"here": self.place},
            probe=self.place,
            gateways=self.gateways,
            settings=self.settings,
            run_blocking=at_once,
            notify=lambda url, notice: self.notices.append((url, notice)),
        )
        self.world = world
        self.engine = Engine(world)
        self.handlers = GatewayHandlers(world, self.engine, bell)
        self.views = Views(world, self.engine.reconciler, "http://gw", "ana")
        self.engine.wake_all()

    def deploy(self, of: VersionSpec, name: str = "iris", **more: Any) -> str:
        job_id = f"inf_{name}"
        request = DeployRequest(job_id=job_id, model_name=name, spec=of, **more)
        strongest = asyncio.run(self.engine.reconciler.strongest_micros(of))
        self.store.add_job(request, "ana", self.clock.now(), strongest_micros=strongest)
        self.engine.wake(job_id)
        self.run_until(self.clock.now() + 1)
        return job_id

    def new_version(self, job_id: str, of: VersionSpec, version_id: str = "v2") -> None:
        strongest = asyncio.run(self.engine.reconciler.strongest_micros(of))
        request = VersionRequest(version_id=version_id, spec=of)
        self.store.add_version(job_id, request, self.clock.now(), strongest_micros=strongest)
        self.engine.wake(job_id)
        self.run_until(self.clock.now())

    def complete(self, job_id: str) -> None:
        self.store.end_job(job_id, Outcome.COMPLETED, "", self.clock.now())
        self.engine.wake(job_id)
        self.run_until(self.clock.now())

    def request(self, job_id: str) -> None:
        self.requested_at[job_id] = self.clock.now()
        self.run_until(self.clock.now(), talk=True)

    def talk(self) -> None:
        """Let the gateway acknowledge the newest routes and report."""
        if self.gateway_up:
            now, rev = self.clock.now(), self.store.routes_rev
            jobs = {*self.requested_at, *self.in_flight}
            said = [
                traffic(
                    job_id,
                    now - self.requested_at[job_id] if job_id in self.requested_at else None,
                    self.in_flight.get(job_id),
                )
                for job_id in sorted(jobs)
            ]
            self.gateways.acknowledge("gw1", rev)
            self.handlers.take(report("gw1", rev, *said))

    def run_until(self, end: float, *, talk: bool = False) -> None:
        """Let time pass: every due look happens at its own moment."""
        asyncio.run(self._run_until(end, talk))

    async def _run_until(self, end: float, talk: bool) -> None:
        next_report = self.clock.now() if talk else (self.clock.now() // 60 + 1) * 60
        while True:
            await self._settle()
            moments = [at for at in (self.engine.queue.next_at(), next_report) if at is not None and at <= end]
            if not moments:
                break
            self.clock.set(max(self.clock.now(), min(moments)))
            if self.clock.now() >= next_report:
                self.talk()
                next_report = (self.clock.now() // 60 + 1) * 60
        self.clock.set(max(self.clock.now(), end))

    async def _settle(self) -> None:
        for _ in range(1000):
            rev = self.store.routes_rev
            while (job_id := self.engine.queue.pop(self.clock.now())) is not None:
                try:
                    await self.engine.step(job_id)
                finally:
                    self.engine.queue.done(job_id)
            if self.store.routes_rev == rev:
                return
            self.talk()
        raise AssertionError("it never comes to rest")

    def job(self, job_id: str) -> Dossier:
        return self.store.job(job_id)

    def view(self, job_id: str) -> JobView:
        return self.views.job(self.store.job(job_id))

    def one(self, job_id: str, role: Role) -> InstanceRow:
        """Return the newest instance of a role."""
        return [i for i in self.store.job(job_id).instances if i.role is role][-1]

    def phase(self, job_id: str, role: Role) -> Phase:
        return self.one(job_id, role).phase

    def calls(self, call: str) -> list[str]:
        return [instance_id for name, instance_id in self.place.calls if name == call]

"""The whole engine on a fake clock, synchronously: store, plan, observe and meter are the real ones."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from aibro_jupyter.clock import FakeClock
from aibro_jupyter.control.api.views import Views
from aibro_jupyter.control.engine.notify import Notice
from aibro_jupyter.control.engine.simulate import USERNAME, Simulation
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.home import Home
from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol import DeployRequest, JobView, VersionRequest, VersionSpec
from aibro_jupyter.states import Outcome, Phase, Role
from tests.fakes import FakeProvider

DIGEST = "0" * 64
HOUR = 3600.0


def spec(standby: str = "g4dn.4xlarge", cooling: str | None = None, **more: Any) -> VersionSpec:
    machines = MachineConfig(standby=standby, cooling=cooling)
    return VersionSpec(bundle=DIGEST, lock="", python="3.11", machines=machines, **more)


class Day(Simulation):
    """The product's own simulation, synchronous, on a provider with faults."""

    provider: FakeProvider

    def __init__(
        self,
        start: float = 8 * HOUR,
        *,
        database: Path | str = ":memory:",
        settings: dict[str, Any] | None = None,
        **provider: Any,
    ) -> None:
        clock = FakeClock(start)
        machines = FakeProvider(clock, **provider)
        self.notices: list[tuple[str, Notice]] = []
        """What was told to whom."""
        super().__init__(
            clock,
            machines,
            probe=machines,
            settings=ControlSettings(**{"minimum_s": 0, "resync_s": 60.0, **(settings or {})}),
            home=Home(Path("/nowhere")),
            database=database,
            notify=lambda url, notice: self.notices.append((url, notice)),
        )

    def boot(self) -> None:
        super().boot()
        self.views = Views(self.world, self.engine.reconciler, "http://gw", USERNAME)

    def deploy(self, of: VersionSpec, name: str = "iris", **more: Any) -> str:
        job_id = f"inf_{name}"
        asyncio.run(self.add(DeployRequest(job_id=job_id, model_name=name, spec=of, **more)))
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
        self.run_until(self.clock.now())
        self.arrive(job_id)
        self.run_until(self.clock.now())

    def run_until(self, end: float) -> None:
        asyncio.run(self.pass_until(end))

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
        return [instance_id for name, instance_id in self.provider.calls if name == call]

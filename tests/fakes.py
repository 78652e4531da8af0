"""Peers of control for tests: the simulated provider with faults to set from outside, its agents, and a gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from aibro_jupyter.control.ledger.rows import InstanceRow
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Boot, GatewayReport, Health, RouteReport
from aibro_jupyter.providers.base import State
from aibro_jupyter.providers.simulated import Prices, SimulatedProvider

SEED_PRICES = {
    ("g4dn.12xlarge", Market.ON_DEMAND): 3_910_000,
    ("g4dn.4xlarge", Market.ON_DEMAND): 1_200_000,
    ("g4dn.12xlarge", Market.SPOT): 1_610_000,
    ("g4dn.4xlarge", Market.SPOT): 360_000,
}


@dataclass
class FakeProvider(SimulatedProvider):
    """The simulated provider, which also refuses, hangs and crashes when a test says so."""

    prices: Prices | None = field(default_factory=lambda: dict(SEED_PRICES))
    refusal: Exception | None = None
    failing: str = ""
    """What every agent says it failed of."""
    failing_machines: frozenset[str] = frozenset()
    offered: set[str] = field(default_factory=set)
    """Machines that are offered on spot."""
    spot_refusal: Exception | None = None
    healthy: frozenset[str] = frozenset()
    """Instances that do not fail with the others."""
    stuck: frozenset[str] = frozenset()
    """Machines whose agents never get beyond connecting."""
    stoppable: bool = True
    mute: frozenset[str] = frozenset()
    """Instances whose agent hangs."""
    deaf: bool = False
    """Stop and terminate have no effect."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    before_call: Callable[[str], None] = lambda call: None
    after_call: Callable[[str], None] = lambda call: None

    def launch(self, instance_id: str, machine: str, market: Market, boot: Boot) -> None:
        with self._called("launch", instance_id):
            if self.refusal is not None:
                raise self.refusal
            if market is Market.SPOT and self.spot_refusal is not None:
                raise self.spot_refusal
            super().launch(instance_id, machine, market, boot)

    def start(self, instance_id: str) -> None:
        with self._called("start", instance_id):
            super().start(instance_id)

    def stop(self, instance_id: str) -> None:
        with self._called("stop", instance_id):
            super().stop(instance_id)

    def terminate(self, instance_id: str) -> None:
        with self._called("terminate", instance_id):
            super().terminate(instance_id)

    def crash(self, instance_id: str, why: str = "killed") -> None:
        if self.machines[instance_id].state in (State.PENDING, State.RUNNING):
            self.end(instance_id, State.GONE, self.clock.now(), why)

    def interrupt(self, instance_id: str, notice_s: float) -> None:
        """Let its market take it back after a notice."""
        self.machines[instance_id].taken_at = self.clock.now() + notice_s

    @contextmanager
    def _called(self, call: str, instance_id: str) -> Iterator[None]:
        self.calls.append((call, instance_id))
        self.before_call(call)
        try:
            yield
        finally:
            self.after_call(call)

    def end(self, instance_id: str, state: State, at: float, why: str = "") -> None:
        if not self.deaf:
            super().end(instance_id, state, at, why)

    def offers(self, machine: str, market: Market) -> bool:
        return market is Market.ON_DEMAND or machine in self.offered

    def can_stop(self, market: Market) -> bool:
        return self.stoppable

    # --- its agents ---------------------------------------------------------------------------------------------------

    async def health(self, row: InstanceRow, endpoint: str) -> Health | None:
        found = self.machines[row.instance_id]
        if row.instance_id in self.mute:
            return None
        if row.instance_id not in self.healthy and (self.failing or found.machine in self.failing_machines):
            return Health(instance_id=row.instance_id, stage="failed", why=self.failing or "CUDA not found")
        if found.machine in self.stuck:
            return Health(instance_id=row.instance_id, stage="connecting")
        stage = "serving" if self.serves(row.instance_id) else "deploying"
        return Health(instance_id=row.instance_id, stage=stage, memory_mib=118, load_s=0.5)

    async def logs(self, row: InstanceRow, endpoint: str, lines: int) -> tuple[str, ...] | None:
        return ("loading", "ready")[-lines:]

    async def close(self) -> None:
        pass


def report(gateway_id: str = "gw1", rev: int = 0, *jobs: RouteReport) -> GatewayReport:
    return GatewayReport(gateway_id=gateway_id, rev=rev, started_at=0.0, jobs=jobs)


def traffic(job_id: str, idle_s: float | None = None, in_flight: dict[str, int] | None = None) -> RouteReport:
    blank = RouteReport(
        job_id=job_id, idle_s=None, in_flight={}, held=0, requests=0, errors=0, per_minute=0.0, p50_ms=None, p99_ms=None
    )
    return replace(blank, idle_s=idle_s, in_flight=in_flight or {})

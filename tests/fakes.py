"""Peers of control for tests: a place with machines whose every move is known, its agents, and a gateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from aibro_jupyter.clock import Clock
from aibro_jupyter.control.ledger.rows import InstanceRow
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Boot, GatewayReport, Health, RouteReport
from aibro_jupyter.providers.base import Seen, State

SEED_PRICES = {
    ("g4dn.12xlarge", Market.ON_DEMAND): 3_910_000,
    ("g4dn.4xlarge", Market.ON_DEMAND): 1_200_000,
    ("g4dn.12xlarge", Market.SPOT): 1_610_000,
    ("g4dn.4xlarge", Market.SPOT): 360_000,
}


@dataclass
class Machine:
    machine: str
    market: Market
    boot: Boot
    state: State
    since: float
    woken_at: float
    why: str = ""
    taken_at: float | None = None
    """When its market takes it back."""


@dataclass
class FakePlace:
    """A provider that does at once what it is asked; how long things take is set from outside."""

    clock: Clock
    name: str = "here"
    simulated: bool = True
    prices: dict[tuple[str, Market], int] = field(default_factory=lambda: dict(SEED_PRICES))
    boot_s: float = 0.0
    """From launch or start to running."""
    load_s: float = 0.0
    """From running to serving."""
    refusal: Exception | None = None
    failing: str = ""
    """What every agent says it failed of."""
    failing_machines: frozenset[str] = frozenset()
    spot: set[str] = field(default_factory=set)
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
    machines: dict[str, Machine] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    ran: list[tuple[str, float, float | None]] = field(default_factory=list)
    """Its own bill: instance, running since, until."""
    before_call: Callable[[str], None] = lambda call: None
    after_call: Callable[[str], None] = lambda call: None

    def launch(self, instance_id: str, machine: str, market: Market, boot: Boot) -> None:
        with self._called("launch", instance_id):
            if self.refusal is not None:
                raise self.refusal
            if market is Market.SPOT and self.spot_refusal is not None:
                raise self.spot_refusal
            if instance_id not in self.machines:
                now = self.clock.now()
                self.machines[instance_id] = Machine(machine, market, boot, State.PENDING, now, now)

    def start(self, instance_id: str) -> None:
        with self._called("start", instance_id):
            found = self.machines[instance_id]
            if found.state is State.STOPPED:
                found.state, found.since, found.woken_at = State.PENDING, self.clock.now(), self.clock.now()

    def stop(self, instance_id: str) -> None:
        with self._called("stop", instance_id):
            self._end(instance_id, State.STOPPED)

    def terminate(self, instance_id: str) -> None:
        with self._called("terminate", instance_id):
            self._end(instance_id, State.GONE)

    def crash(self, instance_id: str, why: str = "killed") -> None:
        found = self.machines[instance_id]
        if found.state in (State.PENDING, State.RUNNING):
            self._end(instance_id, State.GONE)
            found.why = why

    def drill(self, instance_id: str, kind: str, notice_s: float = 0.0) -> None:
        if kind == "kill":
            self.crash(instance_id)
        else:
            self.interrupt(instance_id, notice_s)

    def interrupt(self, instance_id: str, notice_s: float) -> None:
        """Let its market take it back after a notice."""
        self.machines[instance_id].taken_at = self.clock.now() + notice_s

    def _take_back(self, instance_id: str) -> None:
        found = self.machines[instance_id]
        if found.taken_at is None or self.clock.now() < found.taken_at:
            return
        if found.state in (State.PENDING, State.RUNNING):
            self._end(instance_id, State.GONE, at=found.taken_at)
            found.why = "its market took it back"

    def _called(self, call: str, instance_id: str):
        place = self

        class Recorded:
            def __enter__(self):
                place.calls.append((call, instance_id))
                place.before_call(call)

            def __exit__(self, *error):
                place.after_call(call)

        return Recorded()

    def _end(self, instance_id: str, state: State, at: float | None = None) -> None:
        found = self.machines.get(instance_id)
        if found is None or self.deaf or found.state in (State.GONE, state):
            return
        self._settle(instance_id)
        found.since = self.clock.now() if at is None else at
        self.ran = [
            (name, since, found.since if name == instance_id and until is None else until)
            for name, since, until in self.ran
        ]
        found.state = state

    def _settle(self, instance_id: str) -> None:
        found = self.machines[instance_id]
        if found.state is State.PENDING and self.clock.now() >= found.woken_at + self.boot_s:
            found.state, found.since = State.RUNNING, found.woken_at + self.boot_s
            self.ran.append((instance_id, found.since, None))

    def look(self, instance_ids: Sequence[str]) -> dict[str, Seen]:
        seen = {}
        for instance_id in instance_ids:
            found = self.machines.get(instance_id)
            if found is None:
                seen[instance_id] = Seen(state=State.ABSENT)
                continue
            self._settle(instance_id)
            self._take_back(instance_id)
            endpoint = f"{instance_id}:1" if found.state is State.RUNNING else None
            ended = [(begun, until) for name, begun, until in self.ran if name == instance_id and until is not None]
            ran = ended[-1] if ended and found.state in (State.STOPPED, State.GONE) else None
            seen[instance_id] = Seen(
                state=found.state,
                since=found.since,
                endpoint=endpoint,
                why=found.why,
                ran=ran,
                interrupt_at=found.taken_at,
            )
        return seen

    def owned(self) -> dict[str, Seen]:
        return {k: v for k, v in self.look(list(self.machines)).items() if v.state is not State.GONE}

    def offers(self, machine: str, market: Market) -> bool:
        return market is Market.ON_DEMAND or machine in self.spot

    def can_stop(self, market: Market) -> bool:
        return self.stoppable

    def price_micros(self, machine: str, market: Market) -> int | None:
        return self.prices.get((machine, market))

    # --- its agents ---------------------------------------------------------------------------------------------------

    async def health(self, row: InstanceRow, endpoint: str) -> Health | None:
        found = self.machines[row.instance_id]
        if row.instance_id in self.mute:
            return None
        if row.instance_id not in self.healthy and (self.failing or found.machine in self.failing_machines):
            return Health(instance_id=row.instance_id, stage="failed", why=self.failing or "CUDA not found")
        if found.machine in self.stuck:
            return Health(instance_id=row.instance_id, stage="connecting")
        ready = self.clock.now() >= found.woken_at + self.boot_s + self.load_s
        return Health(
            instance_id=row.instance_id, stage="serving" if ready else "deploying", memory_mib=118, load_s=0.5
        )

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

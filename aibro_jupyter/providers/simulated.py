"""A provider that exists on a clock only: what machines would do and cost, without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aibro_jupyter.clock import Clock
from aibro_jupyter.errors import NothingToDrill
from aibro_jupyter.machines import Market, catalogue
from aibro_jupyter.machines import machine as catalogued
from aibro_jupyter.protocol import Boot
from aibro_jupyter.providers.base import TAKEN_BACK, Seen, State, Tags

Prices = Mapping[tuple[str, Market], int]
"""Micro-dollars an hour, by machine and market."""


@dataclass
class SimulatedMachine:
    """One simulated machine; times in UTC seconds."""

    machine: str
    market: Market
    state: State
    since: float
    asked_at: float
    """When it was last asked to come up."""
    taken_at: float | None = None
    """When its market takes it back."""
    why: str = ""
    """Why it is gone."""
    runs: list[tuple[float, float | None]] = field(default_factory=list)
    """Its own bill: running since, until; None: it still runs."""
    tags: Tags = field(default_factory=Tags)


@dataclass
class SimulatedProvider:
    """Machines on a clock: ``boot_s`` from asking to running, ``load_s`` from running to serving."""

    clock: Clock
    prices: Prices | None = None
    """None: the catalogue's."""
    spot: bool = False
    """Whether every machine is offered on spot."""
    boot_s: float = 0.0
    load_s: float = 0.0
    name: str = "here"
    simulated: bool = True
    machines: dict[str, SimulatedMachine] = field(default_factory=dict)

    @property
    def ran(self) -> list[tuple[str, float, float | None]]:
        """The provider's own bill: instance, running since, until; None: it still runs."""
        return [(name, *run) for name, found in self.machines.items() for run in found.runs]

    def launch(self, instance_id: str, machine: str, market: Market, boot: Boot) -> None:
        """Let a machine come up; one that was launched already stays as it is."""
        now = self.clock.now()
        made = SimulatedMachine(machine, market, State.PENDING, now, now, tags=Tags.of(boot))
        self.machines.setdefault(instance_id, made)

    def start(self, instance_id: str) -> None:
        """Let a stopped machine come up again."""
        found, now = self.machines[instance_id], self.clock.now()
        if found.state is State.STOPPED:
            found.state, found.since, found.asked_at, found.taken_at = State.PENDING, now, now, None

    def stop(self, instance_id: str) -> None:
        """Stop a machine."""
        self.end(instance_id, State.STOPPED, self.clock.now())

    def terminate(self, instance_id: str) -> None:
        """Delete a machine."""
        self.end(instance_id, State.GONE, self.clock.now())

    def look(self, instance_ids: Sequence[str]) -> dict[str, Seen]:
        """Return what is by now."""
        return {instance_id: self._seen(instance_id) for instance_id in instance_ids}

    def owned(self) -> dict[str, Seen]:
        """Return every machine that is not gone."""
        return {name: seen for name, seen in self.look(list(self.machines)).items() if seen.state is not State.GONE}

    def offers(self, machine: str, market: Market) -> bool:
        """On demand is always there, spot where it was said to be."""
        known = machine in catalogue() if self.prices is None else (machine, market) in self.prices
        return known and (market is Market.ON_DEMAND or self.spot)

    def can_stop(self, market: Market) -> bool:
        """A machine keeps its volume while it is stopped, whatever its market."""
        del market
        return True

    def drill(self, instance_id: str, kind: str, notice_s: float = 0.0) -> None:
        """Take a machine back after a notice, or kill it now."""
        found = self.machines.get(instance_id)
        if found is None or found.state is not State.RUNNING:
            raise NothingToDrill(f"{instance_id} does not run", fix="drill one that does")
        if kind == "spot":
            found.taken_at = self.clock.now() + notice_s
        else:
            self.end(instance_id, State.GONE, self.clock.now(), "killed")

    def last_log(self, instance_id: str, lines: int) -> tuple[str, ...]:  # noqa: ARG002
        """Return nothing: no model runs here."""
        return ()

    def price_micros(self, machine: str, market: Market) -> int | None:
        """Return micro-dollars an hour; None where unknown."""
        if self.prices is not None:
            return self.prices.get((machine, market))
        return catalogued(machine).price_micros(market)

    def serves(self, instance_id: str) -> bool:
        """Tell whether the model on it is loaded."""
        found = self.machines.get(instance_id)
        return found is not None and self.clock.now() >= found.asked_at + self.boot_s + self.load_s

    def end(self, instance_id: str, state: State, at: float, why: str = "") -> None:
        """Let a machine be stopped or gone since a moment; one that is so already stays as it is."""
        found = self.machines.get(instance_id)
        if found is None or found.state in (State.GONE, state):
            return
        self._boot(found)
        if found.state is State.RUNNING:
            found.runs[-1] = found.since, at
        found.state, found.since, found.why = state, at, why

    def _boot(self, found: SimulatedMachine) -> None:
        up_at = found.asked_at + self.boot_s
        if found.state is State.PENDING and self.clock.now() >= up_at:
            found.state, found.since = State.RUNNING, up_at
            found.runs.append((up_at, None))

    def _seen(self, instance_id: str) -> Seen:
        found = self.machines.get(instance_id)
        if found is None:
            return Seen(state=State.ABSENT)
        self._boot(found)
        if found.taken_at is not None and self.clock.now() >= found.taken_at and found.state is not State.STOPPED:
            self.end(instance_id, State.GONE, found.taken_at, TAKEN_BACK)
        ended = [(begun, until) for begun, until in found.runs if until is not None][-1:]
        return Seen(
            state=found.state,
            since=found.since,
            endpoint=f"{instance_id}:1" if found.state is State.RUNNING else None,
            why=found.why,
            ran=ended[0] if ended else None,
            interrupt_at=found.taken_at,
            tags=found.tags,
        )

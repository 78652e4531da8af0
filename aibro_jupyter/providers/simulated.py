"""A place that exists on a clock only: what machines would do and cost, without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aibro_jupyter.clock import Clock
from aibro_jupyter.errors import NothingToDrill
from aibro_jupyter.machines import Market, catalogue
from aibro_jupyter.machines import machine as catalogued
from aibro_jupyter.protocol import Boot
from aibro_jupyter.providers.base import Seen, State

Prices = Mapping[tuple[str, Market], int]
"""Micro-dollars an hour, by machine and market."""


@dataclass
class _Machine:
    state: State
    since: float
    asked_at: float
    taken_at: float | None = None
    ran: tuple[float, float] | None = None


@dataclass
class SimulatedPlace:
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
    _machines: dict[str, _Machine] = field(default_factory=dict)

    def launch(self, instance_id: str, machine: str, market: Market, boot: Boot) -> None:
        """Let a machine come up."""
        del machine, market, boot
        now = self.clock.now()
        self._machines.setdefault(instance_id, _Machine(State.PENDING, now, now))

    def start(self, instance_id: str) -> None:
        """Let a stopped machine come up again."""
        found = self._machines[instance_id]
        if found.state is State.STOPPED:
            found.state, found.since, found.asked_at = State.PENDING, self.clock.now(), self.clock.now()

    def stop(self, instance_id: str) -> None:
        """Stop a machine."""
        self._end(instance_id, State.STOPPED, self.clock.now())

    def terminate(self, instance_id: str) -> None:
        """Delete a machine."""
        self._end(instance_id, State.GONE, self.clock.now())

    def look(self, instance_ids: Sequence[str]) -> dict[str, Seen]:
        """Return what is by now."""
        return {instance_id: self._seen(instance_id) for instance_id in instance_ids}

    def owned(self) -> dict[str, Seen]:
        """Return every machine that is not gone."""
        return {name: seen for name, seen in self.look(list(self._machines)).items() if seen.state is not State.GONE}

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
        found = self._machines.get(instance_id)
        if found is None or found.state is not State.RUNNING:
            raise NothingToDrill(f"{instance_id} does not run", fix="drill one that does")
        found.taken_at = self.clock.now() + (notice_s if kind == "spot" else 0.0)

    def price_micros(self, machine: str, market: Market) -> int | None:
        """Return micro-dollars an hour; None where unknown."""
        if self.prices is not None:
            return self.prices.get((machine, market))
        return catalogued(machine).price_micros(market)

    def serves(self, instance_id: str) -> bool:
        """Tell whether the model on it is loaded."""
        found = self._machines.get(instance_id)
        return found is not None and self.clock.now() >= found.asked_at + self.boot_s + self.load_s

    def _seen(self, instance_id: str) -> Seen:
        found = self._machines.get(instance_id)
        if found is None:
            return Seen(state=State.ABSENT)
        up_at = found.asked_at + self.boot_s
        if found.state is State.PENDING and self.clock.now() >= up_at:
            found.state, found.since = State.RUNNING, up_at
        if found.taken_at is not None and self.clock.now() >= found.taken_at:
            self._end(instance_id, State.GONE, found.taken_at)
        endpoint = f"{instance_id}:1" if found.state is State.RUNNING else None
        return Seen(state=found.state, since=found.since, endpoint=endpoint, ran=found.ran, interrupt_at=found.taken_at)

    def _end(self, instance_id: str, state: State, at: float) -> None:
        found = self._machines.get(instance_id)
        if found is None or found.state in (State.GONE, state):
            return
        if found.state is State.RUNNING:
            found.ran = (found.since, at)
        found.state, found.since, found.taken_at = state, at, None

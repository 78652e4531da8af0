"""Machines to choose from, and what the doctor found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aibro_jupyter.protocol import MachineView
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Card, Figure, Remark, Row, Table, Tone, Unit, month, rate, row

MACHINE_HEAD = ("machine id", "GPU", "vCPU", "memory", "price", "a month", "availability")


@dataclass(frozen=True, kw_only=True, repr=False)
class MachineTable(View):
    """The catalogue, with where and when the prices were seen."""

    machines: tuple[MachineView, ...]

    def card(self) -> Card:
        """Return a line a machine."""
        first = self.machines[0]
        rows = tuple(
            (
                m.machine_id,
                m.gpu or "-",
                str(m.vcpus),
                Figure(m.memory_mib, Unit.MIB),
                rate(m.micros_per_hour),
                month(m.micros_per_hour),
                m.availability,
            )
            for m in self.machines
        )
        source = Remark(text=f"{first.region} · seen {first.as_of}", tone=Tone.QUIET)
        return Card(body=(Table(head=MACHINE_HEAD, rows=rows), source), facts=self.machines)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing the doctor looked at; state is ok, warn or fail."""

    name: str
    state: str
    found: str
    fix: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class DoctorReport(View):
    """Every check, and what to do about those that are not ok."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing failed; warnings are not failures."""
        return all(check.state != "fail" for check in self.checks)

    def card(self) -> Card:
        """Return a line a check."""
        return Card(body=tuple(self._rows()), facts={"healthy": self.healthy, "checks": self.checks})

    def _rows(self) -> Iterator[Row]:
        for check in self.checks:
            yield row(check.name, check.found, tone=Tone(check.state))
            if check.fix:
                yield row("", f"-> {check.fix}", tone=Tone.QUIET)

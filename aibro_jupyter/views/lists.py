"""Machines to choose from, and what the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from aibro_jupyter.figures import hourly, monthly
from aibro_jupyter.protocol import MachineView
from aibro_jupyter.views import View
from aibro_jupyter.views.markup import block, columns, span, table

MACHINE_HEAD = ("machine id", "GPU", "vCPU", "memory", "price", "a month", "availability")


@dataclass(frozen=True, kw_only=True, repr=False)
class MachineTable(View):
    """The catalogue, with where and when the prices were seen."""

    machines: tuple[MachineView, ...]

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                m.machine_id,
                m.gpu or "-",
                str(m.vcpus),
                f"{m.memory_mib / 1024:g} GiB",
                hourly(m.micros_per_hour),
                "unknown" if m.micros_per_hour is None else monthly(m.micros_per_hour),
                m.availability,
            )
            for m in self.machines
        ]

    def _source(self) -> str:
        if not self.machines:
            return "no machine fits"
        first = self.machines[0]
        return f"{first.region} · seen {first.as_of}"

    def text(self) -> str:
        """Return a line a machine."""
        return f"{columns(MACHINE_HEAD, self._rows())}\n{self._source()}"

    def html(self) -> str:
        """Return a table."""
        return block(table(MACHINE_HEAD, self._rows()), span(self._source(), "quiet"))

    def data(self) -> Any:
        """Return every field of every machine."""
        return msgspec.to_builtins(self.machines)


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

    def text(self) -> str:
        """Return a line a check."""
        lines = []
        for check in self.checks:
            lines.append(f"{check.state:<4} {check.name:<14} {check.found}")
            if check.fix:
                lines.append(f"{'':<19} -> {check.fix}")
        return "\n".join(lines)

    def html(self) -> str:
        """Return a line a check."""
        return block(
            *(
                f"{span(f'{c.state:<4}', c.state)} {span(c.name)}: {span(c.found)}"
                + (f" {span('→ ' + c.fix, 'quiet')}" if c.fix else "")
                for c in self.checks
            )
        )

    def data(self) -> Any:
        """Return the checks."""
        return {"healthy": self.healthy, "checks": msgspec.to_builtins(self.checks)}

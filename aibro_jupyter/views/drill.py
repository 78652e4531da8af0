"""What a fire drill found: whether anything was lost while an instance went, and how it was replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from aibro_jupyter.figures import duration, several
from aibro_jupyter.protocol import DrillView, WakeView
from aibro_jupyter.views import View
from aibro_jupyter.views.history import wake_line
from aibro_jupyter.views.markup import block, facts, span

WHAT = {"spot": "was taken back by the market", "sleep": "was put to sleep", "kill": "was killed with -9"}


@dataclass(frozen=True, kw_only=True)
class Calls:
    """What became of the steady requests, each sent once and never again by the caller."""

    sent: int
    answered: int
    failures: tuple[str, ...]
    """Of the first failures: what the caller got."""
    slowest_s: float
    median_s: float
    by: dict[str, int]
    """Answers by tier: standby, cooling."""

    @property
    def failed(self) -> int:
        """Requests that got no answer of the model."""
        return self.sent - self.answered


@dataclass(frozen=True, kw_only=True, repr=False)
class DrillReport(View):
    """The report of one drill."""

    model_name: str
    role: str
    drill: DrillView
    calls: Calls
    replaced_s: float | None
    """From the drill until that role served again; None: not within the patience."""
    wakes: tuple[WakeView, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing was lost and the instance was replaced."""
        return not self.calls.failed and self.replaced_s is not None

    def headline(self) -> str:
        """Return the result in one line."""
        calls = self.calls
        if calls.failed:
            return f"✗ {calls.failed} of {several(calls.sent, 'request')} got no answer"
        if self.replaced_s is None:
            return f"✗ nothing was lost, but the {self.role} instance is not back"
        return f"✓ zero loss: {calls.answered} of {several(calls.sent, 'request')} answered"

    def _rows(self) -> list[tuple[str, str]]:
        calls = self.calls
        by = ", ".join(f"{tier} {count}" for tier, count in sorted(calls.by.items()))
        served = "its replacement served" if self.drill.kind == "spot" else "served again"
        back = "not yet" if self.replaced_s is None else f"{served} after {duration(self.replaced_s)}"
        rows = [
            ("drill", f"the {self.role} instance {self.drill.instance_id} {WHAT.get(self.drill.kind, 'broke')}"),
            ("back", back),
            ("answers", f"{by or 'none'} · median {duration(calls.median_s)}, slowest {duration(calls.slowest_s)}"),
        ]
        rows += [("wake", wake_line(wake)) for wake in self.wakes]
        return rows + [("lost", failure) for failure in calls.failures]

    def text(self) -> str:
        """Return the report for a terminal."""
        head = f"{self.headline()}   {self.model_name}, drill {self.drill.kind}"
        return "\n".join([head, *(f"  {label:<8} {value}" for label, value in self._rows())])

    def html(self) -> str:
        """Return the report for a notebook."""
        head = f"<b>{span(self.headline(), 'ok' if self.passed else 'fail')}</b> "
        about = span(f"{self.model_name}, drill {self.drill.kind}", "quiet")
        return block(head + about, facts([(label, span(value)) for label, value in self._rows()]))

    def data(self) -> Any:
        """Return the figures."""
        return {
            "model_name": self.model_name,
            "passed": self.passed,
            "role": self.role,
            "drill": msgspec.to_builtins(self.drill),
            "sent": self.calls.sent,
            "answered": self.calls.answered,
            "failed": self.calls.failed,
            "failures": list(self.calls.failures),
            "slowest_s": round(self.calls.slowest_s, 4),
            "median_s": round(self.calls.median_s, 4),
            "by": dict(self.calls.by),
            "replaced_s": None if self.replaced_s is None else round(self.replaced_s, 3),
            "wakes": msgspec.to_builtins(self.wakes),
        }

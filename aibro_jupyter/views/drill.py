"""What a fire drill found: whether anything was lost while an instance went, and how it was replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aibro_jupyter.figures import several
from aibro_jupyter.protocol import DrillView, WakeView
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Card, Head, Row, Tone, row, took
from aibro_jupyter.views.history import wake_rows

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

    def card(self) -> Card:
        """Return the result, what was broken and how it came back."""
        calls = self.calls
        return Card(
            head=Head(
                parts=(self._result(),),
                tone=Tone.OK if self.passed else Tone.FAIL,
                aside=f"{self.model_name}, drill {self.drill.kind}",
            ),
            body=tuple(self._rows()),
            facts={
                "model_name": self.model_name,
                "passed": self.passed,
                "role": self.role,
                "drill": self.drill,
                "sent": calls.sent,
                "answered": calls.answered,
                "failed": calls.failed,
                "failures": calls.failures,
                "slowest_s": took(calls.slowest_s),
                "median_s": took(calls.median_s),
                "by": calls.by,
                "replaced_s": None if self.replaced_s is None else took(self.replaced_s),
                "wakes": self.wakes,
            },
        )

    def _result(self) -> str:
        calls = self.calls
        if calls.failed:
            return f"{calls.failed} of {several(calls.sent, 'request')} got no answer"
        if self.replaced_s is None:
            return f"nothing was lost, but the {self.role} instance is not back"
        return f"zero loss: {calls.answered} of {several(calls.sent, 'request')} answered"

    def _rows(self) -> Iterator[Row]:
        calls = self.calls
        by = ", ".join(f"{tier} {count}" for tier, count in sorted(calls.by.items()))
        served = "its replacement served" if self.drill.kind == "spot" else "served again"
        yield row("drill", f"the {self.role} instance {self.drill.instance_id} {WHAT.get(self.drill.kind, 'broke')}")
        yield (
            row("back", "not yet")
            if self.replaced_s is None
            else row("back", f"{served} after ", took(self.replaced_s))
        )
        yield row("answers", f"{by or 'none'} · median ", took(calls.median_s), ", slowest ", took(calls.slowest_s))
        yield from wake_rows(self.wakes)
        for failure in calls.failures:
            yield row("lost", failure, tone=Tone.FAIL)

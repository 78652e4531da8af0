"""Budgets and limits as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from aibro_jupyter.figures import money
from aibro_jupyter.protocol import BudgetView
from aibro_jupyter.views import View
from aibro_jupyter.views.markup import block, facts, span

_WIDTH = 10
STATES = {
    "ok": "",
    "near": "near its end",
    "degraded": "used up: cooling is off until midnight UTC, standby stays",
    "stopped": "used up: the job ends",
}


def gauge(used: int, limit: int) -> str:
    """Return how much of a budget is used, as a bar and in dollars."""
    filled = min(_WIDTH, round(_WIDTH * used / limit)) if limit else _WIDTH
    return f"{'▓' * filled}{'░' * (_WIDTH - filled)} {money(used)} of {money(limit)}"


def budget_rows(budget: BudgetView) -> list[tuple[str, str]]:
    """Return each limit with how much of it is used."""
    rows = []
    if budget.per_day_micros is not None:
        rows.append(("per day", gauge(budget.today_micros, budget.per_day_micros)))
    if budget.stop_micros is not None:
        rows.append(("in all", gauge(budget.spent_micros, budget.stop_micros)))
    if budget.until is not None:
        rows.append(("until", datetime.fromtimestamp(budget.until).astimezone().strftime("%Y-%m-%d %H:%M")))
    if budget.notify:
        rows.append(("news to", budget.notify))
    said = STATES.get(budget.state, budget.state)
    return rows + ([("!", said)] if said else [])


@dataclass(frozen=True, kw_only=True, repr=False)
class BudgetCard(View):
    """What a job, or all jobs together, may cost and for how long."""

    whose: str
    budget: BudgetView | None
    changed: bool = False

    def _rows(self) -> list[tuple[str, str]]:
        return [] if self.budget is None else budget_rows(self.budget)

    def _head(self) -> str:
        mark = "✓ " if self.changed else ""
        return f"{mark}{self.whose}" if self._rows() else f"{mark}{self.whose}: no limits"

    def text(self) -> str:
        """Return a line a limit."""
        return "\n".join([self._head(), *(f"  {label:<8} {value}" for label, value in self._rows())])

    def html(self) -> str:
        """Return a line a limit."""
        rows = [(label, span(value, "warn" if label == "!" else "")) for label, value in self._rows()]
        return block(f"<b>{span(self._head())}</b>", facts(rows))

    def data(self) -> Any:
        """Return the limits and how much is used."""
        return {"whose": self.whose, "budget": None if self.budget is None else msgspec.to_builtins(self.budget)}

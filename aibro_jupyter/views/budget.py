"""Budgets and limits as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aibro_jupyter.protocol import BudgetView
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Bar, Card, Head, Part, Row, Tone, row, usd

STATES = {
    "ok": "",
    "near": "near its end",
    "degraded": "used up: cooling is off until midnight UTC, standby stays",
    "stopped": "used up: the job ends",
}


def gauge(used: int, limit: int) -> tuple[Part, ...]:
    """Return how much of a budget is used, as a bar and in dollars."""
    return Bar(used / limit if limit else 1.0, gauge=True), " ", usd(used), " of ", usd(limit)


def budget_rows(budget: BudgetView) -> tuple[Row, ...]:
    """Return each limit with how much of it is used."""
    rows: list[Row] = []
    if budget.per_day_micros is not None:
        rows.append(row("budget", *gauge(budget.today_micros, budget.per_day_micros), " a day"))
    if budget.stop_micros is not None:
        rows.append(row("" if rows else "budget", *gauge(budget.spent_micros, budget.stop_micros), " in all"))
    if said := STATES.get(budget.state, budget.state):
        rows.append(row("", said, tone=Tone.WARN))
    if budget.until is not None:
        rows.append(row("until", datetime.fromtimestamp(budget.until).astimezone().strftime("%Y-%m-%d %H:%M")))
    if budget.notify:
        rows.append(row("news to", budget.notify))
    return tuple(rows)


@dataclass(frozen=True, kw_only=True, repr=False)
class BudgetCard(View):
    """What a job, or all jobs together, may cost and for how long."""

    whose: str
    budget: BudgetView | None
    changed: bool = False

    def card(self) -> Card:
        """Return a line a limit."""
        rows = () if self.budget is None else budget_rows(self.budget)
        said = self.whose if rows else f"{self.whose}: no limits"
        return Card(
            head=Head(parts=(said,), tone=Tone.OK if self.changed else Tone.NONE),
            body=rows,
            facts={"whose": self.whose, "budget": self.budget},
        )

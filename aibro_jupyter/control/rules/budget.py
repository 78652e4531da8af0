"""How far a budget is used up, and when it will be. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aibro_jupyter.control.ledger.meter import Spending
from aibro_jupyter.control.ledger.rows import JobRow
from aibro_jupyter.figures import DAY_S, HOUR_S, money, percent
from aibro_jupyter.protocol import BudgetView, Limits

NEAR = 0.8
"""From this share on a budget is said to be near its end."""
STATES = ("ok", "near", "degraded", "stopped")
"""Each worse than the one before."""
_CLOSEST_S = 1.0
"""Chosen: a limit that is all but reached is looked at no more often."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a job stands toward its budgets."""

    state: str = "ok"
    text: str = "its budget is fine"
    due_at: float | None = None
    """When this may change by itself."""
    until: float | None = None
    """When the job's time is over."""


def cooling_off(job: JobRow, budget_state: str) -> bool:
    """Tell whether no cooling instance may be up: the owner says so, or a budget is used up."""
    return job.cooling_off or budget_state in ("degraded", "stopped")


def state(limits: Limits, spending: Spending) -> str:
    """Return ok, near, degraded or stopped."""
    if limits.budget_stop_micros is not None and spending.spent_micros >= limits.budget_stop_micros:
        return "stopped"
    if limits.budget_per_day_micros is not None and spending.today_micros >= limits.budget_per_day_micros:
        return "degraded"
    return "near" if any(spent >= NEAR * limit for _, limit, spent in by_limit(limits, spending)) else "ok"


def by_limit(limits: Limits, spending: Spending) -> Iterator[tuple[str, int, int]]:
    """Yield each limit there is: total or day, its micro-dollars, and how many of them are used."""
    if limits.budget_stop_micros is not None:
        yield "total", limits.budget_stop_micros, spending.spent_micros
    if limits.budget_per_day_micros is not None:
        yield "day", limits.budget_per_day_micros, spending.today_micros


def due_at(limits: Limits, spending: Spending, now: float) -> float | None:
    """Return when the state may change next: a limit is reached at today's pace, or the day is over."""
    dues: list[float] = []
    if limits.budget_per_day_micros is not None:
        dues.append(now - now % DAY_S + DAY_S)
    for _, limit, spent in by_limit(limits, spending):
        left = [mark - spent for mark in (NEAR * limit, limit) if mark > spent]
        if left and spending.micros_per_hour > 0:
            # A start is billed its minimum at once, so the real moment may come later, but never earlier.
            dues.append(now + max(_CLOSEST_S, min(left) * HOUR_S / spending.micros_per_hour))
    return min(dues, default=None)


def standing(own: Limits, spending: Spending, common: Limits, together: Spending, now: float) -> Standing:
    """Return where a job stands by its own limits and by those of all jobs together: the worse counts."""
    mine, ours = state(own, spending), state(common, together)
    whose, limits, used = (
        ("its", own, spending)
        if STATES.index(mine) >= STATES.index(ours)
        else (
            "all jobs'",
            common,
            together,
        )
    )
    worst = max(mine, ours, key=STATES.index)
    ends = [until for until in (own.until, common.until) if until is not None]
    dues = [due for due in (due_at(own, spending, now), due_at(common, together, now), *ends) if due is not None]
    return Standing(
        state=worst,
        text=_text(worst, whose, limits, used),
        due_at=min((due for due in dues if due > now), default=None),
        until=min(ends, default=None),
    )


def _text(state_now: str, whose: str, limits: Limits, used: Spending) -> str:
    per_day, stop = limits.budget_per_day_micros or 0, limits.budget_stop_micros or 0
    match state_now:
        case "near" if stop and used.spent_micros >= NEAR * stop:
            return f"{whose} budget is {percent(NEAR)} used: {money(used.spent_micros)} of {money(stop)}"
        case "near":
            return f"{whose} budget of the day is {percent(NEAR)} used: {money(used.today_micros)} of {money(per_day)}"
        case "degraded":
            return f"{whose} budget of the day, {money(per_day)}, is used up: cooling is off until midnight UTC"
        case "stopped":
            return f"budget reached: {money(used.spent_micros)} of {whose} {money(stop)}"
    return f"{whose} budget is fine again"


def view(limits: Limits, spending: Spending, host: str) -> BudgetView | None:
    """Return a budget as people see it; None: there is none."""
    if limits == Limits():
        return None
    return BudgetView(
        per_day_micros=limits.budget_per_day_micros,
        stop_micros=limits.budget_stop_micros,
        today_micros=spending.today_micros,
        spent_micros=spending.spent_micros,
        state=state(limits, spending),
        until=limits.until,
        notify=host,
    )

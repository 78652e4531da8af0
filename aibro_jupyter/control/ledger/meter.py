"""Money from intervals: exact sums, rounded once when shown. Pure; nothing computed here is ever stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from aibro_jupyter.control.ledger.billing import DAY_MS, HOUR_MS, PriceBook, end_ms
from aibro_jupyter.control.ledger.comparing import Configured, always_on_micros, comparable_from, on_demand_micros
from aibro_jupyter.protocol import Accrual, Interval, MoneyView


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What was spent until now, and how fast it goes on; micro-dollars."""

    today_micros: int = 0
    spent_micros: int = 0
    micros_per_hour: int = 0


def cost_micros(intervals: Iterable[Interval], now_ms: int, book: PriceBook, since_ms: int = 0) -> Fraction:
    """Return what intervals cost from a moment until now, exactly; one without a known price counts nothing."""
    total = 0
    for i in intervals:
        total += (i.micros_per_hour or 0) * max(0, end_ms(i, now_ms, book) - max(i.opened_ms, since_ms))
    return Fraction(total, HOUR_MS)


def spending(intervals: Sequence[Interval], now: float, book: PriceBook) -> Spending:
    """Return what budgets are held against, at a moment in UTC seconds."""
    now_ms = round(now * 1000)
    return Spending(
        today_micros=round(cost_micros(intervals, now_ms, book, now_ms - now_ms % DAY_MS)),
        spent_micros=round(cost_micros(intervals, now_ms, book)),
        micros_per_hour=sum(i.micros_per_hour or 0 for i in intervals if i.closed_ms is None),
    )


def accruals(intervals: Iterable[Interval], now_ms: int, book: PriceBook) -> tuple[Accrual, ...]:
    """Return what makes the sum grow from now on: every open interval, from the end of what it is billed for."""
    return tuple(
        Accrual(from_at=end_ms(i, now_ms, book) / 1000, micros_per_hour=i.micros_per_hour)
        for i in intervals
        if i.closed_ms is None and i.micros_per_hour
    )


def totals(
    intervals: Sequence[Interval],
    *,
    now: float,
    ended_at: float | None,
    configured: Configured,
    book: PriceBook,
    simulated: bool,
) -> MoneyView:
    """Return a job's money at a moment; times in UTC seconds."""
    now_ms = round(now * 1000)
    ended_ms = None if ended_at is None else round(ended_at * 1000)
    spent = spending(intervals, now, book)
    unpriced = any(i.micros_per_hour is None for i in intervals)
    return MoneyView(
        simulated=simulated,
        spent_micros=spent.spent_micros,
        micros_per_hour=spent.micros_per_hour,
        all_on_demand_micros=round(on_demand_micros(intervals, now_ms, book)),
        always_on_micros=round(always_on_micros(intervals, now_ms, ended_ms, configured, book)),
        as_of=now,
        unknown=unpriced or any(micros is None for _, micros in configured),
        today_micros=spent.today_micros,
        accruals=accruals(intervals, now_ms, book),
        minimum_s=book.minimum_s,
        comparable_from=comparable_from(intervals, ended_ms),
    )

"""Money from intervals: exact sums, rounded once when shown. Pure; nothing computed here is ever stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.figures import DAY_S, HOUR_S
from aibro_jupyter.protocol import Interval, MoneyView

HOUR_MS, DAY_MS = 1000 * HOUR_S, 1000 * DAY_S


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """How a provider bills beside the price of its machines."""

    minimum_s: int = ControlSettings.minimum_s
    """Shortest time that a start is billed for."""
    disk_micros_per_hour: int = ControlSettings.disk_micros_per_hour
    """A volume's price, from the first start until it is deleted."""


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What was spent until now, and how fast it goes on; micro-dollars."""

    today_micros: int = 0
    spent_micros: int = 0
    micros_per_hour: int = 0


def end_ms(interval: Interval, now_ms: int, book: PriceBook) -> int:
    """Return until when an interval is billed so far, in milliseconds; a start counts its minimum at once."""
    until = max(interval.opened_ms, now_ms if interval.closed_ms is None else interval.closed_ms)
    least = book.minimum_s * 1000 if interval.kind == "compute" else 0
    return max(until, interval.opened_ms + least)


def cost_micros(intervals: Iterable[Interval], now_ms: int, book: PriceBook, since_ms: int = 0) -> Fraction:
    """Return what intervals cost from a moment until now, exactly; one without a known price counts nothing."""
    total = 0
    for i in intervals:
        total += (i.micros_per_hour or 0) * max(0, end_ms(i, now_ms, book) - max(i.opened_ms, since_ms))
    return Fraction(total, HOUR_MS)


def on_demand_micros(intervals: Sequence[Interval], now_ms: int, book: PriceBook) -> Fraction:
    """Return what the same hours had cost on demand; where one instance replaced another, the overlap counts once."""
    total = Fraction(0)
    for kind, role in sorted({(i.kind, i.role) for i in intervals}):
        spans = [
            (i.opened_ms, end_ms(i, now_ms, book), i.on_demand_micros_per_hour)
            for i in intervals
            if (i.kind, i.role) == (kind, role)
        ]
        moments = sorted({moment for opened, closed, _ in spans for moment in (opened, closed)})
        for begin, end in pairwise(moments):
            price = max((p for opened, closed, p in spans if opened <= begin and closed >= end), default=0)
            total += Fraction(price * (end - begin), HOUR_MS)
    return total


def always_on_micros(intervals: Sequence[Interval], until_ms: int, strongest_micros: int, book: PriceBook) -> Fraction:
    """Return what the strongest machine alone had cost on demand, from the job's first paid moment until then."""
    begun_ms = min((i.opened_ms for i in intervals if i.kind == "compute"), default=None)
    if begun_ms is None:
        return Fraction(0)
    return Fraction(strongest_micros * max(book.minimum_s * 1000, until_ms - begun_ms), HOUR_MS)


def spending(intervals: Sequence[Interval], now: float, book: PriceBook) -> Spending:
    """Return what budgets are held against, at a moment in UTC seconds."""
    now_ms = round(now * 1000)
    return Spending(
        today_micros=round(cost_micros(intervals, now_ms, book, now_ms - now_ms % DAY_MS)),
        spent_micros=round(cost_micros(intervals, now_ms, book)),
        micros_per_hour=sum(i.micros_per_hour or 0 for i in intervals if i.closed_ms is None),
    )


def totals(
    intervals: Sequence[Interval],
    *,
    now: float,
    ended_at: float | None,
    strongest_micros: int | None,
    book: PriceBook,
    simulated: bool,
) -> MoneyView:
    """Return a job's money at a moment; times in UTC seconds."""
    now_ms = round(now * 1000)
    life_ms = now_ms if ended_at is None else round(ended_at * 1000)
    return MoneyView(
        simulated=simulated,
        spent_micros=round(cost_micros(intervals, now_ms, book)),
        micros_per_hour=sum(i.micros_per_hour or 0 for i in intervals if i.closed_ms is None),
        all_on_demand_micros=round(on_demand_micros(intervals, now_ms, book)),
        always_on_micros=round(always_on_micros(intervals, life_ms, strongest_micros or 0, book)),
        as_of=now,
        unknown=strongest_micros is None or any(i.micros_per_hour is None for i in intervals),
        today_micros=round(cost_micros(intervals, now_ms, book, now_ms - now_ms % DAY_MS)),
    )

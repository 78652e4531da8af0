"""What a job could have cost instead, from the very intervals and by the very rules of its bill. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from aibro_jupyter.control.ledger.billing import HOUR_MS, PriceBook, end_ms, least_ms
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Interval

COMPARABLE_S = 300
"""Chosen: until its first machine is paid for so long, a job's sums are mostly minimums and compare with nothing."""

Configured = Sequence[tuple[int, int | None]]
"""From which moment on (milliseconds, the first: always) which on-demand price was a job's strongest; None: unknown."""


def on_demand_micros(intervals: Sequence[Interval], now_ms: int, book: PriceBook) -> Fraction:
    """Return what the same intervals had cost on demand.

    Each start counts its minimum, as in the bill. Where a spot instance replaced another one, or was replaced, the
    overlap counts once, for on demand nothing is replaced; two on demand beside each other were there anyway.
    """
    total = 0
    for kind, role in sorted({(i.kind, i.role) for i in intervals}):
        mine = [i for i in intervals if (i.kind, i.role) == (kind, role)]
        ends = [(i, end_ms(i, now_ms, book)) for i in mine]
        moments = sorted({at for i, end in ends for at in (i.opened_ms, i.opened_ms + least_ms(i, book), end)})
        # A job that wakes often has thousands of intervals, and few of them at any moment.
        coming, there = deque(sorted(ends, key=lambda one: one[0].opened_ms)), list[tuple[Interval, int]]()
        for begin, end in pairwise(moments):
            while coming and coming[0][0].opened_ms <= begin:
                there.append(coming.popleft())
            there = [(i, until) for i, until in there if begin < until]
            total += _price([i for i, _ in there], begin, book) * (end - begin)
    return Fraction(total, HOUR_MS)


def _price(there: Sequence[Interval], at_ms: int, book: PriceBook) -> int:
    """Return what those that are billed at a moment had cost on demand, micro-dollars an hour."""
    on_demand = sum(i.on_demand_micros_per_hour for i in there if i.market is Market.ON_DEMAND)
    starting = sum(i.on_demand_micros_per_hour for i in there if at_ms < i.opened_ms + least_ms(i, book))
    return max(on_demand, starting, max((i.on_demand_micros_per_hour for i in there), default=0))


def always_on_micros(
    intervals: Iterable[Interval], now_ms: int, ended_ms: int | None, configured: Configured, book: PriceBook
) -> Fraction:
    """Return what the strongest machine alone had cost on demand, from the job's first paid moment to its last.

    Each stretch has the price of the machine that was the strongest then; a change of it is a start.
    """
    paid = [i for i in intervals if i.kind == "compute"]
    if not paid:
        return Fraction(0)
    until = now_ms
    if ended_ms is not None:
        until = max(ended_ms, *(now_ms if i.closed_ms is None else i.closed_ms for i in paid))
    begun = min(i.opened_ms for i in paid)
    starts = [(begun, configured[0][1] or 0)]
    for at, micros in configured[1:]:
        if at <= begun:
            starts = [(begun, micros or 0)]
        elif at < until and (micros or 0) != starts[-1][1]:
            starts.append((at, micros or 0))
    least = book.minimum_s * 1000
    lives = pairwise([*starts, (max(begun, until), 0)])
    return Fraction(sum(micros * max(least, end - at) for (at, micros), (end, _) in lives), HOUR_MS)


def comparable_from(intervals: Iterable[Interval], ended_ms: int | None) -> float | None:
    """Return from when a job's sums can be compared, UTC seconds; None: nothing is paid yet, or it ended before."""
    begun = min((i.opened_ms for i in intervals if i.kind == "compute"), default=None)
    if begun is None:
        return None
    from_ms = begun + COMPARABLE_S * 1000
    return None if ended_ms is not None and ended_ms < from_ms else from_ms / 1000

"""A stretch of a job's life as it is drawn: instances, requests and money over one axis of time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aibro_jupyter.control.ledger.billing import PriceBook
from aibro_jupyter.control.ledger.meter import cost_micros
from aibro_jupyter.control.ledger.rows import ANSWERED, Past
from aibro_jupyter.protocol import Band, Interval, Point, Tick, TimelineView
from aibro_jupyter.states import Phase

POINTS = 60
"""Chosen: the panel draws 300 units, so a point each five."""


def timeline(
    history: Sequence[Past],
    intervals: Sequence[Interval],
    ticks: Iterable[tuple[float, int]],
    *,
    from_at: float,
    to_at: float,
    book: PriceBook,
) -> TimelineView:
    """Return a window of a job's life; money is what was spent until each of 61 moments."""
    step = (to_at - from_at) / POINTS
    moments = [from_at + step * number for number in range(POINTS)] + [to_at]
    return TimelineView(
        from_at=from_at,
        to_at=to_at,
        bands=bands(history, from_at, to_at),
        requests=tuple(Tick(at=at, count=count) for at, count in ticks),
        money=tuple(Point(at=at, micros=_spent(intervals, at, book)) for at in moments),
    )


def _spent(intervals: Sequence[Interval], at: float, book: PriceBook) -> int:
    at_ms = round(at * 1000)
    begun = [i for i in intervals if i.opened_ms <= at_ms]
    return round(cost_micros((_until(i, at_ms) for i in begun), at_ms, book))


def _until(interval: Interval, at_ms: int) -> Interval:
    """Return an interval as it was known at a moment: one closed later was open then."""
    if interval.closed_ms is None or interval.closed_ms <= at_ms:
        return interval
    return replace(interval, closed_ms=None)


def bands(history: Sequence[Past], from_at: float, to_at: float) -> tuple[Band, ...]:
    """Return the stretches of every instance's phases that reach into a window, oldest first."""
    stretches: list[Band] = []
    current: dict[str, Past] = {}
    for past in history:
        if past.mark == ANSWERED:
            continue
        before = current.get(past.instance_id)
        if before is not None:
            stretches.append(_band(before, past.at))
        current[past.instance_id] = past
    stretches += [_band(past, None) for past in current.values() if past.mark != Phase.TERMINATED]
    inside = (b for b in stretches if b.from_at < to_at and (b.to_at is None or from_at < b.to_at))
    return tuple(sorted(inside, key=lambda band: (band.from_at, band.instance_id)))


def _band(past: Past, to_at: float | None) -> Band:
    return Band(
        role=past.role,
        instance_id=past.instance_id,
        phase=Phase(past.mark),
        market=past.market,
        from_at=past.at,
        to_at=to_at,
    )

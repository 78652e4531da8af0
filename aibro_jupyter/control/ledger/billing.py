"""How a provider bills an interval: its minimum and until when it is paid. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.figures import DAY_S, HOUR_S
from aibro_jupyter.protocol import Interval

HOUR_MS, DAY_MS = 1000 * HOUR_S, 1000 * DAY_S


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """How a provider bills beside the price of its machines."""

    minimum_s: int = ControlSettings.minimum_s
    """Shortest time that a start is billed for."""
    disk_micros_per_hour: int = ControlSettings.disk_micros_per_hour
    """A volume's price, from the first start until it is deleted."""


def least_ms(interval: Interval, book: PriceBook) -> int:
    """Return the shortest time that an interval is billed for; a disk is no start."""
    return book.minimum_s * 1000 if interval.kind == "compute" else 0


def end_ms(interval: Interval, now_ms: int, book: PriceBook) -> int:
    """Return until when an interval is billed so far, in milliseconds; a start counts its minimum at once."""
    until = max(interval.opened_ms, now_ms if interval.closed_ms is None else interval.closed_ms)
    return max(until, interval.opened_ms + least_ms(interval, book))

"""Durations as ISO 8601 text, the way pandas spells them: ``P1DT2H0M3.5S``; one that is negative has negative days."""

from __future__ import annotations

import datetime
import re

from .faults import BadInput

_SPELLED = re.compile(r"P(?:(-?\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6})\d*)?S)?")


def spelled(span: datetime.timedelta) -> str:
    """Return a duration as text."""
    own = getattr(span, "isoformat", None)
    if own is not None:
        # pandas' own keep nanoseconds.
        return str(own())
    hours, rest = divmod(span.seconds, 3600)
    fraction = f".{span.microseconds:06}" if span.microseconds else ""
    return f"P{span.days}DT{hours}H{rest // 60}M{rest % 60}{fraction}S"


def read(cell: object) -> datetime.timedelta | None:
    """Return a duration from its text, or from a number of milliseconds; null is none. Raises ``BadInput``."""
    if cell is None:
        return None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return datetime.timedelta(milliseconds=cell)
    found = _SPELLED.fullmatch(cell) if isinstance(cell, str) else None
    if found is None or not any(found.groups()):
        raise BadInput(f"{cell!r:.60} is no duration")
    days, hours, minutes, seconds, fraction = found.groups()
    micros = int((fraction or "").ljust(6, "0"))
    return datetime.timedelta(int(days or 0), int(seconds or 0), micros, 0, int(minutes or 0), int(hours or 0))

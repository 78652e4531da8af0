"""Figures as people read them: money, durations, sizes, shares. ``tests/figures.json`` has examples of every rule.

The browser's copies (``labextension/src/figures.ts``, ``jupyter/static/panel.js``) are held to the same examples.
Halves are rounded up on both sides (of money away from zero), so that an amount reads the same wherever it is shown.
"""

from __future__ import annotations

import math

MICROS = 1_000_000
"""Micro-dollars in a dollar; money is integers of these everywhere."""
HOUR_S, DAY_S = 3_600, 86_400
HOURS_A_MONTH = 730
"""A twelfth of a year, as cloud price lists count a month."""
UNKNOWN = "unknown"


def money(micros: float) -> str:
    """Return micro-dollars as dollars: cents, but ten-thousandths below ten cents, where cents would hide them."""
    sign, amount = ("-" if micros < 0 else ""), abs(micros)
    small = 0 < _rounded(amount / 100) < 1000
    return f"{sign}${_decimals(amount / MICROS, 4 if small else 2)}"


def hourly(micros: float | None) -> str:
    """Return a rate in micro-dollars an hour as "$0.085/h": two to four decimals, as many as say something."""
    if micros is None:
        return UNKNOWN
    whole, _, decimals = _decimals(micros / MICROS, 4).partition(".")
    return f"${whole}.{decimals.rstrip('0').ljust(2, '0')}/h"


def monthly(micros_per_hour: float | None) -> str:
    """Return what a rate in micro-dollars an hour comes to in a month of 730 hours, in whole dollars."""
    if micros_per_hour is None:
        return UNKNOWN
    return f"${_rounded(micros_per_hour * HOURS_A_MONTH / MICROS):,}/month"


def duration(seconds: float) -> str:
    """Return seconds in the unit that fits, from an hour on in two: 18 ms, 6.2 s, 10 min, 3 d 4 h."""
    if _rounded(seconds * 10_000) > 0 and _rounded(seconds * 1000) < 1000:
        return f"{_short(seconds * 1000)} ms"
    whole = _rounded(seconds)
    if whole < 90:
        return f"{_short(seconds)} s"
    minutes, hours, days = whole // 60, whole // HOUR_S, whole // DAY_S
    if hours < 1:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if days < 1 else f"{days} d {hours % 24} h"


def age(seconds: float) -> str:
    """Return how long something has been, in whole seconds; two clocks that disagree make no negative one."""
    return duration(max(0, math.floor(seconds)))


def size(count: float) -> str:
    """Return bytes in the decimal unit that fits: 999 B, 1.2 MB, 25 GB."""
    for unit in ("B", "KB", "MB"):
        if _rounded(count) < 1000:
            return f"{_short(count)} {unit}"
        count /= 1000
    return f"{_short(count)} GB"


def memory(mib: float) -> str:
    """Return mebibytes as MiB, from 1024 on as GiB with at most two decimals: 118 MiB, 15.25 GiB."""
    if _rounded(mib) < 1024:
        return f"{_rounded(mib)} MiB"
    whole, _, decimals = _decimals(mib / 1024, 2).partition(".")
    return f"{'.'.join(filter(None, (whole, decimals.rstrip('0'))))} GiB"


def percent(part: float) -> str:
    """Return a share, 1 being the whole, as "37 %"."""
    return f"{_rounded(100 * part)} %"


def per_minute(count: float) -> str:
    """Return how often something happens a minute: "0.4/min", "12/min"."""
    return f"{_short(count)}/min"


def several(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)


def _short(value: float) -> str:
    """Return a decimal below ten where it says something, else the whole number."""
    tenths = _rounded(value * 10)
    return f"{tenths // 10}.{tenths % 10}" if tenths < 100 and tenths % 10 else str(_rounded(value))


def _decimals(value: float, places: int) -> str:
    scaled = _rounded(value * 10**places)
    return f"{scaled // 10**places:,}.{scaled % 10**places:0{places}d}"

"""Numbers and secrets in the words people read: money, durations, sizes, masked client ids."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from aibro_jupyter.machines import MICROS
from aibro_jupyter.masking import masked

HOURS_A_MONTH = 730


def money(micros: int) -> str:
    """Return dollars: cents, or ten-thousandths below ten cents."""
    dollars = micros / MICROS
    return f"${dollars:.4f}" if 0 < abs(dollars) < 0.1 else f"${dollars:,.2f}"


def hourly(micros: int | None) -> str:
    """Return dollars an hour; "unknown" where nobody knows the price."""
    if micros is None:
        return "unknown"
    figure = f"{micros / MICROS:.4f}".rstrip("0")
    whole, _, cents = figure.partition(".")
    return f"${whole}.{cents.ljust(2, '0')}/h"


def monthly(micros_per_hour: int) -> str:
    """Return whole dollars for a month of 730 hours."""
    return f"${round(micros_per_hour * HOURS_A_MONTH / MICROS):,}/month"


def duration(seconds: float) -> str:
    """Return a duration with the two units that matter."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h"


def brief(seconds: float) -> str:
    """Return a duration, in milliseconds below one second."""
    return f"{1000 * seconds:.0f} ms" if seconds < 0.9995 else duration(seconds)


def size(count: float) -> str:
    """Return bytes in the unit that fits."""
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def several(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def guessable(client_id: str) -> bool:
    """Tell whether a client id could be found by trying: short, or words only."""
    longest = max(re.split(r"[^A-Za-z0-9]+", client_id), key=len)
    mixed = bool(re.search(r"\d", longest)) and bool(re.search(r"[A-Za-z]", longest))
    return len(longest) < 16 or not mixed or len(set(longest)) < 8


def _client_segment(url: str) -> tuple[str, str, str] | None:
    found = re.fullmatch(r"(.*/v1/[^/]+/)([^/]+)(/[^/]+/predict/?)", url)
    return (found[1], found[2], found[3]) if found else None


def masked_url(url: str) -> str:
    """Return a predict URL that may be shown; a public one as it is."""
    parts = _client_segment(url)
    if parts is None or parts[1] in ("public", "-"):
        return url
    return f"{parts[0]}{masked(unquote(parts[1]))}{parts[2]}"


def bearer_url(url: str) -> str:
    """Return the predict URL that takes the client id as a bearer token instead; a public one as it is."""
    parts = _client_segment(url)
    if parts is None or parts[1] == "public":
        return url
    return f"{parts[0]}-{parts[2]}"


class Secret(str):
    """A client id, or a URL that holds one: a plain string to use, masked wherever a notebook would show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        shown = masked_url(self) if "://" in self else masked(self)
        return repr(shown)


def percent_encoded(client_id: str) -> str:
    """Return a client id as one segment of a URL's path."""
    return quote(client_id, safe="")

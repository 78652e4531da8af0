"""What each client of a job may take of it: so many requests at once, and so many a second."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping

from aibro_jupyter.errors import TooManyRequests
from aibro_jupyter.protocol import Allowance

_UNLIMITED = Allowance()
_SWEEP_S = 10.0
"""Chosen: an entry is small, and looking at 10,000 of them takes milliseconds."""


class Allowances:
    """Counts each client's requests from their acceptance to the beginning of their answer."""

    def __init__(self, share: int = 1) -> None:
        self._share = share
        """How many gateways share what a client may take."""
        self._open: Counter[Hashable] = Counter()
        self._common = _UNLIMITED
        self._own: dict[Hashable, Allowance] = {}
        self._limited = False
        self._swept = 0.0
        self._spent: dict[Hashable, tuple[float, float]] = {}
        """Of each client with a rate: how much of it is used up, and when that was so (seconds)."""

    def change(self, common: Allowance, own: Mapping[str, Allowance]) -> None:
        """Set what everybody may take, and what single clients may instead."""
        self._common, self._own = common, dict(own.items())
        self._limited = any(one != _UNLIMITED for one in (common, *own.values()))

    def open(self, client: Hashable) -> int:
        """Return how many requests of a client wait or are worked on."""
        return self._open[client]

    def enter(self, client: Hashable, at: float) -> tuple[TooManyRequests, float] | None:
        """Count one more request; one too many is not counted: its error, and the seconds until there is room."""
        if self._limited and (refusal := self._refusal(client, at)) is not None:
            return refusal
        self._open[client] += 1
        return None

    def leave(self, client: Hashable) -> None:
        """Count it no more."""
        self._open[client] -= 1
        if self._open[client] <= 0:
            del self._open[client]

    def sweep(self, at: float) -> None:
        """Forget clients whose rate is whole again, now and then."""
        if at < self._swept + _SWEEP_S:
            return
        self._swept = at
        for client in [one for one in self._spent if self._used(one, at) <= 0]:
            del self._spent[client]

    def _refusal(self, client: Hashable, at: float) -> tuple[TooManyRequests, float] | None:
        allowance = self._own.get(client, self._common)
        if allowance.at_once is not None and self._open[client] >= math.ceil(allowance.at_once / self._share):
            told = f"{allowance.at_once} request{'s' * (allowance.at_once > 1)} at once"
            return _too_many(told, fix="wait for an answer before the next request"), 1.0
        if allowance.per_second is None:
            return None
        # A second's worth may come at once, and one request always.
        rate, used = allowance.per_second / self._share, self._used(client, at)
        if used + 1 > max(1.0, rate):
            told = f"{allowance.per_second:g} requests a second"
            after_s = (used + 1 - max(1.0, rate)) / rate
            return _too_many(told, fix="try again after the seconds in Retry-After"), after_s
        self._spent[client] = (used + 1, at)
        return None

    def _used(self, client: Hashable, at: float) -> float:
        used, since = self._spent.get(client, (0.0, at))
        rate = self._own.get(client, self._common).per_second
        return 0.0 if rate is None else max(0.0, used - max(0.0, at - since) * rate / self._share)


def _too_many(what: str, *, fix: str) -> TooManyRequests:
    return TooManyRequests(f"a client of this API may send {what}", fix=fix)

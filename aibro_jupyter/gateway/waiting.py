"""Those who wait for a place at an instance of one job: who may, for how long, and whose turn it is."""

from __future__ import annotations

import math
from collections.abc import Iterator

from aibro_jupyter.clock import perf
from aibro_jupyter.errors import AibroError, QueueFull
from aibro_jupyter.gateway.call import Call
from aibro_jupyter.gateway.turns import Turns
from aibro_jupyter.protocol import Route

TURNED_AWAY_S = 5.0
"""Chosen: after so long somebody who was turned away may try again, where nothing better is known."""


class Waiting:
    """The queue of one job. ``most`` requests may wait, half of them of one client."""

    def __init__(self, most: int, hold_s: float) -> None:
        self._most = most
        self._hold_s = hold_s
        self._turns: Turns[Call] = Turns()
        self.nothing_since = perf()
        """Since when no instance serves, if none does."""

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._turns)

    def refusal(self, call: Call, route: Route, *, pace_s: float, alone: bool) -> tuple[AibroError, float] | None:
        """Return why a request may not wait and in how many seconds to try again; None: it may.

        ``pace_s``: about every so many seconds a place becomes free; 0 where that is not known. ``alone``: the client
        has nothing else waiting or running, and may always wait for a place.
        """
        ahead = self._turns.before(call.client)
        wait_s = ahead * pace_s
        if len(self._turns) >= self._most:
            return _full("too many requests are waiting for this model"), wait_s or TURNED_AWAY_S
        if self._turns.of(call.client) >= max(1, self._most // 2):
            return _full("too many requests of this client are waiting for this model"), wait_s or TURNED_AWAY_S
        if wait_s > route.max_wait_s and not alone:
            told = f"{ahead} requests are before this one, which takes about {wait_s:.0f} s"
            return _full(f"{told}: more than the {route.max_wait_s:g} s that a request may wait"), (
                wait_s - route.max_wait_s
            )
        return None

    def add(self, call: Call, *, first: bool = False) -> None:
        """Let a request wait for its turn; ``first``: it is the next one."""
        call.waits_since = perf()
        self._turns.add(call.client, call, first=first)

    def next(self) -> Call:
        """Take the request whose turn it is."""
        call = self._turns.next()
        call.waits_since = None
        return call

    def out(self, call: Call) -> Call:
        """Take a request out, though it is not its turn."""
        call.waits_since = None
        self._turns.drop(call.client, call)
        return call

    def overdue(self, at: float, route: Route, *, serves: bool) -> list[Call]:
        """Return who has waited long enough: ``hold_s`` while nothing serves, or as long as a request may take."""
        return [call for call in self._turns if self._is_overdue(call, at, route, serves)]

    def _is_overdue(self, call: Call, at: float, route: Route, serves: bool) -> bool:
        since = at if call.waits_since is None else call.waits_since
        nothing_s = 0.0 if serves else at - max(since, self.nothing_since)
        return nothing_s >= self._hold_s or at - since >= route.request_limit_s


def retry_after(seconds: float) -> str:
    """Return the seconds as ``Retry-After`` has them: whole, and never too few."""
    return str(max(1, math.ceil(seconds)))


def _full(message: str) -> QueueFull:
    return QueueFull(message, fix="try again after the seconds in Retry-After")

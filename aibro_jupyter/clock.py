"""The place that reads a clock, slots aside, and its fake: seconds since the epoch, UTC, immune to clock changes."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Protocol


class Clock(Protocol):
    """What the engine asks of time."""

    def now(self) -> float:
        """Return UTC seconds since the epoch; never less than an earlier answer."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        ...


_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)
_steady = time.monotonic if _BOOTTIME is None else partial(time.clock_gettime, _BOOTTIME)
"""Returns seconds that go on while the machine sleeps, where the system can tell."""


class SystemClock:
    """UTC at start plus the steady seconds since: a changed wall clock moves nothing.

    ``at_least`` is the newest time known from before: a wall clock set back between two starts does not go behind it.
    """

    def __init__(self, at_least: float = 0.0) -> None:
        self._utc_at_start = max(time.time(), at_least)
        self._steady_at_start = _steady()

    def now(self) -> float:
        """Return UTC seconds since the epoch."""
        return self._utc_at_start + (_steady() - self._steady_at_start)

    async def sleep(self, seconds: float) -> None:
        """Sleep on the event loop."""
        await asyncio.sleep(seconds)


class FakeClock:
    """Time that passes only when told to, for simulated days."""

    def __init__(self, now: float = 0.0) -> None:
        self._now = now

    def now(self) -> float:
        """Return the seconds set so far."""
        return self._now

    def set(self, now: float) -> None:
        """Go to a later moment; going back is refused."""
        if now < self._now:
            raise ValueError(f"time does not go back: {now} < {self._now}")
        self._now = now

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once."""
        self.set(self._now + seconds)

    async def sleep(self, seconds: float) -> None:
        """Advance at once, and give other tasks their turn."""
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)


_SYSTEM = SystemClock()


now = _SYSTEM.now
"""Returns UTC seconds since the epoch by the process's own system clock."""
perf = time.perf_counter
"""Returns seconds of a high-resolution clock with no meaning of its own; for durations inside one process."""

"""The place that reads a clock, slots aside, and its fake: seconds since the epoch, UTC, immune to clock changes."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the engine asks of time."""

    def now(self) -> float:
        """Return UTC seconds since the epoch; never less than an earlier answer."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        ...


def _steady() -> float:
    """Seconds that go on while the machine sleeps, where the system can tell (CLOCK_BOOTTIME)."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


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


def now() -> float:
    """Return UTC seconds since the epoch by the process's own system clock."""
    return _SYSTEM.now()


def perf() -> float:
    """Return seconds of a high-resolution clock with no meaning of its own; for durations inside one process."""
    return time.perf_counter()

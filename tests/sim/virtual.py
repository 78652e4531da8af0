"""An event loop in which waiting costs nothing: when nobody can run, time jumps to who is due next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence


class Stuck(AssertionError):
    """Nobody can run and nobody is due."""


class VirtualLoop(asyncio.BaseEventLoop):
    """asyncio's own scheduling (first in, first out, no randomness) on seconds that pass only when all wait."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self._virtual_now = start
        self._selector = self

    def time(self) -> float:
        return self._virtual_now

    def suspend(self, seconds: float) -> None:
        """Let time pass without anybody running, as in a laptop with its lid closed."""
        self._virtual_now += seconds

    def select(self, timeout: float | None) -> Sequence[object]:
        if timeout is None:
            raise Stuck("nobody can run and nobody is due")
        self._virtual_now += timeout
        return ()

    def _process_events(self, event_list: object) -> None:
        """There are none: nothing here touches a file or a socket."""

    def _write_to_self(self) -> None:
        """There is no other thread that could need it."""


class VirtualClock:
    """The engine's clock on a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

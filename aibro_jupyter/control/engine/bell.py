"""Wakes everybody who waits for something to become true; what long polls are made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Bell:
    """Ring it after every change; whoever waits looks again."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Tell whether everybody was let go."""
        return self._closed

    def ring(self) -> None:
        """Let everybody who waits look again."""
        event, self._event = self._event, asyncio.Event()
        event.set()

    def close(self) -> None:
        """Let everybody go, now and from now on."""
        self._closed = True
        self.ring()

    async def until(self, look: Callable[[], T], timeout_s: float) -> T:
        """Return the first truthy answer of ``look``; when time is up, its last answer."""
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := look()) and not self._closed:
                    await self._event.wait()
        except TimeoutError:
            return look()
        return found

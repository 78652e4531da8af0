"""What the model prints, and where that goes."""

from __future__ import annotations

import asyncio
from typing import Protocol

_CHUNK = 64 * 1024
"""What a pipe holds on Linux."""


class Log(Protocol):
    """Where what the model prints goes."""

    def write(self, text: str) -> None:
        """Add whole lines."""
        ...

    def tail(self, lines: int) -> str:
        """Return the last lines, oldest first."""
        ...


class Tail:
    """A log that keeps the last of it in memory, however talkative a model is."""

    def __init__(self) -> None:
        self._last = ""

    def write(self, text: str) -> None:
        """Add whole lines."""
        self._last = f"{self._last}{text.rstrip()}\n"[-_CHUNK:]

    def tail(self, lines: int) -> str:
        """Return the last lines, oldest first."""
        return "\n".join(self._last.splitlines()[-lines:])


class Output(asyncio.Protocol):
    """What the model prints, logged by whole lines, and at once what is longer than a chunk."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._rest = b""
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Log what has become a line."""
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if len(self._rest) > _CHUNK:
            whole, self._rest = whole + newline + self._rest, b""
        if whole:
            self._log.write(whole.decode(errors="replace"))

    def connection_lost(self, _exc: Exception | None) -> None:
        """Log the rest."""
        if self._rest:
            self._log.write(self._rest.decode(errors="replace"))
        self.ended.set()

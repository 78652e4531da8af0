"""What comes from a slot: its answers, one at a time, and what the model prints."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from aibro_jupyter.modelio.faults import BadFrame
from aibro_jupyter.modelio.frames import FrameReader, Header

_CHUNK = 64 * 1024
"""What a pipe holds on Linux."""


class SlotDied(Exception):
    """The process ended while it worked, or before it could take the request."""


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


class Requests(asyncio.BaseProtocol):
    """The pipe to a slot, as far as there is something to know of it."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Note that nothing more can be written."""
        self.ended.set()


class Frames(asyncio.Protocol):
    """The slot's answers, one at a time. One that comes before anybody waits is kept: a small model is quick."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._unread: deque[tuple[Header, bytes]] = deque()
        self._waiting: asyncio.Future[tuple[Header, bytes]] | None = None
        self.ended = asyncio.Event()

    def next(self) -> asyncio.Future[tuple[Header, bytes]]:
        """Return the future of the next frame; it fails with ``SlotDied`` at the end of the stream."""
        self._waiting = asyncio.get_running_loop().create_future()
        if self._unread:
            self._waiting.set_result(self._unread.popleft())
        elif self.ended.is_set():
            self._waiting.set_exception(SlotDied())
        return self._waiting

    async def answer_to(self, request_id: str) -> tuple[Header, bytes]:
        """Return the frame that answers a request, passing over what still comes for one that was given up."""
        while True:
            header, body = await self.next()
            if header.get("id") == request_id:
                return header, body

    def data_received(self, data: bytes) -> None:
        """Take bytes; a stream that is no frames is as good as ended."""
        try:
            for found in self._reader.feed(data):
                if self._waiting is not None and not self._waiting.done():
                    self._waiting.set_result(found)
                else:
                    self._unread.append(found)
        except BadFrame:
            self.connection_lost(None)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Fail whoever waits."""
        self.ended.set()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(SlotDied())


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

"""A body that did not come whole with its head: its parts, its end, and how slow it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aibro_jupyter.errors import BadHttp, Busy, TooLarge
from aibro_jupyter.http1.chunks import BadChunks, Chunks
from aibro_jupyter.http1.head import Head, RequestRefused, refused
from aibro_jupyter.http1.message import ConnectionLimits, failure

if TYPE_CHECKING:
    from aibro_jupyter.http1.server import Server


def too_large(limits: ConnectionLimits) -> RequestRefused:
    """Return what ends a connection whose body is longer than it may be."""
    return refused(TooLarge(f"a body is at most {limits.body_bytes} bytes"))


class Body:
    """Feed it what comes after its head, until it returns what follows it."""

    def __init__(self, head: Head, server: Server) -> None:
        self.head = head
        self.held = 0
        """Bytes that count as held by the server; to be given back."""
        self._server = server
        self._chunks = Chunks(server.limits.body_bytes) if head.length is None else None
        self._parts: list[bytes] = []
        self._size = 0
        self._since = self._moved = server.loop.time()

    @property
    def whole(self) -> bytes:
        """All of it, in one piece."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def feed(self, data: bytes) -> bytes | None:
        """Return what follows the body; None: it is not whole yet. Raises ``RequestRefused``."""
        self._moved = self._server.loop.time()
        if self._chunks is not None:
            return self._feed_chunks(self._chunks, data)
        assert self.head.length is not None
        missing = self.head.length - self._size
        self._keep(data if len(data) <= missing else data[:missing])
        return data[missing:] if self._size == self.head.length else None

    def _feed_chunks(self, chunks: Chunks, data: bytes) -> bytes | None:
        try:
            for part in chunks.feed(data):
                self._keep(part)
        except BadChunks as why:
            raise refused(BadHttp(str(why))) from None
        if chunks.over:
            raise too_large(self._server.limits)
        return chunks.rest

    def _keep(self, part: bytes) -> None:
        size = len(part)
        self._size += size
        if self._server.held + size > self._server.limits.held_bytes:
            busy = Busy("too much is being sent at once")
            raise RequestRefused(failure(busy, headers={"Retry-After": "5"}).made())
        self.held += size
        self._server.held += size
        self._parts.append(part)

    def is_late(self, at: float) -> bool:
        """Tell whether it has paused too long, or comes slower than it may."""
        limits = self._server.limits
        took = at - self._since - limits.body_grace_s
        too_slow = took > 0 and self._size < took * limits.body_rate
        return too_slow or at > self._moved + limits.body_idle_s

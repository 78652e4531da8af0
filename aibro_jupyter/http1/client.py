"""The asking side: pooled connections to known endpoints, and plain words for how a call can fail."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from dataclasses import dataclass

import httptools


class Unreachable(Exception):
    """No connection came about: nothing was sent."""


class Lost(Exception):
    """The connection broke after the request was sent; ``answered`` tells whether the answer had begun."""

    def __init__(self, why: str, *, answered: bool) -> None:
        super().__init__(why)
        self.answered = answered


class Overran(Exception):
    """No whole answer came in time."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type as sent; JSON if none was."""
        return self.headers.get("content-type", "application/json")


class _Upstream(asyncio.Protocol):
    """One connection, one call at a time."""

    def __init__(self, pool: Pool, endpoint: str) -> None:
        self._pool = pool
        self._endpoint = endpoint
        self._pending: asyncio.Future[Answer] | None = None
        self.idle_since = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self._pool.forget(self._endpoint, self)
        self._fail(str(exc or "connection closed"))

    def data_received(self, data: bytes) -> None:
        if self._pending is None or self._pending.done():
            self.transport.abort()
            return
        self._answered = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"not an HTTP answer: {error}")
            self.transport.abort()

    def call(self, message: bytes, body: bytes) -> asyncio.Future[Answer]:
        """Send one request; the future gets its answer or ``Lost``."""
        self._parser = httptools.HttpResponseParser(self)
        self._answered = False
        self._headers: dict[str, str] = {}
        self._chunks: list[bytes] = []
        self._size = 0
        self._pending = asyncio.get_running_loop().create_future()
        if len(body) < 64 * 1024:
            self.transport.write(message + body)
        else:
            self.transport.write(message)
            self.transport.write(body)
        return self._pending

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > self._pool.answer_bytes:
            self._fail(f"the answer is larger than {self._pool.answer_bytes} bytes")
            self.transport.abort()
            return
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._pending is None or self._pending.done():
            return
        status, keep_alive = self._parser.get_status_code(), self._parser.should_keep_alive()
        if status < 200:
            return
        answer = Answer(status=status, headers=self._headers, body=b"".join(self._chunks))
        if keep_alive:
            self._pool.keep(self._endpoint, self)
        else:
            self.transport.close()
        self._pending.set_result(answer)

    def _fail(self, why: str) -> None:
        if self._pending is not None and not self._pending.done():
            self._pending.set_exception(Lost(why, answered=self._answered))


class Pool:
    """Connections that are kept for the next call, by endpoint (``host:port``)."""

    def __init__(self, *, connect_s: float = 1.0, idle_s: float = 60.0, answer_bytes: int = 256 * 1024 * 1024) -> None:
        self.answer_bytes = answer_bytes
        self._connect_s = connect_s
        self._idle_s = idle_s
        self._idle: defaultdict[str, list[_Upstream]] = defaultdict(list)
        self._loop = asyncio.get_running_loop()

    async def call(
        self,
        endpoint: str,
        method: str,
        path: str,
        *,
        token: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float,
        fresh: bool = False,
    ) -> Answer:
        """Send one request and return its answer; ``fresh`` uses a connection that was never used before.

        Raises ``Unreachable`` (nothing was sent), ``Lost`` (sent, no whole answer) or ``Overran``.
        """
        lines = [
            f"{method} {path} HTTP/1.1\r\nHost: {endpoint}\r\nAuthorization: Bearer {token}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        upstream = (None if fresh else self._pooled(endpoint)) or await self._connect(endpoint)
        pending = upstream.call(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), body)
        timer = self._loop.call_later(timeout_s, _overrun, pending, upstream)
        try:
            return await pending
        except asyncio.CancelledError:
            upstream.transport.abort()
            raise
        finally:
            timer.cancel()

    def keep(self, endpoint: str, upstream: _Upstream) -> None:
        """Take a connection back for the next call."""
        upstream.idle_since = self._loop.time()
        self._idle[endpoint].append(upstream)

    def forget(self, endpoint: str, upstream: _Upstream) -> None:
        """Drop a connection that is gone."""
        kept = self._idle.get(endpoint, [])
        if upstream in kept:
            kept.remove(upstream)
        if not kept:
            self._idle.pop(endpoint, None)

    def close(self) -> None:
        """Close every connection that is kept."""
        for upstreams in tuple(self._idle.values()):
            for upstream in tuple(upstreams):
                upstream.transport.close()

    def _pooled(self, endpoint: str) -> _Upstream | None:
        kept = self._idle.get(endpoint)
        while kept:
            upstream = kept.pop()
            if not upstream.transport.is_closing() and self._loop.time() - upstream.idle_since < self._idle_s:
                return upstream
            upstream.transport.close()
        return None

    async def _connect(self, endpoint: str) -> _Upstream:
        host, _, port = endpoint.rpartition(":")
        try:
            async with asyncio.timeout(self._connect_s):
                _, upstream = await self._loop.create_connection(
                    lambda: _Upstream(self, endpoint), host.strip("[]"), int(port)
                )
        except (OSError, TimeoutError) as error:
            raise Unreachable(str(error) or "no connection in time") from error
        notice_death(upstream.transport.get_extra_info("socket"))
        return upstream


def notice_death(sock: socket.socket) -> None:
    """Have the kernel ask now and then: a machine that vanishes while it works says nothing, for as long as we wait."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _overrun(pending: asyncio.Future[Answer], upstream: _Upstream) -> None:
    if not pending.done():
        pending.set_exception(Overran())
        upstream.transport.abort()

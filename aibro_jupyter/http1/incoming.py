"""From bytes to whole requests: a head, its body, and what may not become either."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aibro_jupyter.errors import HeaderTooLarge
from aibro_jupyter.http1.body import Body, too_large
from aibro_jupyter.http1.head import Head, Partial, RequestRefused, refused
from aibro_jupyter.http1.message import Made

if TYPE_CHECKING:
    from aibro_jupyter.http1.server import Server

_DRAINABLE = 64 * 1024
"""A refused request with a body up to this size is read to its end, so that the connection can go on."""
_COUNTED = 16 * 1024
"""Bodies up to this size do not count as held: 2,000 connections have no more than 32 MiB of them."""
_REMEMBERED = 2_048
"""Bytes of the longest head that a connection remembers, to know it again."""


class Incoming:
    """Feed it bytes that are due; it hands over each request when it is whole, and keeps what came ahead of its turn.

    ``feed`` raises ``RequestRefused`` for what ends the connection.
    """

    __slots__ = (
        "_arrived",
        "_asked",
        "_block",
        "_continue",
        "_last",
        "_partial",
        "_server",
        "_since",
        "ahead",
        "body",
        "fresh",
    )  # fmt: skip

    def __init__(
        self,
        server: Server,
        *,
        asked: Callable[[Head], Made | None],
        arrived: Callable[[Head, bytes, int], object],
        go_on: Callable[[], object],
    ) -> None:
        self._server = server
        self._asked = asked
        self._arrived = arrived
        self._continue = go_on
        self._partial: Partial | None = None
        self._block: bytes | None = None
        self._last: Head | None = None
        self._since = server.loop.time()
        self.ahead = b""
        """Bytes that came ahead of their turn, or a head's beginning."""
        self.body: Body | None = None
        """What is coming of a body that did not come whole with its head."""
        self.fresh = True
        """No head was ever whole."""

    @property
    def in_head(self) -> bool:
        """Tell whether a head has begun."""
        return self._partial is not None

    def feed(self, data: bytes) -> None:
        """Take bytes; with what is ``ahead`` they begin the next request, unless a body is coming."""
        if self.ahead:
            data, self.ahead = self.ahead + data, b""
        if self.body is not None:
            self._more(self.body, data)
            return
        if data[:1] in (b"\r", b"\n"):
            # Some clients end a body with an empty line.
            data = data.lstrip(b"\r\n")
        if not data:
            return
        end = data.find(b"\r\n\r\n") + 4
        if end == 3 or end > self._server.limits.header_bytes:
            self._wait_for_head(data)
            return
        head = self._head(data[:end])
        self._partial = None
        self.fresh = False
        length = head.length
        if length is not None and len(data) == end + length and length <= _COUNTED:
            self._arrived(head, data[end:], 0)
        else:
            self._begin_body(head, data[end:])

    def _head(self, block: bytes) -> Head:
        """Return what a block says. What a connection sends again is known again: most clients vary only the body."""
        varying, key, told = self._server.varying, block, None
        if varying and (at := block.rfind(varying)) > 0 and block.find(b"\r\n", at + 2) == len(block) - 4:
            key, told = block[:at], block[at + len(varying) : -4]
        head = self._last
        if key != self._block or head is None:
            head = Head(block, self._server.limits)
            self._block, self._last = (key, head) if len(block) <= _REMEMBERED else (None, None)
        if varying:
            head.varying = told if told is not None else head.fields.get(varying[2:-2].lower(), b"")
        return head

    def _wait_for_head(self, data: bytes) -> None:
        """Wait for the rest of a head, unless it cannot become one any more."""
        most = self._server.limits.header_bytes
        if len(data) > most:
            raise refused(HeaderTooLarge(f"a header is at most {most} bytes"))
        if self._partial is None:
            self._partial = Partial(self._server.limits)
            # The first header of a connection is due that long after the connection, not after its first byte.
            self._since = self._since if self.fresh else self._server.loop.time()
        self.ahead = data
        self._partial.feed(data)

    def _begin_body(self, head: Head, data: bytes) -> None:
        """Take a body that did not come whole with its head, if it is wanted."""
        limits, length = self._server.limits, head.length
        if length is not None and length > limits.body_bytes:
            raise too_large(limits)
        refusal = self._asked(head)
        if refusal is not None and (length is None or length > _DRAINABLE or head.expects):
            raise RequestRefused(refusal)
        body = self.body = Body(head, self._server)
        if head.expects and not data:
            self._continue()
        if data or length == 0:
            self._more(body, data)

    def _more(self, body: Body, data: bytes) -> None:
        rest = body.feed(data)
        if rest is not None:
            self.body, self.ahead = None, rest
            self._arrived(body.head, body.whole, body.held)

    def answered(self) -> None:
        """Note that the request before was answered: from now on the connection is idle."""
        self._since = self._server.loop.time()

    def late(self, at: float) -> str | None:
        """Return what takes too long by ``at``, empty if only nothing was said for too long; None: all is in time."""
        limits = self._server.limits
        if self.body is not None:
            return f"the body came slower than {limits.body_rate} bytes/s" if self.body.is_late(at) else None
        if self._partial is not None:
            return f"the header took more than {limits.header_s:g} s" if at > self._since + limits.header_s else None
        return "" if at > self._since + (limits.header_s if self.fresh else limits.idle_s) else None

"""From bytes to whole requests: the parser's callbacks, and the limits it does not know."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import httptools

from aibro_jupyter.errors import (
    AibroError,
    BadHttp,
    BadMethod,
    Busy,
    HeaderTooLarge,
    HttpVersion,
    TooLarge,
    UrlTooLong,
)
from aibro_jupyter.http1.message import ConnectionLimits, Request, Response, failure

_ONCE = frozenset({b"authorization", b"content-length", b"content-type", b"host", b"origin", b"transfer-encoding"})
_FRAMING_SLACK = 64 * 1024
"""Chunk sizes, extensions and trailers may take so many bytes more than eight times the body."""
_DRAINABLE = 64 * 1024
"""A refused request with a body up to this size is read to its end, so that the connection can go on."""


class Reading(Enum):
    """What a connection waits for or reads: a next request, a header, a body."""

    IDLE = "idle"
    HEAD = "head"
    BODY = "body"


class RequestRefused(Exception):
    """A request that ends its connection; ``response`` says why."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def _refuse(error: AibroError) -> RequestRefused:
    return RequestRefused(failure(error))


class Incoming:
    """Feed it bytes; it calls ``on_head`` at the end of each header and ``on_request`` with each whole request.

    ``on_head`` may answer at once: then the body is not kept, and ``on_request`` gets that answer instead.
    ``on_bytes`` is asked before bytes of a body are kept.
    """

    def __init__(
        self,
        limits: ConnectionLimits,
        *,
        on_head: Callable[[Request], Response | None],
        on_request: Callable[[Request, Response | None], None],
        on_continue: Callable[[], None],
        on_bytes: Callable[[int], bool],
    ) -> None:
        self._limits = limits
        self._on_head = on_head
        self._on_request = on_request
        self._on_continue = on_continue
        self._on_bytes = on_bytes
        self._parser = httptools.HttpRequestParser(self)
        self._refused: RequestRefused | None = None
        self.on_message_begin()
        self.reading = Reading.IDLE

    def feed(self, data: bytes) -> None:
        """Take what came; raises ``RequestRefused`` for anything malformed or over a limit."""
        self._raw_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserInvalidMethodError:
            raise _refuse(BadMethod("this method is not known here")) from None
        except httptools.HttpParserError as error:
            raise self._refused or _refuse(BadHttp("this is not a well-formed HTTP/1.1 request")) from error
        if self.reading is Reading.HEAD and self._raw_bytes > self._limits.header_bytes:
            raise _refuse(HeaderTooLarge(f"a header is at most {self._limits.header_bytes} bytes"))
        if self.reading is Reading.BODY and self._raw_bytes > 8 * self.body_bytes + _FRAMING_SLACK:
            raise _refuse(BadHttp("this body is nearly all framing"))

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Go on as if nobody had asked to upgrade: llhttp stops there, before the body."""
        if self._parser.get_method() == b"CONNECT":
            raise _refuse(BadMethod("this is not a proxy"))
        kept = ((name, value) for name, value in self._headers.items() if name not in (b"upgrade", b"http2-settings"))
        head = b"".join(b"%s: %s\r\n" % field for field in kept)
        line = b"%s %s HTTP/1.1\r\n" % (self._parser.get_method(), self._target)
        self._parser = httptools.HttpRequestParser(self)
        self.feed(line + head + b"\r\n" + rest)

    # --- the parser's callbacks ---------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Start anew."""
        self.reading = Reading.HEAD
        self._raw_bytes = 0
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._header_bytes = 0
        self._fields = 0
        self._chunks: list[bytes] = []
        self.body_bytes = 0
        self._request: Request | None = None
        self._answer: Response | None = None

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._target += url
        if len(self._target) > self._limits.url_bytes:
            self._stop(_refuse(UrlTooLong(f"a URL is at most {self._limits.url_bytes} bytes")))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field; those after the body (trailers) count but do not matter."""
        self._fields += 1
        self._header_bytes += len(name) + len(value) + 4
        if self._fields > self._limits.header_fields or self._header_bytes > self._limits.header_bytes:
            self._stop(_refuse(HeaderTooLarge("too many header fields or bytes")))
        if self._request is not None:
            return
        name = name.lower()
        if name not in self._headers:
            self._headers[name] = value
        elif name in _ONCE:
            self._stop(_refuse(BadHttp("a header that may come once came twice")))
        else:
            self._headers[name] += b", " + value

    def on_headers_complete(self) -> None:
        """Check what the header promises; ask whether the body is wanted at all."""
        if self._parser.should_upgrade():
            return
        version = self._parser.get_http_version()
        headers, limits = self._headers, self._limits
        if version not in ("1.1", "1.0"):
            self._stop(_refuse(HttpVersion("HTTP/1.1 is spoken here")))
        if version == "1.1" and b"host" not in headers:
            self._stop(_refuse(BadHttp("the Host header is missing")))
        if headers.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
            self._stop(_refuse(BadHttp("chunked is the only transfer encoding")))
        length = int(headers.get(b"content-length", b"0"))
        if length > limits.body_bytes:
            self._stop(_refuse(TooLarge(f"a body is at most {limits.body_bytes} bytes")))
        self.reading = Reading.BODY
        # A 1.0 client would wait for our word that the connection stays, and otherwise for its end.
        keep_alive = version == "1.1" and bool(self._parser.should_keep_alive())
        request = Request(self._parser.get_method(), self._target, headers, keep_alive=keep_alive)
        self._request, self._answer = request, self._on_head(request)
        waits = headers.get(b"expect", b"").lower() == b"100-continue" and version == "1.1"
        unbounded = length > _DRAINABLE or b"transfer-encoding" in headers
        if self._answer is not None and (waits or unbounded):
            self._stop(RequestRefused(self._answer))
        if waits:
            self._on_continue()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        self.body_bytes += len(body)
        if self.body_bytes > self._limits.body_bytes:
            self._stop(_refuse(TooLarge(f"a body is at most {self._limits.body_bytes} bytes")))
        if self._answer is not None:
            return
        if not self._on_bytes(len(body)):
            self._stop(RequestRefused(failure(Busy("too much is being sent at once"), headers={"Retry-After": "5"})))
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        """Hand the request over."""
        if self._request is None:
            return
        self._request.body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self.reading = Reading.IDLE
        self._raw_bytes = 0
        self._chunks = []
        self._on_request(self._request, self._answer)

    def _stop(self, refused: RequestRefused) -> None:
        self._refused = refused
        raise refused

"""One header block: from its bytes to what it asks for, or to its refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httptools

from aibro_jupyter.errors import AibroError, BadHttp, BadMethod, HeaderTooLarge, HttpVersion, UrlTooLong
from aibro_jupyter.http1.message import ConnectionLimits, Made, failure

if TYPE_CHECKING:
    from aibro_jupyter.http1.service import Service

_ONCE = frozenset({b"authorization", b"content-length", b"content-type", b"host", b"origin", b"transfer-encoding"})


class RequestRefused(Exception):
    """A request that ends its connection; ``made`` says why."""

    def __init__(self, made: Made) -> None:
        super().__init__(made.status)
        self.made = made


def refused(error: AibroError) -> RequestRefused:
    """Return what ends a connection with an error."""
    return RequestRefused(failure(error).made())


class Head:
    """One request without its body. Field names are lower case; the target is as it was sent, still percent-encoded.

    Its framing is in it: equal bytes are equal heads.
    """

    __slots__ = (
        "admitted",
        "expects",
        "fields",
        "keep_alive",
        "length",
        "method",
        "refusal",
        "rev",
        "target",
        "varying",
    )

    def __init__(self, block: bytes, limits: ConnectionLimits) -> None:
        """Read a block up to its empty line; raises ``RequestRefused`` for anything malformed or over a limit."""
        reading = _Reading(limits)
        reading.feed(block)
        if not reading.complete:
            raise refused(BadHttp("this is not a well-formed HTTP/1.1 request"))
        fields = self.fields = reading.fields
        self.method = reading.parser.get_method()
        self.target = reading.target
        version = reading.parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise refused(HttpVersion("HTTP/1.1 is spoken here"))
        if version == "1.1" and b"host" not in fields:
            raise refused(BadHttp("the Host header is missing"))
        self.length: int | None = int(fields.get(b"content-length", b"0"))
        """Bytes of the body; None: it comes in chunks."""
        if b"transfer-encoding" in fields:
            if fields[b"transfer-encoding"].lower() != b"chunked" or version != "1.1":
                raise refused(BadHttp("chunked is the only transfer encoding"))
            self.length = None
        # A 1.0 client would wait for our word that the connection stays, and otherwise for its end.
        self.keep_alive = version == "1.1" and reading.keep_alive
        self.expects = version == "1.1" and fields.get(b"expect", b"").lower() == b"100-continue"
        """The client waits for our word before it sends the body."""
        self.rev: object = None
        """Under which revision of the service ``refusal`` and ``admitted`` hold; None: it was not asked yet."""
        self.refusal: Made | None = None
        self.varying = b""
        """The value of the server's ``varying`` field, of this very request."""
        self.admitted: Any = None
        """What the service keeps of a head it let in."""

    def refused_by(self, service: Service) -> Made | None:
        """Return what the service refuses it with; that is asked again only when its revision is another."""
        if self.rev is not service.rev or service.rev is None:
            self.refusal = service.admit(self)
            self.rev = service.rev
        return self.refusal

    def text(self, name: bytes) -> str:
        """Return a field as text, empty if it was not sent."""
        return self.fields.get(name, b"").decode("latin-1")

    @property
    def bearer(self) -> str | None:
        """The token of ``Authorization: Bearer``; None without one."""
        scheme, _, token = self.fields.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            return token.strip().decode()
        except UnicodeDecodeError:
            return None


class Partial:
    """Looks at a head that comes in pieces, so that what will never be one is refused at once."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._reading = _Reading(limits)

        self._seen = 0

    def feed(self, data: bytes) -> None:
        """Take all that came so far; raises ``RequestRefused``. A head that ends here did not end as HTTP wants it."""
        self._reading.feed(data[self._seen :])
        self._seen = len(data)
        if self._reading.complete:
            raise refused(BadHttp("this is not a well-formed HTTP/1.1 request"))


class _Reading:
    """The parser's callbacks, and the limits it does not know."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._why: RequestRefused | None = None
        self.parser = httptools.HttpRequestParser(self)
        self.target = b""
        self.fields: dict[bytes, bytes] = {}
        self.count = 0
        self.complete = False
        self.keep_alive = False

    def feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nobody here upgrades: the request is answered as if it had not asked.
            if self.parser.get_method() == b"CONNECT":
                raise refused(BadMethod("this is not a proxy")) from None
        except httptools.HttpParserInvalidMethodError:
            raise refused(BadMethod("this method is not known here")) from None
        except httptools.HttpParserError as error:
            raise self._why or refused(BadHttp("this is not a well-formed HTTP/1.1 request")) from error

    def on_url(self, url: bytes) -> None:
        self.target += url
        if len(self.target) > self._limits.url_bytes:
            self._stop(UrlTooLong(f"a URL is at most {self._limits.url_bytes} bytes"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self.count += 1
        if self.count > self._limits.header_fields:
            self._stop(HeaderTooLarge(f"a header has at most {self._limits.header_fields} fields"))
        name = name.lower()
        if name not in self.fields:
            self.fields[name] = value
        elif name in _ONCE:
            self._stop(BadHttp("a header that may come once came twice"))
        else:
            self.fields[name] += b", " + value

    def on_headers_complete(self) -> None:
        self.complete = True
        self.keep_alive = bool(self.parser.should_keep_alive())

    def _stop(self, error: AibroError) -> None:
        self._why = refused(error)
        raise self._why

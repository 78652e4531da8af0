"""What a server takes and gives: the request, the response, and the limits a client is held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from aibro_jupyter.errors import AibroError
from aibro_jupyter.protocol import Refusal, encode

if TYPE_CHECKING:
    from aibro_jupyter.http1.head import Head

Cancel = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """What one client may take of us. Deadlines are absolute: a byte now and then does not move them."""

    header_s: float = 10.0
    """Seconds from the first byte of a request (or the connection's start) to the end of its header."""
    header_bytes: int = 16 * 1024
    """Bytes of a header, all fields together."""
    header_fields: int = 100
    """Fields of a header."""
    url_bytes: int = 4 * 1024
    """Bytes of a URL."""
    body_bytes: int = 32 * 1024 * 1024
    """Bytes of one body."""
    held_bytes: int = 1024 * 1024 * 1024
    """Bytes of bodies in memory, over all connections; more is refused for the moment."""
    body_idle_s: float = 60.0
    """Seconds that a body may pause."""
    body_grace_s: float = 10.0
    """Seconds after which a body must have come at ``body_rate`` or faster, all in all."""
    body_rate: int = 1024
    """Bytes a second."""
    idle_s: float = 75.0
    """Seconds that a connection may wait for its next request."""
    write_idle_s: float = 60.0
    """Seconds that an answer may wait for a client that does not read."""
    connections: int = 2_000
    """Connections at a time; when full, the oldest one with an incomplete header makes room, else one that waits."""


IN_ONE = 64 * 1024
"""Bytes of a body that are copied to stand behind its head, in one piece: cheaper than a second one to send."""


class Made(NamedTuple):
    """An answer of our own as bytes, made once: only its date and whether the connection goes on are still to say."""

    status: int
    head: bytes
    """All of the head but its last lines."""
    body: bytes

    def with_lines(self, lines: bytes) -> Made:
        """Return it with more lines in its head."""
        return self._replace(head=self.head + lines)

    def wire(self, ending: bytes) -> bytes:
        """Return the bytes to send; ``ending`` are the head's last lines."""
        return b"".join((self.head, ending, self.body))


class Request:
    """One whole request, as a handler that may wait gets it."""

    __slots__ = ("_on_left", "body", "head", "left")

    def __init__(self, head: Head, body: bytes) -> None:
        self.head = head
        self.body = body
        self.left = False
        """Whether its client has gone, as far as TCP tells."""
        self._on_left: Callable[[Cancel], object] = _cancel_at_once

    @property
    def method(self) -> bytes:
        """As it was sent, such as ``POST``."""
        return self.head.method

    @property
    def target(self) -> bytes:
        """As it was sent, still percent-encoded."""
        return self.head.target

    @property
    def bearer(self) -> str | None:
        """The token of ``Authorization: Bearer``; None without one."""
        return self.head.bearer

    def text(self, name: bytes) -> str:
        """Return a header as text, empty if it was not sent."""
        return self.head.text(name)

    def detach(self, on_left: Callable[[Cancel], object] = lambda _cancel: None) -> None:
        """Let the handler go on when the client goes away; else it is canceled then.

        ``on_left`` is called at that moment with what cancels the handler after all.
        """
        self._on_left = on_left

    def attach(self) -> None:
        """Let the handler be canceled again when the client goes away."""
        self._on_left = _cancel_at_once

    def leave(self, cancel: Cancel) -> None:
        """Note that the client has gone; ``cancel`` ends the handler."""
        if not self.left:
            self.left = True
            self._on_left(cancel)


def _cancel_at_once(cancel: Cancel) -> None:
    cancel()


@dataclass(frozen=True, kw_only=True)
class Response:
    """One whole answer; length and connection headers are the server's business."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def made(self) -> Made:
        """Return it as bytes."""
        lines = [
            _STATUS_LINE.get(self.status) or f"HTTP/1.1 {self.status} Answer",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n"
        return Made(self.status, head, self.body)


_STATUS_LINE = {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus}


def failure(
    error: AibroError,
    *,
    headers: dict[str, str] | None = None,
    request_id: str = "",
    status: int | None = None,
    sample: Any = None,
) -> Response:
    """Return an error as an answer, with its own HTTP status unless another is given; the body is a ``Refusal``."""
    body = encode(Refusal.of(error, request_id=request_id, sample=sample)) + b"\n"
    return Response(status=status or error.status, body=body, headers=headers or {})

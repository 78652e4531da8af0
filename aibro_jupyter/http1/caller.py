"""One caller's connection through its life: requests one after the other, deadlines, and a clean end.

Everything happens in callbacks. On the common way, a request that came whole with its head, nothing is made for it but
what its service keeps; the rest is entered only where it is needed.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aibro_jupyter.errors import Busy, Internal, TooSlow
from aibro_jupyter.http1.head import Head, RequestRefused
from aibro_jupyter.http1.incoming import Incoming
from aibro_jupyter.http1.message import IN_ONE, Made, failure

if TYPE_CHECKING:
    from aibro_jupyter.http1.server import Server

_LOG = logging.getLogger(__name__)
_LINGER_S = 2.0
"""After a refusal the client may still be sending; closing at once would reset it before it reads the answer."""
_HALF_CLOSED_S = 1.0
"""How long a request may still wait for its turn after its client closed the sending side."""
_UNSENT = 256 * 1024
"""Bytes of an answer that wait in memory for a slow caller before no more of it is taken."""


class Caller(asyncio.Protocol):
    """One client. Requests that come ahead of their turn wait, and then reading pauses."""

    # fmt: off
    __slots__ = (
        "_due", "_ended", "_ends", "_eof", "_held", "_incoming", "_moved", "_paused", "_pending", "_server", "_service",
        "_unsent", "call", "transport", "write",
    )
    # fmt: on

    def __init__(self, server: Server) -> None:
        self._server = server
        self._service = server.service
        self.call: Any = None
        """What the service keeps of the request under way."""
        self._pending: Head | None = None
        """The head of the request under way; it was not answered whole."""
        self._held = 0
        """Bytes of its body that count as held."""
        self._incoming = Incoming(server, asked=self._refusal, arrived=self._arrived, go_on=self._continue)
        self._due = self._eof = self._ended = self._ends = self._paused = False
        self._moved = 0.0
        self._unsent = 0

    # --- from the loop ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.write = self.transport.write
        self.transport.set_write_buffer_limits(high=_UNSENT)
        if not self._server.admit(self):
            self.refuse(failure(Busy("too many connections"), headers={"Retry-After": "1"}).made())

    def connection_lost(self, _exc: Exception | None) -> None:
        """Give everything back; the service is told that nobody waits for its answer."""
        self._server.forget(self)
        self._ended = True
        self._release()
        if self._pending is not None:
            self._service.left(self)
            self._pending = self.call = None

    def data_received(self, data: bytes) -> None:
        """Take bytes in; those of a refused client are read and dropped."""
        if self._ended:
            return
        if self._pending is not None or self._due or self._paused:
            self._incoming.ahead += data
            self.transport.pause_reading()
        else:
            self._feed(data)

    def eof_received(self) -> bool:
        """Notice that the client sends no more; True keeps the connection for the answer."""
        # Gone, or only done with sending: TCP does not tell. It may wait a moment more, and longer once work has begun.
        self._eof = True
        if self._pending is None and not self._due:
            return False
        self._server.loop.call_later(_HALF_CLOSED_S, self._presumed_gone)
        return True

    def _presumed_gone(self) -> None:
        if self._pending is not None and not self.transport.is_closing():
            self._service.left(self)

    def pause_writing(self) -> None:
        """Take no more of an answer than the client reads, and begin no more of its requests."""
        self._paused = True
        if self._pending is not None:
            self._service.reads(self, False)

    def resume_writing(self) -> None:
        """Go on."""
        self._paused = False
        if self._pending is not None:
            self._service.reads(self, True)
        elif self._incoming.ahead:
            self._go_on()

    # --- requests -----------------------------------------------------------------------------------------------------

    def _feed(self, data: bytes) -> None:
        try:
            self._incoming.feed(data)
        except RequestRefused as why:
            self.refuse(why.made)
        except Exception:  # noqa: BLE001 -- the boundary of a request: the client gets an answer, the log the story
            _LOG.exception("a request failed inside the server")
            error = Internal("the server failed on this request", fix="its log says why")
            self.refuse(failure(error).made())

    def _continue(self) -> None:
        self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _refusal(self, head: Head) -> Made | None:
        return head.refused_by(self._service)

    def _arrived(self, head: Head, body: bytes, held: int) -> None:
        """Hand a whole request over; who may call is asked again where that may have changed under its body."""
        self._pending, self._held = head, held
        if self._incoming.ahead:
            self.transport.pause_reading()
        if (refusal := self._refusal(head)) is not None:
            self.answer(refusal)
            return
        self._service.arrived(self, head, body)

    # --- answers ------------------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """Where the client is, as far as TCP tells."""
        return str(self.transport.get_extra_info("peername")[0])

    @property
    def paused(self) -> bool:
        """Tell whether the client reads more slowly than it is sent to."""
        return self._paused

    def ending(self) -> bytes:
        """Return what ends the head of the answer under way, its empty line included; ``done`` acts on what it says."""
        head = self._pending
        assert head is not None
        self._ends = not head.keep_alive or self._server.closing or (self._eof and not self._incoming.ahead)
        return self._server.ends if self._ends else self._server.goes_on

    def answer(self, made: Made) -> None:
        """Write a whole answer and go on."""
        head = self._pending
        if head is None:
            return
        body = made.body if head.method != b"HEAD" else b""
        if len(body) < IN_ONE:
            self.write(b"".join((made.head, self.ending(), body)))
        else:
            self.transport.writelines((made.head, self.ending(), body))
        self.done()

    def done(self) -> None:
        """Note that the answer is written whole: the next request may begin, or the connection ends, as it was told."""
        self._pending = self.call = None
        self._incoming.answered()
        self._release()
        if self._ends:
            self.drop()
        elif self._incoming.ahead and not self._paused:
            self._go_on()

    def cut(self) -> None:
        """End an answer that cannot be finished: the client must see that it broke."""
        self._pending = self.call = None
        self._ended = True
        self.transport.abort()

    def _go_on(self) -> None:
        # Not at once: a long pipeline would nest as deep. Reading stays stopped until then.
        if not self._due:
            self._due = True
            self._server.loop.call_soon(self._next)

    def _next(self) -> None:
        self._due = False
        if self._ended or self._pending is not None or self.transport.is_closing():
            return
        self._feed(b"")
        if self._ended or self._due:
            return
        if self._pending is None and self._eof:
            self.drop()
        elif self._pending is None or not self._incoming.ahead:
            self.transport.resume_reading()

    def refuse(self, made: Made) -> None:
        """Answer and end, reading on a little so that the answer is not reset away."""
        if self._ended:
            return
        self._ended = True
        self._release()
        self.write(made.wire(self._server.ends))
        self.transport.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._server.loop.call_later(_LINGER_S, self.transport.abort)

    def _release(self) -> None:
        if (body := self._incoming.body) is not None:
            self._held += body.held
            self._incoming.body = None
        self._server.held -= self._held
        self._held = 0

    # --- deadlines ----------------------------------------------------------------------------------------------------

    @property
    def quiet(self) -> bool:
        """Nothing is being served, sent or taken in as a body."""
        busy = self._pending is not None or self._due or self._incoming.body is not None
        return not busy and not self.transport.get_write_buffer_size()

    @property
    def evictable(self) -> bool:
        """The header of its next request is not whole yet."""
        return self.quiet and (self._incoming.fresh or self._incoming.in_head)

    def drop(self) -> None:
        """End it now; what was already answered is still sent."""
        self._ended = True
        self.transport.close()

    def sweep(self, at: float) -> None:
        """End the connection if it is past a deadline."""
        limits, unsent = self._server.limits, self.transport.get_write_buffer_size()
        if unsent:
            if unsent != self._unsent:
                self._unsent, self._moved = unsent, at
            elif at > self._moved + limits.write_idle_s:
                self.transport.abort()
            return
        self._unsent = 0
        if self._pending is not None or self._due or self._ended:
            return
        late = self._incoming.late(at)
        if late:
            # It is told and ended without waiting: this client had its time.
            self.write(failure(TooSlow(late)).made().wire(self._server.ends))
            self._release()
        if late is not None:
            self.drop()

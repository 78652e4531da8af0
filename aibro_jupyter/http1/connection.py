"""One client's connection through its life: requests one after the other, deadlines, and a clean end."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING

from aibro_jupyter.errors import Busy, Internal, TooSlow
from aibro_jupyter.http1.incoming import Incoming, Reading, RequestRefused
from aibro_jupyter.http1.message import Request, Response, failure

if TYPE_CHECKING:
    from aibro_jupyter.http1.server import Server

_LOG = logging.getLogger(__name__)
_LINGER_S = 2.0
"""After a refusal the client may still be sending; closing at once would reset it before it reads the answer."""
_HALF_CLOSED_S = 1.0
"""How long a request may still wait for its turn after its client closed the sending side."""


class _End(Enum):
    """How far a connection is from its end."""

    NOT_YET = 0
    AFTER_ANSWER = 1
    LINGERING = 2


class Connection(asyncio.Protocol):
    """One client. Requests that come ahead of their turn wait, and then reading pauses."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._limits = server.limits
        self._clock = server.loop.time
        self._incoming = Incoming(
            server.limits,
            on_head=server.gatekeeper,
            on_request=self._arrived,
            on_continue=self._continue,
            on_bytes=self._hold,
        )
        self._waiting: deque[tuple[Request | None, Response | None]] = deque()
        self._serving: tuple[Request, asyncio.Task[None]] | None = None
        self._end = _End.NOT_YET
        self._writable = True
        self._unread = 0
        self._held = 0
        self._since = self._last_byte_at = self._clock()
        self._reading = Reading.IDLE
        self._fresh = True
        self._transport: asyncio.Transport

    # --- from the loop ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        self._transport = transport  # type: ignore[assignment]
        if not self._server.admit(self):
            self._refuse(failure(Busy("too many connections"), headers={"Retry-After": "1"}))

    def connection_lost(self, _exc: Exception | None) -> None:
        """Give everything back; what was not promised to finish is canceled."""
        self._server.forget(self)
        self._release(self._held)
        self._waiting.clear()
        self._end = _End.LINGERING
        self._client_left()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; those of a refused client are read and dropped."""
        if self._end is not _End.NOT_YET:
            return
        self._last_byte_at = self._clock()
        try:
            self._incoming.feed(data)
        except RequestRefused as refused:
            self._waiting.append((None, refused.response))
        self._note_reading()
        self._next()
        if self._waiting:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Notice that the client sends no more; True keeps the connection for the answer."""
        # Gone, or only done with sending: TCP does not tell. It may wait a moment more, and longer once work has begun.
        if self._end is _End.NOT_YET:
            self._end = _End.AFTER_ANSWER
        self._server.loop.call_later(_HALF_CLOSED_S, self._client_left)
        return self._serving is not None or bool(self._waiting)

    def _client_left(self) -> None:
        if self._serving is not None:
            request, task = self._serving
            request.leave(task.cancel)

    def pause_writing(self) -> None:
        """Begin no more requests of a client that does not read its answers."""
        self._writable = False

    def resume_writing(self) -> None:
        """Go on."""
        self._writable = True
        self._next()

    # --- requests -----------------------------------------------------------------------------------------------------

    def _arrived(self, request: Request, answer: Response | None) -> None:
        self._fresh = False
        self._waiting.append((request, answer))

    def _hold(self, count: int) -> bool:
        """Count bytes of a body as kept in memory; False: the server keeps as many as it may."""
        if self._server.held + count > self._limits.held_bytes:
            return False
        self._held += count
        self._server.held += count
        return True

    def _release(self, count: int) -> None:
        self._held -= count
        self._server.held -= count

    def _continue(self) -> None:
        if self._serving is None and not self._waiting:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _next(self) -> None:
        """Begin the next request, if it is its turn."""
        while self._waiting and self._serving is None and self._writable and self._end is not _End.LINGERING:
            request, answer = self._waiting.popleft()
            if request is None:
                assert answer is not None
                self._refuse(answer)
            elif answer is not None:
                self._send(request, answer)
            else:
                self._serving = request, self._server.loop.create_task(self._serve(request))
        if not self._waiting and self._end is _End.NOT_YET and not self._transport.is_closing():
            self._transport.resume_reading()

    async def _serve(self, request: Request) -> None:
        try:
            answer = await self._server.handler(request)
        except asyncio.CancelledError:
            self._transport.abort()
            raise
        except Exception:  # noqa: BLE001 -- the boundary of a request: the client gets an answer, the log the story
            _LOG.exception("a request failed inside the server")
            answer = failure(Internal("the server failed on this request", fix="its log says why"))
        finally:
            self._serving = None
        self._send(request, answer)
        self._next()

    def _send(self, request: Request, answer: Response) -> None:
        if self._transport.is_closing():
            return
        self._release(len(request.body))
        last = self._end is _End.AFTER_ANSWER and not self._waiting
        keep_alive = request.keep_alive and not last and not self._server.closing
        with_body = request.method != b"HEAD"
        self._transport.write(answer.wire(date=self._server.date, keep_alive=keep_alive, with_body=with_body))
        self._since = self._clock()
        if not keep_alive:
            self._end = _End.LINGERING
            self._transport.close()

    def _refuse(self, answer: Response) -> None:
        """Answer and end, reading on a little so that the answer is not reset away."""
        self._end = _End.LINGERING
        self._waiting.clear()
        self._transport.write(answer.wire(date=self._server.date, keep_alive=False))
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._server.loop.call_later(_LINGER_S, self._transport.abort)

    # --- deadlines ----------------------------------------------------------------------------------------------------

    def _note_reading(self) -> None:
        """Remember when this phase began; a pipelined request begins when the one before it was sent."""
        if self._incoming.reading is not self._reading:
            self._reading = self._incoming.reading
            if not (self._fresh and self._reading is Reading.HEAD):
                self._since = self._last_byte_at

    @property
    def quiet(self) -> bool:
        """Nothing is being served, sent or taken in as a body."""
        busy = self._serving is not None or self._waiting or self._transport.get_write_buffer_size()
        return not busy and self._incoming.reading is not Reading.BODY

    @property
    def evictable(self) -> bool:
        """The header of its next request is not whole yet."""
        return self.quiet and (self._fresh or self._incoming.reading is Reading.HEAD)

    def drop(self) -> None:
        """End it now; what was already answered is still sent."""
        self._end = _End.LINGERING
        self._transport.close()

    def sweep(self, at: float) -> None:
        """End the connection if it is past a deadline."""
        limits, unread = self._limits, self._transport.get_write_buffer_size()
        if unread:
            if unread != self._unread:
                self._unread, self._last_byte_at = unread, at
            elif at > self._last_byte_at + limits.write_idle_s:
                self._transport.abort()
            return
        self._unread = 0
        if self._serving is not None or self._waiting or self._end is not _End.NOT_YET:
            return
        match self._incoming.reading:
            case Reading.HEAD if at > self._since + limits.header_s:
                self._time_out(failure(TooSlow(f"the header took more than {limits.header_s:g} s")))
            case Reading.IDLE if at > self._since + (limits.header_s if self._fresh else limits.idle_s):
                self.drop()
            case Reading.BODY if self._body_is_late(at):
                self._time_out(failure(TooSlow(f"the body came slower than {limits.body_rate} bytes/s")))

    def _time_out(self, answer: Response) -> None:
        """Say why and end, without waiting: this client had its time."""
        self._transport.write(answer.wire(date=self._server.date, keep_alive=False))
        self.drop()

    def _body_is_late(self, at: float) -> bool:
        took = at - self._since - self._limits.body_grace_s
        too_slow = took > 0 and self._incoming.body_bytes < took * self._limits.body_rate
        return too_slow or at > self._last_byte_at + self._limits.body_idle_s

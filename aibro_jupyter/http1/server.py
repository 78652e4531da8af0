"""The listening side: takes connections in, keeps them to their deadlines, and ends without losing a request."""

from __future__ import annotations

import asyncio
import socket
from email.utils import formatdate

from aibro_jupyter.clock import now
from aibro_jupyter.http1.caller import Caller
from aibro_jupyter.http1.message import ConnectionLimits
from aibro_jupyter.http1.service import Service


def _date_line() -> bytes:
    return f"Date: {formatdate(now(), usegmt=True)}\r\n".encode()


class Server:
    """Takes connections for a service.

    ``varying``: the name of the field that a client of ours varies with each request, and sends last of a head: but
    for it the head is known again. A field of that name means nothing for whether the request is let in.
    """

    def __init__(self, service: Service, *, limits: ConnectionLimits | None = None, varying: str = "") -> None:
        self.service = service
        self.varying = f"\r\n{varying}: ".encode() if varying else b""
        self.limits = limits or ConnectionLimits()
        self.closing = False
        self.held = 0
        """Bytes of bodies in memory, over all connections."""
        self._set_date()
        self._connections: dict[Caller, None] = {}
        self._listening: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop

    def _set_date(self) -> None:
        # Kept right by the sweep, for they are in every answer.
        date = _date_line()
        self.ends = b"%sConnection: close\r\n\r\n" % date
        """The last lines of a head whose answer ends the connection."""
        self.goes_on = b"%s\r\n" % date
        """The last lines of any other head."""

    async def start(self, sock: socket.socket) -> None:
        """Accept on a bound socket."""
        self.loop = asyncio.get_running_loop()
        self._listening = await self.loop.create_server(lambda: Caller(self), sock=sock, backlog=1024)
        self._sweeper = self.loop.create_task(self._sweep())

    async def close(self, grace_s: float) -> None:
        """Accept no more, close what is idle, finish what is under way for up to ``grace_s``, then end the rest."""
        self.closing = True
        assert self._listening is not None
        self._listening.close()
        self._drop_quiet()
        try:
            async with asyncio.timeout(grace_s):
                while self._connections:
                    self._empty.clear()
                    await self._empty.wait()
        except TimeoutError:
            for connection in tuple(self._connections):
                connection.drop()
        if self._sweeper is not None:
            self._sweeper.cancel()

    def admit(self, connection: Caller) -> bool:
        """Take a connection in, at the cost of the oldest without a whole header, or of the oldest that waits.

        False: all are at work, and there is no room.
        """
        if len(self._connections) >= self.limits.connections:
            oldest = next((old for old in self._connections if old.evictable), None)
            oldest = oldest or next((old for old in self._connections if old.quiet), None)
            if oldest is None:
                return False
            self.forget(oldest)
            oldest.drop()
        self._connections[connection] = None
        return True

    def forget(self, connection: Caller) -> None:
        """Count it no more."""
        self._connections.pop(connection, None)
        if not self._connections:
            self._empty.set()

    def _drop_quiet(self) -> None:
        for connection in tuple(self._connections):
            if connection.quiet:
                connection.drop()

    async def _sweep(self) -> None:
        limits = self.limits
        every_s = min(0.5, min(limits.header_s, limits.body_idle_s, limits.idle_s, limits.write_idle_s) / 4)
        while True:
            await asyncio.sleep(every_s)
            self._set_date()
            if self.closing:
                self._drop_quiet()
            for connection in tuple(self._connections):
                connection.sweep(self.loop.time())

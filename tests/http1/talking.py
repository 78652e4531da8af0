"""A real server on a real socket, and a client that sends exactly the bytes it is told to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aibro_jupyter.http1 import ConnectionLimits, Handlers, Request, Response, Server
from aibro_jupyter.http1.handlers import Gatekeeper, Handler


async def echo(request: Request) -> Response:
    """Answer with what came."""
    return Response(body=request.method + b" " + request.target + b" " + request.body, content_type="text/plain")


@asynccontextmanager
async def serving(
    handler: Handler = echo,
    *,
    limits: ConnectionLimits | None = None,
    gatekeeper: Gatekeeper | None = None,
    varying: str = "",
) -> AsyncIterator[tuple[Server, int]]:
    server = Server(Handlers(handler, gatekeeper or (lambda _head: None)), limits=limits, varying=varying)
    sock = socket.create_server(("127.0.0.1", 0))
    port = sock.getsockname()[1]
    await server.start(sock)
    try:
        yield server, port
    finally:
        await server.close(5)


async def say(port: int, *parts: bytes, finish: bool = False) -> bytes:
    """Send the parts on one connection and return everything until the server closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if finish:
            writer.write_eof()
        async with asyncio.timeout(60):
            return await reader.read()
    finally:
        writer.close()


def post(body: bytes, *headers: bytes, target: bytes = b"/x", close: bool = False) -> bytes:
    """Return a well-formed POST."""
    lines = [b"POST " + target + b" HTTP/1.1", b"Host: a", b"Content-Length: %d" % len(body), *headers]
    if close:
        lines.append(b"Connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n" + body

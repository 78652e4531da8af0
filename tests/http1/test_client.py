from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from aibro_jupyter.http1 import Answer, Lost, Overran, Pool, Request, Response, Unreachable
from tests.http1.talking import serving


async def call(pool: Pool, port: int, body: bytes = b"", **more: Any) -> Answer:
    options: dict[str, Any] = {"token": "t", "timeout_s": 60.0, "body": body} | more
    return await pool.call(f"127.0.0.1:{port}", "POST", "/x", **options)


def test_connections_are_kept_and_a_fresh_one_is_new() -> None:
    async def main() -> tuple[int, int]:
        async with serving() as (server, port):
            pool = Pool()
            for _ in range(5):
                assert (await call(pool, port, b"body")).body == b"POST /x body"
            kept = len(server._connections)
            await call(pool, port, fresh=True)
            both = len(server._connections)
            pool.close()
            return kept, both

    assert asyncio.run(main()) == (1, 2)


def test_a_large_body_goes_and_comes_whole() -> None:
    body = bytes(range(256)) * 40_000

    async def main() -> bytes:
        async with serving() as (_, port):
            pool = Pool()
            answer = await call(pool, port, body)
            pool.close()
            return answer.body

    assert asyncio.run(main()) == b"POST /x " + body


def test_nobody_there() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            port = sock.getsockname()[1]
        with pytest.raises(Unreachable):
            await call(Pool(), port)

    asyncio.run(main())


@asynccontextmanager
async def saying(answer: bytes) -> AsyncIterator[int]:
    """A server that answers every request with these bytes and hangs up."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


BROKEN = {
    "nothing": (b"", False),
    "half a header": (b"HTTP/1.1 200 OK\r\nContent-", True),
    "half a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", True),
    "garbage": (b"SSH-2.0-OpenSSH\r\n", True),
    "too much": (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000, True),
}


@pytest.mark.parametrize(("sent", "answered"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_is_lost_and_says_whether_it_had_begun(sent: bytes, answered: bool) -> None:
    async def main() -> bool:
        async with saying(sent) as port:
            with pytest.raises(Lost) as lost:
                await call(Pool(answer_bytes=1_000), port)
            return lost.value.answered

    assert asyncio.run(main()) is answered


def test_an_answer_that_does_not_come_in_time() -> None:
    async def never(_: Request) -> Response:
        await asyncio.Event().wait()
        return Response()

    async def main() -> None:
        async with serving(never) as (_, port):
            with pytest.raises(Overran):
                await call(Pool(), port, timeout_s=0.1)

    asyncio.run(main())


def test_a_connection_that_died_while_kept_is_not_used() -> None:
    async def main() -> None:
        pool = Pool()
        async with serving() as (server, port):
            await call(pool, port)
            for connection in tuple(server._connections):
                connection.drop()
            while pool._idle:  # noqa: ASYNC110 -- the loop must run to notice, and nobody tells when it has
                await asyncio.sleep(0)
            assert (await call(pool, port)).status == 200
            pool.close()

    asyncio.run(main())

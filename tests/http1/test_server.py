from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

import pytest

from aibro_jupyter.http1 import ConnectionLimits, Head, Request, Response
from tests.http1.talking import echo, post, say, serving


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    async def slow_first(request: Request) -> Response:
        if request.body == b"1":
            await asyncio.sleep(0.05)
        return await echo(request)

    async def main() -> bytes:
        async with serving(slow_first) as (_, port):
            return await say(port, post(b"1") + post(b"2") + post(b"3", close=True))

    bodies = [part.rpartition(b"\r\n\r\n")[2][:9] for part in asyncio.run(main()).split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"POST /x 1", b"POST /x 2", b"POST /x 3"]


def test_a_chunked_body_in_pieces_is_one_body() -> None:
    head = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    async def main() -> bytes:
        async with serving() as (_, port):
            return await say(port, head, b"3\r\nab", b"c\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n")

    assert asyncio.run(main()).endswith(b"\r\n\r\nPOST /x abcde")


def test_a_large_body_comes_back_whole() -> None:
    body = bytes(range(256)) * 32_768

    async def main() -> bytes:
        async with serving() as (_, port):
            return await say(port, post(body, close=True))

    assert asyncio.run(main()).endswith(b"POST /x " + body)


def test_who_closes_the_sending_side_still_gets_the_answer() -> None:
    async def main() -> bytes:
        async with serving() as (_, port):
            return await say(port, post(b"bye"), finish=True)

    assert asyncio.run(main()).endswith(b"POST /x bye")


def test_a_client_of_http_1_0_gets_its_answer_and_the_end() -> None:
    async def main() -> bytes:
        async with serving() as (_, port):
            return await say(port, b"POST /x HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold")

    assert asyncio.run(main()).endswith(b"POST /x old")


def test_an_upgrade_is_ignored_and_its_body_kept() -> None:
    asked = post(b"abc", b"Connection: Upgrade, close", b"Upgrade: h2c")

    async def main() -> bytes:
        async with serving() as (_, port):
            return await say(port, asked[:-2], asked[-2:], finish=True)

    assert asyncio.run(main()).endswith(b"POST /x abc")


def test_continue_is_said_when_the_body_is_wanted() -> None:
    async def main() -> tuple[bytes, bytes]:
        async with serving() as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(post(b"abc", b"Expect: 100-continue", close=True)[:-3])
            told = await reader.readuntil(b"\r\n\r\n")
            writer.write(b"abc")
            answer = await reader.read()
            writer.close()
            return told, answer

    told, answer = asyncio.run(main())
    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.endswith(b"POST /x abc")


def test_a_refused_header_needs_no_body() -> None:
    def refuse(_: Head) -> Response:
        return Response(status=404, body=b"no")

    async def main() -> tuple[bytes, bytes]:
        async with serving(gatekeeper=refuse) as (_, port):
            big = post(b"x" * 200_000, b"Expect: 100-continue").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            return await say(port, big), await say(port, post(b"small") + post(b"small", close=True))

    big, small = asyncio.run(main())
    assert status_of(big) == 404
    assert b"100 Continue" not in big
    assert small.count(b"HTTP/1.1 404") == 2


HOST = b"POST /x HTTP/1.1\r\nHost: a\r\n"
MALFORMED = {
    "length and chunked": (HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked and length": (HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
    "two lengths": (HOST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "a negative length": (HOST + b"Content-Length: -1\r\n\r\n", 400),
    "another encoding": (HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "a folded header": (HOST + b"A: b\r\n c\r\n\r\n", 400),
    "bare line feeds": (b"POST /x HTTP/1.1\nHost: a\nContent-Length: 0\n\n", 400),
    "a NUL": (HOST + b"A: b\0c\r\n\r\n", 400),
    "a space before the colon": (HOST + b"Content-Length : 0\r\n\r\n", 400),
    "a chunk that lies": (HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk past all numbers": (HOST + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", 400),
    "no Host": (b"POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400),
    "two Hosts": (b"POST /x HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n", 400),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 405),
    "an unknown method": (b"FROB /x HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "a proxy's CONNECT": (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "HTTP/2 by prior knowledge": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "a long URL": (b"POST /" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "a long header": (HOST + b"A: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    "an endless header": (HOST + b"A: " + b"x" * 2_000_000, 431),
    "many fields": (HOST + b"A: b\r\n" * 200 + b"\r\n", 431),
    "a long body": (HOST + b"Content-Length: 99999999999\r\n\r\n", 413),
    "a long chunked body": (HOST + b"Transfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n", 413),
    "all framing": (HOST + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 400_000, 400),
}


@pytest.mark.parametrize(("sent", "status"), MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_malformed_is_refused_and_the_connection_ends(sent: bytes, status: int) -> None:
    seen: list[Request] = []

    async def record(request: Request) -> Response:
        seen.append(request)
        return Response()

    async def main() -> bytes:
        async with serving(record, limits=ConnectionLimits(body_bytes=1_000)) as (_, port):
            return await say(port, *(sent[at : at + 50_000] for at in range(0, len(sent), 50_000)))

    answer = asyncio.run(main())
    assert status_of(answer) == status
    assert b"Connection: close" in answer
    assert seen == []


SLOW = {
    "a header that never ends": (b"POST /x HTTP/1.1\r\nHost:", ConnectionLimits(header_s=0.2), 408),
    "a body that stops": (post(b"abc")[:-1], ConnectionLimits(body_idle_s=0.2), 408),
    "a body below the rate": (post(b"abc")[:-1], ConnectionLimits(body_grace_s=0.2, idle_s=1), 408),
    "a connection that says nothing": (b"", ConnectionLimits(header_s=0.2), None),
}


@pytest.mark.parametrize(("sent", "limits", "status"), SLOW.values(), ids=SLOW.keys())
def test_what_is_slow_is_closed_at_its_deadline(sent: bytes, limits: ConnectionLimits, status: int | None) -> None:
    async def main() -> bytes:
        async with serving(limits=limits) as (_, port):
            return await say(port, sent)

    answer = asyncio.run(main())
    assert answer == b"" if status is None else status_of(answer) == status


def test_a_trickle_does_not_move_the_deadline_of_a_header() -> None:
    async def main() -> bytes:
        async with serving(limits=ConnectionLimits(header_s=0.3)) as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answer = asyncio.create_task(reader.read())
            while not answer.done():
                writer.write(b"P" if not writer.is_closing() else b"")
                await asyncio.wait((answer,), timeout=0.02)
            writer.close()
            return answer.result()

    assert status_of(asyncio.run(main())) in (405, 408)


def test_an_idle_kept_connection_is_closed() -> None:
    async def main() -> bytes:
        async with serving(limits=ConnectionLimits(idle_s=0.2)) as (_, port):
            return await say(port, post(b"a"))

    assert asyncio.run(main()).endswith(b"POST /x a")


def test_a_client_that_does_not_read_is_cut_off() -> None:
    async def much(_: Request) -> Response:
        return Response(body=b"x" * 64 * 1024 * 1024)

    async def main() -> int:
        async with serving(much, limits=ConnectionLimits(write_idle_s=0.3)) as (server, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(post(b"a"))
            await server._empty.wait()
            got = b""
            with contextlib.suppress(ConnectionResetError):
                got = await reader.read()
            writer.close()
            return len(got)

    assert asyncio.run(main()) < 64 * 1024 * 1024


def test_when_full_the_oldest_incomplete_header_makes_room() -> None:
    async def main() -> tuple[bytes, bytes]:
        async with serving(limits=ConnectionLimits(connections=3)) as (_, port):
            slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            for _, writer in slow:
                writer.write(b"POST /x HTTP/1.1\r\n")
            good = await say(port, post(b"good", close=True))
            evicted = await slow[0][0].read()
            for _, writer in slow:
                writer.close()
            return good, evicted

    good, evicted = asyncio.run(main())
    assert good.endswith(b"POST /x good")
    assert evicted == b""


def test_bodies_in_memory_are_bounded_over_all_connections() -> None:
    async def main() -> tuple[bytes, bytes, int]:
        async with serving(limits=ConnectionLimits(held_bytes=100_000)) as (server, port):
            first, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(post(b"x" * 60_000, close=True)[:-1])
            while server.held < 59_000:  # noqa: ASYNC110 -- the loop must run to take it in
                await asyncio.sleep(0)
            refused = await say(port, post(b"y" * 60_000, close=True))
            writer.write(b"x")
            answered = await first.read()
            writer.close()
            return refused, answered + await say(port, post(b"y" * 60_000, close=True)), server.held

    refused, answered, held = asyncio.run(main())
    assert status_of(refused) == 503
    assert b"Retry-After" in refused
    assert answered.count(b"HTTP/1.1 200 OK") == 2
    assert held == 0


def test_a_handler_that_fails_gives_500_and_the_server_goes_on() -> None:
    async def fail(_: Request) -> Response:
        raise ValueError("secret")

    async def main() -> bytes:
        async with serving(fail) as (_, port):
            return await say(port, post(b"a") + post(b"b", close=True))

    answer = asyncio.run(main())
    assert answer.count(b"HTTP/1.1 500") == 2
    assert b"secret" not in answer


def test_closing_finishes_what_is_under_way_and_takes_nothing_new() -> None:
    async def main() -> tuple[bytes, bool]:
        begun, go = asyncio.Event(), asyncio.Event()

        async def wait(request: Request) -> Response:
            begun.set()
            await go.wait()
            return await echo(request)

        async with serving(wait) as (server, port):
            asked = asyncio.create_task(say(port, post(b"last")))
            await begun.wait()
            closing = asyncio.create_task(server.close(30))
            await asyncio.sleep(0)
            try:
                await asyncio.open_connection("127.0.0.1", port)
                refused = False
            except OSError:
                refused = True
            go.set()
            await closing
            return await asked, refused

    answer, refused = asyncio.run(main())
    assert answer.endswith(b"POST /x last")
    assert b"Connection: close" in answer
    assert refused


GOING = {
    "a reset cancels": (True, False, "canceled"),
    "a reset does not cancel work that was promised": (True, True, "finished"),
    "a close cancels what still waits a moment later": (False, False, "canceled"),
}


@pytest.mark.parametrize(("resets", "detaches", "ending"), GOING.values(), ids=GOING.keys())
def test_a_client_that_goes_away(resets: bool, detaches: bool, ending: str) -> None:
    async def main() -> str:
        begun, go = asyncio.Event(), asyncio.Event()
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def work(request: Request) -> Response:
            if detaches:
                request.detach()
            begun.set()
            try:
                await go.wait()
            except asyncio.CancelledError:
                ended.set_result("canceled")
                raise
            ended.set_result("finished")
            return Response()

        async with serving(work) as (server, port):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(post(b"a"))
            await begun.wait()
            if resets:
                no_linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            writer.close()
            if detaches:
                await server._empty.wait()
                go.set()
            return await ended

    assert asyncio.run(main()) == ending


def test_a_field_that_varies_is_told_of_each_request() -> None:
    seen: list[bytes] = []

    async def tell(request: Request) -> Response:
        seen.append(request.head.varying)
        return Response()

    parts = [
        post(b"a", b"X-Id: 1"),
        post(b"a", b"X-Id: 2"),
        post(b"a", b"X-Id: 3", b"X-Other: 1"),
        post(b"a"),
        post(b"a", b"X-Id: 4", b"X-Id: 5"),
        post(b"a", b"X-Id: 6", close=True),
    ]

    async def main() -> None:
        async with serving(tell, varying="X-Id") as (_, port):
            await say(port, *parts)

    asyncio.run(main())
    assert seen == [b"1", b"2", b"3", b"", b"5", b"6"]

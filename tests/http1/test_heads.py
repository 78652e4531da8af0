from __future__ import annotations

import asyncio
import contextlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aibro_jupyter.http1.chunks import BadChunks, Chunks
from aibro_jupyter.http1.head import Head, RequestRefused
from aibro_jupyter.http1.message import ConnectionLimits, Request, Response
from tests.http1.talking import post, serving

CHUNKED = (
    b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\nT: t\r\n\r\n"
)
STREAM = (
    post(b"one")
    + CHUNKED
    + post(b"", b"X: 1", b"X: 2")
    + post(b"four", b"Connection: Upgrade", b"Upgrade: h2c")
    + post(b"four", b"Connection: Upgrade", b"Upgrade: h2c")
    + CHUNKED
    + post(b"x" * 40_000)
    + post(b"last", close=True)
)
WHOLE = [b"one", b"abcdefg", b"", b"four", b"four", b"abcdefg", b"x" * 40_000, b"last"]


async def told(*parts: bytes) -> list[Request]:
    """Return the requests that a server makes of these parts of a stream, sent one after the other."""
    found: list[Request] = []

    async def keep(request: Request) -> Response:
        found.append(request)
        return Response()

    async with serving(keep) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.0005)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
    return found


@settings(deadline=None, database=None, max_examples=40)
@given(st.sets(st.integers(1, len(STREAM) - 1), max_size=60))
def test_however_the_bytes_are_cut_the_requests_are_the_same(cuts: set[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    found = asyncio.run(told(*(STREAM[start:end] for start, end in itertools.pairwise(edges))))
    assert [request.body for request in found] == WHOLE
    assert found[2].head.fields[b"x"] == b"1, 2"


def test_a_byte_at_a_time() -> None:
    stream = post(b"one") + CHUNKED + b"\r\n\r\n" + post(b"last", close=True)
    found = asyncio.run(told(*(stream[at : at + 1] for at in range(len(stream)))))
    assert [request.body for request in found] == [b"one", b"abcdefg", b"last"]


def mutated(data: st.DataObject, stream: bytes) -> bytes:
    changed = bytearray(stream)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(changed) - 1))
        match data.draw(st.sampled_from(("change", "insert", "drop", "repeat"))):
            case "change":
                changed[at] = data.draw(st.integers(0, 255))
            case "insert":
                changed[at:at] = data.draw(
                    st.sampled_from((b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"\r\n\t", b"\xff"))
                )
            case "drop":
                del changed[at : at + data.draw(st.integers(1, 20))]
            case "repeat":
                changed[at:at] = changed[at : at + 30]
        changed = changed or bytearray(b"x")
    return bytes(changed)


HEADS = [part for part in STREAM.split(b"\r\n\r\n") if part.startswith(b"POST")]


@settings(deadline=None, database=None)
@given(st.data())
def test_whatever_comes_as_a_head_is_read_or_refused(data: st.DataObject) -> None:
    block = mutated(data, data.draw(st.sampled_from(HEADS)) + b"\r\n\r\n")
    end = block.find(b"\r\n\r\n") + 4
    with contextlib.suppress(RequestRefused):
        head = Head(block[:end], ConnectionLimits())
        assert head.length is None or head.length >= 0
        assert b"\n" not in head.target


@settings(deadline=None, database=None)
@given(st.data())
def test_whatever_comes_as_chunks_is_decoded_or_refused(data: st.DataObject) -> None:
    sent = mutated(data, CHUNKED.partition(b"\r\n\r\n")[2])
    with contextlib.suppress(BadChunks):
        parts = Chunks(100).feed(sent)
        assert len(b"".join(parts)) <= len(sent)


@settings(deadline=None, database=None)
@given(st.lists(st.binary(min_size=1, max_size=40)), st.binary(max_size=10), st.data())
def test_chunks_are_what_was_sent_however_they_are_cut(parts: list[bytes], after: bytes, data: st.DataObject) -> None:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    stream = framed + after
    cuts = data.draw(st.sets(st.integers(0, len(framed) - 1)))
    chunks, found = Chunks(10_000), b""
    for start, end in itertools.pairwise([0, *sorted(cuts), len(stream)]):
        found += b"".join(chunks.feed(stream[start:end]))
    assert (found, chunks.rest, chunks.size) == (b"".join(parts), after, len(found))


@pytest.mark.parametrize(
    "sent",
    [
        b"-1\r\n", b"0x3\r\nabc\r\n", b"3 3\r\n", b"\r\n", b"3\nabc\n0\n\n", b"3;a\nb\r\nabc\r\n", b"1\r\nab\r\n",
        b"0\r\nno trailer\r\n\r\n", b"0\r\n folded: x\r\n\r\n", b"+3\r\nabc\r\n", b"1_0\r\n",
    ],
)  # fmt: skip
def test_chunks_that_others_might_cut_elsewhere_are_refused(sent: bytes) -> None:
    with pytest.raises(BadChunks):
        Chunks(10_000).feed(sent)

from __future__ import annotations

import contextlib
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from aibro_jupyter.http1.incoming import Incoming, RequestRefused
from aibro_jupyter.http1.message import ConnectionLimits, Request
from tests.http1.talking import post

CHUNKED = (
    b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\nT: t\r\n\r\n"
)
STREAM = post(b"one") + CHUNKED + post(b"", b"X: 1", b"X: 2") + post(b"four", b"Connection: Upgrade", b"Upgrade: h2c")
WHOLE = [b"one", b"abcdefg", b"", b"four"]


def incoming(found: list[Request]) -> Incoming:
    return Incoming(
        ConnectionLimits(),
        on_head=lambda _: None,
        on_request=lambda request, _: found.append(request),
        on_continue=lambda: None,
        on_bytes=lambda _: True,
    )


@settings(deadline=None, database=None)
@given(st.sets(st.integers(1, len(STREAM) - 1)))
def test_however_the_bytes_are_cut_the_requests_are_the_same(cuts: set[int]) -> None:
    found: list[Request] = []
    parser = incoming(found)
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, end in itertools.pairwise(edges):
        parser.feed(STREAM[start:end])
    assert [request.body for request in found] == WHOLE
    assert found[2].headers[b"x"] == b"1, 2"


@settings(deadline=None, database=None)
@given(st.data())
def test_whatever_comes_is_taken_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(STREAM)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        match data.draw(st.sampled_from(("change", "insert", "drop", "repeat"))):
            case "change":
                mutated[at] = data.draw(st.integers(0, 255))
            case "insert":
                mutated[at:at] = data.draw(
                    st.sampled_from((b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"\r\n\t", b"\xff"))
                )
            case "drop":
                del mutated[at : at + data.draw(st.integers(1, 20))]
            case "repeat":
                mutated[at:at] = mutated[at : at + 30]
        mutated = mutated or bytearray(b"x")
    with contextlib.suppress(RequestRefused):
        incoming([]).feed(bytes(mutated))

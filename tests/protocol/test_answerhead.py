"""What an agent writes is what the gateway's one pattern reads, and what any parser of HTTP reads too."""

from __future__ import annotations

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.protocol.answerhead import ANSWER_HEAD, CONTENT_TYPE, answer_head

STATUSES = st.integers(200, 599).filter(lambda status: status not in (204, 304))  # these have no body
LENGTHS = st.integers(0, 2**40)
TYPES = st.from_regex(CONTENT_TYPE, fullmatch=True)
TIMES = st.none() | st.floats(0, 1e7)
FIELDS = st.dictionaries(
    st.sampled_from(("X-Aibro-Failure", "Retry-After", "Connection")), st.sampled_from(("busy", "1", "close", ""))
)


@given(STATUSES, LENGTHS, TYPES, TIMES, FIELDS)
def test_a_head_is_read_as_it_was_written(
    status: int, length: int, content_type: bytes, model_ms: float | None, fields: dict[str, str]
) -> None:
    head = answer_head(status, length, content_type, model_ms, fields)
    found = ANSWER_HEAD.match(head + b"the body\r\n\r\n")
    assert found is not None
    assert found.end() == len(head)
    assert (int(found["status"]), int(found["length"]), found["content_type"]) == (status, length, content_type)
    assert (None if found["model_ms"] is None else float(found["model_ms"])) == (
        None if model_ms is None else float(f"{model_ms:.3f}")
    )
    lines = found["fields"].decode().split("\r\n")[:-1]
    assert dict(line.split(": ", 1) for line in lines) == fields


@given(STATUSES, TYPES, TIMES, FIELDS)
def test_a_parser_of_http_reads_the_same(
    status: int, content_type: bytes, model_ms: float | None, fields: dict[str, str]
) -> None:
    read: dict[bytes, bytes] = {}

    class Reader:
        def on_header(self, name: bytes, value: bytes) -> None:
            read[name] = value

        def on_body(self, body: bytes) -> None:
            read[b"the body"] = body

    parser = httptools.HttpResponseParser(Reader())
    parser.feed_data(answer_head(status, 4, content_type, model_ms, fields) + b"body")
    assert parser.get_status_code() == status
    assert read[b"Content-Length"] == b"4"
    assert read[b"Content-Type"] == content_type
    assert (b"Server-Timing" in read) is (model_ms is not None)
    assert read[b"the body"] == b"body"


@pytest.mark.parametrize(
    "wrong",
    [b"", b" ", b"text/plain ", b"a\r\nX-Evil: 1", b"a\nb", b"a\tb", "schlüssel".encode(), b"\x7f", b"a" * 1_001],
)
def test_a_type_that_would_break_out_of_its_line_is_none(wrong: bytes) -> None:
    assert CONTENT_TYPE.fullmatch(wrong) is None


@pytest.mark.parametrize(
    "other",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: a\r\nContent-Length: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-A: 1\r\nContent-Type: a\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Type: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\nContent-Type: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Type: a\r\n",
    ],
)
def test_any_other_head_is_not_of_this_form(other: bytes) -> None:
    assert ANSWER_HEAD.match(other) is None

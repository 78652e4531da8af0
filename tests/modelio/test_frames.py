from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.modelio.faults import BadFrame
from aibro_jupyter.modelio.frames import FrameReader, frame

MESSAGES = st.lists(
    st.tuples(st.dictionaries(st.text(), st.integers() | st.text()), st.binary(max_size=300)), max_size=5
)


@given(MESSAGES, st.lists(st.integers(1, 40), min_size=1, max_size=50))
def test_messages_survive_any_chopping(messages: list[tuple[dict[str, int | str], bytes]], sizes: list[int]) -> None:
    stream = b"".join(frame(header, body) for header, body in messages)
    reader, found, at = FrameReader(), [], 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        found += reader.feed(stream[at : at + size])
        at += size
    assert found == [({**header, "body_len": len(body)}, body) for header, body in messages]


@pytest.mark.parametrize(
    "stream",
    [
        b"\xff\xff\xff\xff",
        b"\0\0\0\x02{]",
        b"\0\0\0\x02[]",
        b'\0\0\0\x0f{"body_len":-1}',
        b'\0\0\0\x11{"body_len":true}',
        b"\0\0\0\x02\xff\xfe",
    ],
)
def test_what_is_no_frame_is_refused(stream: bytes) -> None:
    with pytest.raises(BadFrame):
        FrameReader().feed(stream)

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.modelio.faults import BadFrame
from aibro_jupyter.modelio.frames import ASK, TOLD, Frame, FrameReader, head_of_question, head_of_told

FRAMES = st.lists(
    st.builds(
        Frame,
        st.integers(0, 6),
        st.integers(0, 2**32 - 1),
        st.binary(max_size=40),
        st.binary(max_size=300),
        st.integers(0, 2**64 - 1),
        st.just(()),
    ),
    max_size=5,
)
SIZES = st.lists(st.integers(1, 400), min_size=1, max_size=50)


def chopped(stream: bytes, sizes: list[int], head: struct.Struct) -> list[Frame]:
    reader, found, at = FrameReader(head), [], 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        found += reader.feed(stream[at : at + size])
        at += size
    return [one._replace(body=one.whole, more=()) for one in found]


@given(FRAMES, SIZES)
def test_what_a_slot_tells_survives_any_chopping(frames: list[Frame], sizes: list[int]) -> None:
    told = [head_of_told(one.kind, one.number, one.content_type, one.body, one.took_us) + one.body for one in frames]
    assert chopped(b"".join(told), sizes, TOLD) == frames


@given(FRAMES, SIZES)
def test_what_a_host_asks_survives_any_chopping(frames: list[Frame], sizes: list[int]) -> None:
    frames = [one._replace(took_us=0) for one in frames]
    asked = [head_of_question(one.kind, one.number, one.content_type, one.body) + one.body for one in frames]
    assert chopped(b"".join(asked), sizes, ASK) == frames


@pytest.mark.parametrize("head", [ASK, TOLD], ids=["asked", "told"])
def test_what_is_no_frame_is_refused_before_its_body_comes(head: struct.Struct) -> None:
    for stream in (b"\xff" * head.size, b"Traceback (most recent call last):"[: head.size]):
        with pytest.raises(BadFrame, match="no kind of message"):
            FrameReader(head).feed(stream)


@pytest.mark.parametrize("body", [b"", b"{]", b"[]", b"\xff\xfe", b"1"])
def test_a_story_is_a_json_object(body: bytes) -> None:
    with pytest.raises(BadFrame):
        Frame(1, 0, b"", body, 0).story()

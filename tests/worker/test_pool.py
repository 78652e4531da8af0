"""What the agent reads from a slot: nothing is missed, and nothing is taken for another request's answer."""

from __future__ import annotations

import asyncio

import pytest

from aibro_jupyter.modelio.frames import frame
from aibro_jupyter.worker.pool import Frames, SlotDied


def test_a_slot_that_is_ready_before_anybody_waits_is_not_missed():
    async def wait() -> str:
        frames = Frames()
        frames.data_received(frame({"op": "ready"}))
        header, _ = await asyncio.wait_for(frames.next(), 30)
        return header["op"]

    assert asyncio.run(wait()) == "ready"


def test_an_answer_of_a_request_that_was_given_up_is_passed_over():
    async def wait() -> bytes:
        frames = Frames()
        frames.data_received(frame({"op": "result", "id": "old"}, b"old"))
        waiting = asyncio.ensure_future(frames.answer_to("new"))
        await asyncio.sleep(0)
        frames.data_received(frame({"op": "result", "id": "new"}, b"new"))
        _, body = await asyncio.wait_for(waiting, 30)
        return body

    assert asyncio.run(wait()) == b"new"


def test_what_came_before_the_end_is_still_read():
    async def wait() -> str:
        frames = Frames()
        frames.data_received(frame({"op": "failed"}))
        frames.connection_lost(None)
        header, _ = await frames.next()
        with pytest.raises(SlotDied):
            await frames.next()
        return header["op"]

    assert asyncio.run(wait()) == "failed"

"""What a host reads from a slot: nothing is missed, and nothing is taken for another request's answer."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psutil
import pytest

from aibro_jupyter.modelio.frames import frame
from aibro_jupyter.repo.slothost import Slot
from aibro_jupyter.repo.slotpipes import Frames, Output, SlotDied, Tail
from aibro_jupyter.repo.slotstart import Start
from tests.eventually import eventually
from tests.repo.models import model


def test_a_slot_that_is_ready_before_anybody_waits_is_not_missed() -> None:
    async def wait() -> str:
        frames = Frames()
        frames.data_received(frame({"op": "ready"}))
        header, _ = await asyncio.wait_for(frames.next(), 30)
        return str(header["op"])

    assert asyncio.run(wait()) == "ready"


def test_an_answer_of_a_request_that_was_given_up_is_passed_over() -> None:
    async def wait() -> bytes:
        frames = Frames()
        frames.data_received(frame({"op": "result", "id": "old"}, b"old"))
        waiting = asyncio.ensure_future(frames.answer_to("new"))
        await asyncio.sleep(0)
        frames.data_received(frame({"op": "result", "id": "new"}, b"new"))
        _, body = await asyncio.wait_for(waiting, 30)
        return body

    assert asyncio.run(wait()) == b"new"


def test_what_came_before_the_end_is_still_read() -> None:
    async def wait() -> str:
        frames = Frames()
        frames.data_received(frame({"op": "failed"}))
        frames.connection_lost(None)
        header, _ = await frames.next()
        with pytest.raises(SlotDied):
            await frames.next()
        return str(header["op"])

    assert asyncio.run(wait()) == "failed"


def test_the_last_words_are_kept_and_no_more_than_those() -> None:
    tail = Tail()
    for number in range(10_000):
        tail.write(f"line {number}\n" + "x" * 100)
    assert tail.tail(3).splitlines()[1:] == ["line 9999", "x" * 100]
    assert len(tail.tail(1_000_000)) <= 64 * 1024


def test_a_line_without_an_end_is_logged_at_the_end_of_the_stream() -> None:
    async def told() -> str:
        tail = Tail()
        output = Output(tail)
        for part in (b"one\ntw", b"o\nthr", b"ee"):
            output.data_received(part)
        before = tail.tail(9)
        output.connection_lost(None)
        assert before == "one\ntwo"
        return tail.tail(9)

    assert asyncio.run(told()) == "one\ntwo\nthree"


LEFT_BEHIND = """
import os, subprocess
def run(model):
    child = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open("child", "w") as file:
        file.write(str(child.pid))
    os._exit(5)
"""


def test_a_model_that_died_leaves_nobody_behind(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", LEFT_BEHIND)

    async def asked() -> str:
        slot = await Slot.start(Start(python=Path(sys.executable), folder=repo), Tail(), 120)
        with pytest.raises(SlotDied):
            await slot.predict(b"{}", None, 120)
        return await slot.ended()

    assert asyncio.run(asked()) == "ended with exit code 5"
    child = int((repo / "child").read_text())
    eventually(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_a_slot_that_is_let_go_did_not_run_out_of_memory(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", "def run(model): return 1")

    async def asked() -> str:
        slot = await Slot.start(Start(python=Path(sys.executable), folder=repo), Tail(), 120)
        await slot.close()
        return await slot.ended()

    assert asyncio.run(asked()) == "was ended by SIGKILL"

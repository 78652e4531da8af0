"""What a host reads from a slot: nothing is missed, and nothing is taken for another request's answer."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from aibro_jupyter.modelio.frames import ANSWER, READY, Frame, head_of_told
from aibro_jupyter.repo.slothost import Slot, SlotDied
from aibro_jupyter.repo.slotlink import Link
from aibro_jupyter.repo.slotpipes import Output, Tail
from aibro_jupyter.repo.slotstart import Start
from tests.eventually import eventually
from tests.repo.models import model


class Call:
    """A request that notes how it ended."""

    def __init__(self, body: bytes = b"1", content_type: bytes = b"") -> None:
        self.body, self.content_type = body, content_type
        self.told: Frame | None = None
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def answered(self, told: Frame) -> None:
        self.told = told
        self.ended.set_result("answered")

    def died(self, *, first: bool) -> None:
        self.ended.set_result("died on it" if first else "died before it")


def told(kind: int, number: int, content_type: bytes = b"application/json", body: bytes = b"{}") -> bytes:
    return head_of_told(kind, number, content_type, body, 5) + body


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[Link, socket.socket, list[str]]]:
    """Yield a link, the slot's end of it, and why it was broken."""
    broken: list[str] = []

    def note(why: str) -> None:
        broken.append(why)
        link.abort()

    link = Link(note)
    ours, theirs = socket.socketpair()
    await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)
    with theirs:
        yield link, theirs, broken
        link.abort()
        await link.ended.wait()


def test_a_slot_that_is_ready_before_anybody_waits_is_not_missed() -> None:
    async def wait() -> None:
        async with linked() as (link, slot, _):
            slot.sendall(told(READY, 0, b"", b'{"load_s": 1}'))
            slot.close()
            await link.ended.wait()
            assert await link.up == (READY, {"load_s": 1})

    asyncio.run(wait())


def test_answers_come_in_order_and_the_end_is_told_to_all_who_wait() -> None:
    async def wait() -> list[str]:
        async with linked() as (link, slot, _):
            slot.sendall(told(READY, 0))
            await link.up
            calls = [Call(), Call(), Call()]
            for call in calls:
                link.ask(call)
            slot.sendall(told(ANSWER, 1, body=b"one"))
            assert await calls[0].ended == "answered"
            assert calls[0].told == Frame(ANSWER, 1, b"application/json", b"one", 5)
            slot.close()
            return [await call.ended for call in calls]

    assert asyncio.run(wait()) == ["answered", "died on it", "died before it"]


@pytest.mark.parametrize(
    ("tells", "why"),
    [
        (told(ANSWER, 2), "nobody waits for"),
        (told(ANSWER, 1, b"text/plain\r\nX-Evil: 1"), "content type"),
        (told(ANSWER, 1, b""), "content type"),
        (told(READY, 1), "it is up already"),
        (told(4, 1, body=b"no story"), "not JSON"),
        (b"Traceback (most recent call last):", "no kind of message"),
    ],
)
def test_a_slot_that_tells_what_it_must_not_is_broken(tells: bytes, why: str) -> None:
    async def wait() -> tuple[list[str], str]:
        async with linked() as (link, slot, broken):
            slot.sendall(told(READY, 0))
            await link.up
            call = Call()
            link.ask(call)
            slot.sendall(tells)
            return broken, await call.ended

    broken, ended = asyncio.run(wait())
    assert len(broken) == 1
    assert why in broken[0]
    assert ended == "died on it"


MUDDLED = """
import os, sys
def run(model, data):
    frames = sys.modules["_aibro.modelio.frames"]
    for fd in range(100, 110):
        try:
            os.write(fd, frames.head_of_told(0, 99, b"text/plain", b"", 0))
        except OSError:
            continue
    return data
"""


def test_a_slot_that_answers_another_request_is_killed(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", MUDDLED)

    async def asked() -> tuple[str, str]:
        tail = Tail()
        slot = await Slot.start(Start(python=Path(sys.executable), folder=repo), tail, 120)
        with pytest.raises(SlotDied):
            await slot.predict(b"1", None, 120)
        return await slot.ended(), tail.tail(5)

    ended, logged = asyncio.run(asked())
    assert ended == "was ended by SIGKILL"
    assert "an answer to request 99, which nobody waits for" in logged


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

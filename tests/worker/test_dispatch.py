"""What waits, what begins and what is turned away, with models as processes and a clock that is only told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aibro_jupyter.clock import perf
from aibro_jupyter.modelio.frames import FAULTS, Frame
from aibro_jupyter.repo.slothost import Slot
from aibro_jupyter.repo.slotpipes import Tail
from aibro_jupyter.repo.slotstart import Start
from aibro_jupyter.worker.dispatch import WAIT_S, Call, Dispatch, Failure
from aibro_jupyter.worker.lane import Lane, Pace
from aibro_jupyter.worker.logfile import LogFile
from aibro_jupyter.worker.turns import Turns
from tests.eventually import eventually
from tests.repo.models import model

MODEL = """
import os, time
def run(model, data):
    if "wait" in data["do"]:
        open(data["for"] + ".begun", "w").close()
    while "wait" in data["do"] and not os.path.exists(data["for"]):
        time.sleep(0.005)
    if "exit" in data["do"]:
        os._exit(7)
    return data["do"]
"""


class Asked(Call):
    """A request that notes how it ended, among all."""

    def __init__(self, ends: list[tuple[str, str]], name: str, body: bytes, at: float) -> None:
        super().__init__(body, b"application/json", name, at)
        self.ends = ends
        self.over = asyncio.Event()

    def reply(self, told: Frame) -> None:
        self.end(FAULTS.get(told.kind) or told.whole.decode())

    def fail(self, why: Failure) -> None:
        self.end(why.name)

    def end(self, how: str) -> None:
        self.ends.append((self.request_id, how))
        self.over.set()


class Rig:
    """A dispatch with so many slots of one model; what a request waits for is a file."""

    def __init__(self, folder: Path, ahead: int) -> None:
        self.dispatch = Dispatch(ahead)
        self.turns = Turns(unwanted_s=0.1)
        self.log = LogFile(folder / "log.txt")
        self.gate = folder / "gate"
        self.ends: list[tuple[str, str]] = []

    async def slot(self, folder: Path) -> Slot:
        repo = model(folder, MODEL)
        slot = await Slot.start(Start(python=Path(sys.executable), folder=repo), Tail(), 120)
        self.dispatch.join(Lane(slot, self.dispatch, self.turns, self.log, limit_s=60))
        return slot

    def ask(self, name: str, do: str = "answer") -> Asked:
        body = f'{{"do": "{do}", "for": "{self.gate}"}}'.encode()
        call = Asked(self.ends, name, body, perf())
        self.dispatch.ask(call, perf())
        return call

    async def warm(self, requests: int = 5) -> None:
        """Let the model show how quick it is."""
        for _ in range(requests):
            await self.ask("warm").over.wait()
        self.ends.clear()


@asynccontextmanager
async def rig(folder: Path, *, slots: int = 1, ahead: int = 4) -> AsyncIterator[Rig]:
    made = Rig(folder, ahead)
    started = [await made.slot(folder / f"slot{number}") for number in range(slots)]
    try:
        yield made
    finally:
        for slot in started:
            await slot.end()
        made.log.close()


def test_requests_are_answered_in_order_and_more_than_may_wait_are_turned_away(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, ahead=2) as made:
            calls = [made.ask("first", "wait"), *(made.ask(name) for name in ("second", "third", "fourth"))]
            assert made.ends == [("fourth", "BUSY")]
            assert made.dispatch.in_flight == 3
            made.gate.touch()
            for call in calls:
                await call.over.wait()
            assert made.ends[1:] == [("first", '"wait"'), ("second", '"answer"'), ("third", '"answer"')]
            assert made.dispatch.in_flight == 0

    asyncio.run(run())


def test_a_free_slot_takes_the_next_whichever_it_is(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, slots=2) as made:
            slow = made.ask("slow", "wait")
            for _ in range(3):
                await made.ask("quick").over.wait()
            assert made.ends == [("quick", '"answer"')] * 3
            made.gate.touch()
            await slow.over.wait()

    asyncio.run(run())


def test_one_that_waited_too_long_is_turned_away_and_one_at_work_is_not(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as made:
            first, _ = made.ask("first", "wait"), made.ask("second")
            assert made.dispatch.sweep(perf() + WAIT_S / 2)
            assert made.ends == []
            assert made.dispatch.sweep(perf() + WAIT_S + 1)
            assert made.ends == [("second", "BUSY")]
            made.gate.touch()
            await first.over.wait()
            assert not made.dispatch.sweep(perf())

    asyncio.run(run())


def test_one_that_waits_is_dropped_when_its_caller_leaves_and_one_at_work_goes_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as made:
            first, second = made.ask("first", "wait"), made.ask("second")
            assert made.dispatch.left(second, perf())
            assert not made.dispatch.left(first, perf())
            assert made.dispatch.in_flight == 1
            made.gate.touch()
            await first.over.wait()
            assert made.ends == [("first", '"wait"')]

    asyncio.run(run())


@pytest.mark.parametrize("behind", ["in the socket", "in the queue"])
def test_a_crash_marks_the_request_it_happened_on_and_no_other(tmp_path: Path, behind: str) -> None:
    async def run() -> None:
        async with rig(tmp_path) as made:
            if behind == "in the socket":
                await made.warm()
            calls = [made.ask("first", "wait, then exit"), made.ask("second"), made.ask("third")]
            assert len(made.dispatch.waiting) == (1 if behind == "in the socket" else 2)
            made.gate.touch()
            for call in calls:
                await call.over.wait()
            assert sorted(made.ends) == [("first", "SLOT_CRASH"), ("second", "NOT_READY"), ("third", "NOT_READY")]
            made.ask("fourth")
            assert made.ends[3:] == [("fourth", "NOT_READY")]

    asyncio.run(run())


def test_an_overrun_ends_the_slot_and_marks_nobody_behind_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as made:
            calls = [made.ask("first", "wait"), made.ask("second")]
            made.dispatch.sweep(calls[0].came_at + 0.5)
            assert made.ends == []
            calls[1].came_at += 60
            made.dispatch.sweep(calls[0].came_at + 61)
            for call in calls:
                await call.over.wait()
            assert made.ends == [("first", "OVERRAN"), ("second", "NOT_READY")]

    asyncio.run(run())


def test_one_that_nobody_waits_for_ends_once_it_had_its_time_and_others_wait(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as made:
            first = made.ask("first", "wait")
            made.dispatch.left(first, perf())
            second = made.ask("second")
            await asyncio.to_thread(eventually, (tmp_path / "gate.begun").exists)
            made.dispatch.sweep(perf() + 0.5)
            await second.over.wait()
            assert made.ends == [("first", "model-error"), ("second", '"answer"')]
            assert "its caller has gone and others wait" in made.log.tail(5)

    asyncio.run(run())


def test_one_more_lies_in_the_socket_of_a_model_that_is_quick(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as made:
            await made.warm()
            calls = [made.ask(name, "wait") for name in ("first", "second", "third")]
            assert len(made.dispatch.waiting) == 1
            made.gate.touch()
            for call in calls:
                await call.over.wait()
            assert [name for name, _ in made.ends] == ["first", "second", "third"]

    asyncio.run(run())


def test_a_pace_is_quick_when_it_is_known_to_be_and_was_not_slow_lately() -> None:
    pace = Pace()
    assert not pace.quick(0)
    pace.took(0.001, 0)
    assert pace.quick(0)
    pace.took(0.021, 5)
    assert not pace.quick(14)
    assert pace.quick(16)
    for _ in range(50):
        pace.took(0.006, 20)
    assert not pace.quick(100)

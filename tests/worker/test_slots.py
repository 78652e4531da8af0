"""An instance whose model runs in several processes."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from aibro_jupyter import lifeline
from tests.eventually import eventually
from tests.worker.rig import LEAVING, PREDICT, Worker, left, working

SLOTS = 3


@pytest.fixture(scope="module")
def envs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("envs")


def up(worker: Worker, count: int = SLOTS) -> None:
    """Wait until so many slots are up."""
    eventually(lambda: len(worker.health().slots) == count, timeout_s=120)


def pids(worker: Worker, count: int = SLOTS) -> set[int]:
    """Return the processes that answer, by asking all at once until each was heard."""
    found: set[int] = set()
    with ThreadPoolExecutor(count) as callers:

        def all_heard() -> bool:
            answers = callers.map(lambda _: worker.predict(do="wait", s=0.2), range(count))
            found.update(answer.json()["pid"] for answer in answers if answer.ok)
            return len(found) == count

        eventually(all_heard, timeout_s=120)
    return found


def served(worker: Worker, **data: object) -> dict[str, Any]:
    """Return an answer of the model; one that meets the death of its slot is sent again, as a gateway does."""
    answer = worker.predict(**data)
    while answer.headers.get("X-Aibro-Failure") in ("slot-crash", "not-ready"):
        answer = worker.predict(**data)
    assert answer.ok, answer.text
    told: dict[str, Any] = answer.json()
    return told


def gone(pid: int) -> bool:
    return lifeline.living(pid) is None


def test_slots_work_side_by_side_each_in_a_folder_of_its_own(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, slots=SLOTS) as worker, ThreadPoolExecutor(SLOTS) as callers:
        worker.reach("serving")
        up(worker)
        together = list(callers.map(lambda x: worker.predict(do="wait", s=2, x=x).json(), range(SLOTS)))
        assert [one["times"] for one in together] == [0, 3, 6]
        assert len({one["pid"] for one in together}) == SLOTS, "a request of 2 s keeps nobody from another slot"
        assert len({one["here"] for one in together}) == SLOTS
        health = worker.health()
        assert [slot.number for slot in health.slots] == list(range(SLOTS))
        assert all(slot.memory_mib > 0 for slot in health.slots)
        assert health.memory_mib == sum(slot.memory_mib for slot in health.slots)


def test_cpu_is_told_of_each_slot(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, slots=2, request_limit_s=600) as worker, ThreadPoolExecutor(1) as callers:
        worker.reach("serving")
        up(worker, 2)
        spinning = callers.submit(worker.predict, do="spin")
        worker.health()
        eventually(lambda: max(slot.cpu for slot in worker.health().slots) > 0.1, every_s=0.5)
        assert min(slot.cpu for slot in worker.health().slots) < 0.1
        for child in psutil.Process(worker.process.pid).children():
            child.kill()
        assert not spinning.result().ok


@pytest.mark.parametrize("end", ["exit", "kill", "spin"])
def test_a_slot_that_ends_is_replaced_while_the_others_serve(tmp_path: Path, envs: Path, end: str) -> None:
    with working(tmp_path, envs=envs, slots=SLOTS, request_limit_s=2) as worker, ThreadPoolExecutor(1) as callers:
        worker.reach("serving")
        up(worker)
        before = pids(worker)
        victim = next(iter(before))
        ending = None
        if end == "kill":
            os.kill(victim, signal.SIGKILL)
        else:
            ending = callers.submit(worker.predict, do=end)
        for _ in range(20):
            assert served(worker, x=2)["times"] == 6
        assert worker.health().stage == "serving"
        if ending is not None:
            failure = ending.result().headers["X-Aibro-Failure"]
            assert failure == ("slot-crash" if end == "exit" else "time-limit")
        eventually(lambda: len(pids(worker) & before) == SLOTS - 1, timeout_s=120)
        up(worker)


def test_what_a_dead_slot_wrote_to_the_model_reaches_no_other(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, slots=2) as worker:
        worker.reach("serving")
        up(worker, 2)
        worker.predict(do="scribble")
        before = pids(worker, 2)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not pids(worker, 2) & before, timeout_s=120)
        assert {served(worker, do="wait", s=0.1, x=1)["times"] for _ in range(4)} == {3}


ONCE = PREDICT.replace(
    "def load_model():\n",
    "def load_model():\n    import socket\n    global port\n    port = socket.create_server(('127.0.0.1', PORT))\n",
)


def test_a_model_that_can_be_loaded_only_once_is_served_once(tmp_path: Path, envs: Path) -> None:
    from tests.ports import free_port

    with working(tmp_path, envs=envs, slots=2, predict=ONCE.replace("PORT", str(free_port()))) as worker:
        worker.reach("serving")
        eventually(lambda: "slot 2 does not come up, the others serve on" in worker.logs(), timeout_s=120)
        assert worker.predict(x=1).json()["times"] == 3
        assert len(worker.health().slots) == 1


def test_a_model_that_does_not_load_fails_the_instance_once(tmp_path: Path, envs: Path) -> None:
    broken = PREDICT.replace("def load_model():\n", "def load_model():\n    raise ValueError('no')\n")
    with working(tmp_path, envs=envs, slots=2, predict=broken) as worker:
        assert "ValueError: no" in worker.reach("failed").why


def test_as_many_as_there_are_cpus_and_fit_into_memory(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, slots=0, vcpus=2, memory_mib=4096) as worker:
        worker.reach("serving")
        up(worker, min(2, os.cpu_count() or 1))
    with working(tmp_path / "small", envs=envs, slots=0, vcpus=2, memory_mib=10) as worker:
        worker.reach("serving")
        eventually(lambda: (os.cpu_count() or 1) == 1 or "1 of 2 slots fit" in worker.logs())
        assert len(worker.health().slots) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux makes a process the parent of orphans below it")
def test_what_a_crashed_slot_left_is_ended_and_what_its_siblings_started_lives(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, slots=2, predict=LEAVING) as worker:
        worker.reach("serving")
        up(worker, 2)
        kept = left(worker, tmp_path / "kept", "leave")
        owner = psutil.Process(kept).ppid()
        for number in range(20):
            orphan = left(worker, tmp_path / f"gone{number}", "leave and exit")
            eventually(partial(gone, orphan))
            up(worker, 2)
            if gone(owner):
                break
            assert lifeline.living(kept) is not None, "its slot lives"
        else:
            assert lifeline.living(kept) is not None


def test_all_slots_end_with_their_agent(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, slots=SLOTS) as worker:
        worker.reach("serving")
        up(worker)
        mine = pids(worker)
        worker.process.kill()
        worker.process.wait(60)
        for pid in mine:
            eventually(partial(gone, pid))

"""A request nobody waits for goes on, until others wait and it has had its time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.worker.rig import Worker, abandon, answered, working


@pytest.fixture(scope="module")
def envs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("envs")


def of_the_one_who_left(worker: Worker) -> str:
    return "\n".join(line for line in worker.logs().splitlines() if "[req_left]" in line)


def test_an_endless_loop_makes_room_and_its_slot_lives_on(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, unwanted_s=0.1) as worker:
        worker.reach("serving")
        pid = worker.predict().json()["pid"]
        abandon(worker, do="spin")
        assert answered(worker)["pid"] == pid
        assert "its caller has gone and others wait: it is ended after" in of_the_one_who_left(worker)
        assert "KeyboardInterrupt" in of_the_one_who_left(worker)


def test_a_model_that_takes_no_interrupt_is_killed(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, unwanted_s=0.1) as worker:
        worker.reach("serving")
        pid = worker.predict().json()["pid"]
        abandon(worker, do="stubborn")
        assert answered(worker)["pid"] != pid
        assert "it goes on: the model's process is ended" in of_the_one_who_left(worker)
        assert "died on this request" not in worker.logs()


def test_without_others_it_runs_to_its_end(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, unwanted_s=0.1) as worker:
        worker.reach("serving")
        abandon(worker, do="wait", s=3)
        eventually(lambda: worker.health().in_flight == 0)
        assert of_the_one_who_left(worker) == ""


def test_whoever_waits_for_it_keeps_it(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, unwanted_s=0.1) as worker, ThreadPoolExecutor(1) as callers:
        worker.reach("serving")
        first = callers.submit(worker.predict, do="wait", s=3)
        eventually(lambda: worker.health().in_flight == 1)
        answered(worker)
        assert first.result().ok


def test_a_slow_model_gets_ten_times_what_it_usually_takes(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, unwanted_s=0.1) as worker:
        worker.reach("serving")
        assert worker.predict(do="wait", s=1).ok
        abandon(worker, do="wait", s=4)
        answered(worker)
        assert of_the_one_who_left(worker) == ""

"""What hangs is found and started again; what is only slow, starting, refusing or asleep is left alone."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.daemon.child import Child
from aibro_jupyter.daemon.watch import EVERY_S, MISSES, STARTING_S, Watch
from aibro_jupyter.home import Home
from tests.backends import child_of_daemon, info, processes_of
from tests.eventually import eventually

Ask = Callable[[bool, float], int]


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Ask]:
    """Tell a watch what came of a question at a second of its child's life; it returns the misses in a row."""
    child = Child(name="c", command=("sleep", "60"), descriptors=(), environ={}, folder=tmp_path, log=tmp_path / "log")
    child.tend()
    process = child.process
    assert process is not None
    watch = Watch(child, "http://127.0.0.1:9", threading.Event())
    yield lambda answers, at: watch.heard(process, answers=answers, now=child.started_at + at)
    child.end()
    child.ended(10)


def test_only_silence_in_a_row_counts(ask: Ask) -> None:
    assert [ask(True, 1), ask(False, 8), ask(False, 15), ask(True, 17), ask(False, 24)] == [0, 1, 2, 0, 1]


def test_one_that_starts_has_its_time(ask: Ask) -> None:
    every = int(EVERY_S)
    assert {ask(False, at) for at in range(0, int(STARTING_S), every)} == {0}
    assert [ask(False, STARTING_S + every * n) for n in range(MISSES)] == [1, 2, 3]


def test_what_passed_while_the_computer_slept_counts_for_nothing(ask: Ask) -> None:
    assert [ask(True, 1), ask(False, 8), ask(False, 15), ask(False, 3615), ask(False, 3622)] == [0, 1, 2, 0, 1]


def test_another_process_is_judged_anew(tmp_path: Path) -> None:
    child = Child(name="c", command=("true",), descriptors=(), environ={}, folder=tmp_path, log=tmp_path / "log")
    watch = Watch(child, "http://127.0.0.1:9", threading.Event())
    with subprocess.Popen(["true"]) as first, subprocess.Popen(["true"]) as second:
        assert watch.heard(first, answers=True, now=1.0) == 0
        assert watch.heard(first, answers=False, now=3.0) == 1
        child.started_at = 4.0
        assert watch.heard(second, answers=False, now=5.0) == 0


@contextmanager
def halted(process: psutil.Process) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        if process.is_running():
            process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("name", ["control", "gateway"])
def test_one_that_hangs_is_started_again_and_the_other_is_not(home: Home, name: str) -> None:
    control = backend()
    other = child_of_daemon(home, "gateway" if name == "control" else "control")
    victim = child_of_daemon(home, name)
    with halted(victim):
        eventually(lambda: child_of_daemon(home, name).pid != victim.pid)
    assert control.status().version
    assert requests.get(f"{info(home).gateway_url}/healthz", timeout=60).status_code == 200
    assert other.is_running()
    assert "does not answer" in (home.logs / "daemon.log").read_text()


def test_under_heavy_traffic_nothing_that_lives_is_started_again(home: Home) -> None:
    control = backend()
    before = [child_of_daemon(home, name) for name in ("control", "gateway")]
    until = time.monotonic() + 3 * (MISSES * EVERY_S)

    def hammer(number: int) -> int:
        with requests.Session() as session:
            session.trust_env = False
            asked = 0
            while time.monotonic() < until:
                if number % 2:
                    session.get(f"{info(home).gateway_url}/v1/nobody/public/nothing/predict", timeout=60)
                else:
                    session.get(f"{control.url}/api/status", timeout=60)
                asked += 1
        return asked

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(hammer, range(16))) > 100
    assert [process.is_running() for process in before] == [True, True]
    assert "does not answer" not in (home.logs / "daemon.log").read_text()


def test_down_ends_a_daemon_that_hangs_and_says_so(home: Home) -> None:
    backend()
    with halted(psutil.Process(info(home).pid)):
        assert down() == ["backend: did not answer and was killed, jobs and files are kept"]
    eventually(lambda: not processes_of(home))


def test_down_ends_a_backend_whose_control_hangs(home: Home) -> None:
    backend()
    with halted(child_of_daemon(home, "control")):
        assert down() == ["backend: ended, jobs and files are kept"]
    eventually(lambda: not processes_of(home))

"""Nothing of an instance lives on without it, and what its model lost is made anew."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from aibro_jupyter import lifeline
from aibro_jupyter.masking import without_paths
from tests.eventually import eventually
from tests.worker.rig import LEAVING, left, working


@pytest.fixture(scope="module")
def envs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("envs")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux makes a process the parent of orphans below it")
@pytest.mark.parametrize("do", ["leave", "daemon"])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_models_child_in_a_session_of_its_own_ends_with_its_agent(
    tmp_path: Path, envs: Path, do: str, end: signal.Signals
) -> None:
    with working(tmp_path, envs=envs, predict=LEAVING) as worker:
        worker.reach("serving")
        pid = left(worker, tmp_path / "note", do)
        assert lifeline.living(pid) is not None
        worker.process.send_signal(end)
        worker.process.wait(60)
        eventually(lambda: lifeline.living(pid) is None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux makes a process the parent of orphans below it")
def test_a_child_that_a_crashed_model_left_is_ended(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, predict=LEAVING) as worker:
        worker.reach("serving")
        pid = left(worker, tmp_path / "note", "leave and exit")
        eventually(lambda: lifeline.living(pid) is None)
        worker.reach("serving")
        assert worker.predict(x=1).ok


@pytest.mark.parametrize("gone", ["folder", "lock", "process"])
def test_an_agent_nobody_can_find_ends_with_its_slot(tmp_path: Path, envs: Path, gone: str) -> None:
    with working(tmp_path, envs=envs) as worker:
        worker.reach("serving")
        slot = worker.predict().json()["pid"]
        if gone == "folder":
            shutil.rmtree(worker.root, ignore_errors=True)
        else:
            (worker.root / gone).unlink()
        assert worker.process.wait(60) == 0
        eventually(lambda: lifeline.living(slot) is None)


@pytest.mark.parametrize("gone", ["slots", "slots and repo"])
def test_a_slot_without_its_folder_is_made_anew(tmp_path: Path, envs: Path, gone: str) -> None:
    with working(tmp_path, envs=envs) as worker:
        worker.reach("serving")
        for name in gone.split(" and "):
            shutil.rmtree(worker.root / name)
        answer = worker.predict(x=1)
        assert answer.headers["X-Aibro-Failure"] == "slot-crash"
        assert str(tmp_path) not in answer.text
        worker.reach("serving")
        assert worker.predict(x=2).json()["times"] == 6


def test_no_answer_names_a_path_of_this_machine(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, predict=LEAVING) as worker:
        worker.reach("serving")
        answer = worker.predict(do="open", path=str(tmp_path / "secret plans" / "nothing.csv"))
        assert answer.status_code == 500
        assert "FileNotFoundError" in answer.text
        assert str(tmp_path) not in answer.text
        assert str(tmp_path) in worker.logs()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no /tmp/a/b.csv here", "no …/b.csv here"),
        ("[Errno 2] '/tmp/a'", "[Errno 2] '…/a'"),
        ("see https://example.org/tmp/x and /v1/ada/predict", "see https://example.org/tmp/x and /v1/ada/predict"),
        ("3/4 of a/tmp/b", "3/4 of a/tmp/b"),
    ],
)
def test_paths_are_told_from_what_looks_like_one(text: str, shown: str) -> None:
    assert without_paths(text) == shown


@pytest.mark.skipif(sys.platform != "linux", reason="/proc counts what a process reads")
def test_an_agent_asked_for_its_health_looks_at_no_other_process(tmp_path: Path, envs: Path) -> None:
    with contextlib.ExitStack() as stack, working(tmp_path, envs=envs) as worker:
        worker.reach("serving")
        for _ in range(60):
            stack.enter_context(subprocess.Popen(["cat"], stdin=subprocess.PIPE))
        agent = psutil.Process(worker.process.pid)
        before = agent.io_counters().read_count
        for _ in range(20):
            worker.health()
        # A look at every process reads a file of each of these sixty at least.
        assert agent.io_counters().read_count - before < 20 * 60 / 2

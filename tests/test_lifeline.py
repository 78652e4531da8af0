from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from aibro_jupyter import detach, lifeline
from tests.eventually import eventually

SLEEP = [
    sys.executable,
    "-c",
    "import sys; sys.stdout.write(sys.argv[1]); sys.stdout.flush(); import time; time.sleep(600)",
]


def test_a_detached_process_holds_its_lock_for_exactly_its_life(tmp_path: Path) -> None:
    lock = lifeline.hold(tmp_path / "lock")
    assert lock is not None
    pid = detach.detached([*SLEEP, "hello"], folder=tmp_path, log=tmp_path / "log", environ={}, lock=lock)
    lifeline.sign(lock, pid)
    os.close(lock)
    assert lifeline.is_held(tmp_path / "lock")
    assert lifeline.hold(tmp_path / "lock") is None
    eventually(lambda: (tmp_path / "log").read_text() == "hello")
    holder = lifeline.holder(tmp_path / "lock")
    assert holder is not None
    assert holder.pid == pid
    holder.kill()
    eventually(lambda: not lifeline.is_held(tmp_path / "lock"))
    assert lifeline.holder(tmp_path / "lock") is None
    eventually(lambda: lifeline.living(pid) is None)


def test_a_lock_nobody_ever_took_is_free_and_not_made_by_asking(tmp_path: Path) -> None:
    assert not lifeline.is_held(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()


def test_taking_a_lock_forgets_whose_it_was(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1 2.0")
    lock = lifeline.hold(tmp_path / "lock")
    assert lock is not None
    assert (tmp_path / "lock").read_text() == ""
    os.close(lock)


def test_a_pid_with_another_start_time_is_another_process() -> None:
    assert lifeline.living(os.getpid()) is not None
    assert lifeline.living(os.getpid(), 12345.0) is None


def test_a_zombie_does_not_live() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert lifeline.living(child.pid) is None
    child.wait()


def test_a_process_ends_when_the_other_side_of_its_pipe_does(tmp_path: Path) -> None:
    (tmp_path / "patient.py").write_text("import sys, time\nassert sys.argv == [sys.argv[0], '--x']\ntime.sleep(600)\n")
    read, write = os.pipe()
    environ = {lifeline.PIPE: str(read), "PYTHONPATH": str(tmp_path)}
    child = subprocess.Popen(detach.module("aibro_jupyter.lifeline", "patient", "--x"), env=environ, pass_fds=(read,))
    os.close(read)
    assert child.poll() is None
    os.close(write)
    assert child.wait(60) == 0


def test_without_a_daemon_there_is_nothing_to_watch() -> None:
    os.environ.pop(lifeline.PIPE, None)
    lifeline.watch()

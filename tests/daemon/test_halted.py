"""What people are told while the daemon is halted, while control hangs, and while a backend only starts."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from aibro_jupyter import lifeline
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import BackendDown, NoBackend
from aibro_jupyter.home import Home
from aibro_jupyter.jupyter.upstream import locate
from tests.backends import child_of_daemon, info
from tests.eventually import eventually


@contextmanager
def halted(process: psutil.Process) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    eventually(lambda: process.status() == psutil.STATUS_STOPPED)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def aibro(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aibro_jupyter.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_halted_daemon_is_told_by_status_and_doctor(home: Home) -> None:
    backend()
    daemon = psutil.Process(info(home).pid)
    with halted(daemon):
        (warning,) = backend().status().warnings
        assert f"the backend's daemon is halted (pid {daemon.pid})" in warning
        assert warning in aibro("status").stdout
        (check,) = [c for c in json.loads(aibro("doctor", "--json").stdout)["checks"] if c["name"] == "daemon"]
        assert (check["state"], f"pid {daemon.pid}" in check["found"]) == ("fail", True)
    assert not backend().status().warnings
    assert "daemon" not in [c["name"] for c in json.loads(aibro("doctor", "--json").stdout)["checks"]]


def test_nothing_answers_under_a_halted_daemon_and_nobody_waits_for_it_to_heal(home: Home) -> None:
    backend()
    control = child_of_daemon(home, "control")
    with halted(psutil.Process(info(home).pid)):
        control.kill()
        with pytest.raises(BackendDown, match="its daemon is halted"):
            backend(start=False)


def test_who_waits_at_a_terminal_is_told_what_for(home: Home) -> None:
    backend()
    master, terminal = pty.openpty()
    with halted(child_of_daemon(home, "control")):
        command = [sys.executable, "-m", "aibro_jupyter.cli", "status"]
        waiting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, text=True)
        os.close(terminal)
        assert os.read(master, 4096).decode().startswith("the backend runs, but does not answer; waiting for it")
    # It goes on, or the daemon has started another: either answers.
    assert "nothing is deployed" in waiting.communicate(timeout=120)[0].lower()
    os.close(master)


def test_one_that_starts_is_not_told_as_none(home: Home) -> None:
    home.make()
    lock = lifeline.hold(home.daemon_lock)
    assert lock is not None
    try:
        lifeline.sign(lock, os.getpid())
        with pytest.raises(NoBackend, match="just starting"):
            backend(start=False)
        with pytest.raises(BackendDown, match="just starting"):
            locate()
        assert aibro("status").stdout == ("a backend is just starting, or ending: `aibro up` waits until one answers\n")
    finally:
        os.close(lock)

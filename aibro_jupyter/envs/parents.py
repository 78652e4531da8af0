"""Parked parents of an environment's slots, seen from outside: start one, fork a slot from it, count them, end them.

A parent has done the environment's imports and nothing else. Whatever is in doubt, the answer is None and the caller
starts a fresh process. Linux only: elsewhere a process that has imported system frameworks may not be forked.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

import psutil

from aibro_jupyter import detach, lifeline
from aibro_jupyter.home import private_dir, write_private

ANSWER_S = 1.0
"""A fork takes milliseconds; a parent that needs longer is no help."""
END_S = 5.0
"""A parent ends at a signal; one that is in the midst of an import may not hear it."""
_LONGEST = 4096
"""Bytes of an answer, which is a number in JSON."""


def slot_program(python: Path) -> list[str]:
    """Return the command line of a slot, and of a parent of slots, without its options."""
    return [str(python), "-I", str(resources.files("aibro_jupyter") / "slot" / "main.py")]


@dataclass(frozen=True)
class Parent:
    """The parent of one environment's slots, parked or not; its libraries compute with so many threads."""

    root: Path
    python: Path
    threads: int

    @property
    def lock(self) -> Path:
        """Held for as long as the parent lives."""
        return self.root / "lock"

    def park(self, modules: Sequence[str], environ: Mapping[str, str]) -> None:
        """Start a parent that imports these modules, unless one runs, none is worth it, or it would not be safe."""
        if not modules or (self.root / "off").exists():
            return
        private_dir(self.root)
        held = lifeline.hold(self.lock)
        if held is None:
            return
        try:
            wanted = {"modules": list(modules), "threads": self.threads}
            write_private(self.root / "modules.json", json.dumps(wanted))
            # OpenBLAS starts its threads when it is loaded; each slot tells it their number after the fork.
            environ = {**environ, "OPENBLAS_NUM_THREADS": "1"}
            command = [*slot_program(self.python), "--park", str(self.root), "--lock-fd", str(held)]
            pid = detach.detached(command, folder=self.root, log=self.root / "log", environ=environ, lock=held)
            lifeline.sign(held, pid)
        finally:
            os.close(held)

    def fork(self, repo: Path, environ: Mapping[str, str], descriptors: tuple[int, int, int]) -> Forked | None:
        """Return a slot that serves ``repo``; its descriptors are socket, life line and log. None: no parent can."""
        asked = os.memfd_create("aibro-slot", os.MFD_CLOEXEC)
        agent = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            # Only the slot itself reads it: its environment has secrets that its parent must not keep.
            os.write(asked, json.dumps({"repo": str(repo), "environ": dict(environ)}).encode())
            os.lseek(asked, 0, os.SEEK_SET)
            agent.settimeout(ANSWER_S)
            # An address has room for a hundred characters only, and a home may lie deeper than that.
            folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                agent.connect(f"/proc/self/fd/{folder}/socket")
            finally:
                os.close(folder)
            socket.send_fds(agent, [b"slot"], [*descriptors, asked])
            data, fds, _, _ = socket.recv_fds(agent, _LONGEST, 1)
            os.set_inheritable(fds[0], False)
            return Forked(json.loads(data)["pid"], fds[0], agent)
        except (OSError, ValueError, KeyError, IndexError):
            agent.close()
            return None
        finally:
            os.close(asked)


def parent_of(envs: Path, python: Path, threads: int) -> Parent | None:
    """Return the parent of an environment's slots, in the run folder beside ``envs``; None: there can be none."""
    run = envs.parent / "run"
    if sys.platform != "linux" or not hasattr(os, "pidfd_open") or not run.is_dir():
        return None
    key = f"{_of(python.parent.parent)}-{threads}-{metadata.version('aibro_jupyter')}"
    return Parent(run / "parents" / key, python, threads)


def _of(environment: Path) -> str:
    """Return what the folders of an environment's parents begin with."""
    return environment.name[:32]


def parked(run: Path, which: str = "*") -> list[psutil.Process]:
    """Return the parents that are parked in a home's run folder."""
    locks = sorted((run / "parents").glob(f"{which}/lock"))
    return [process for lock in locks if (process := lifeline.holder(lock)) is not None]


def end_parents_of(run: Path, environment: Path) -> None:
    """End the parents of one environment and remove their folders."""
    which = f"{_of(environment)}-*"
    end_all(run, which)
    for folder in (run / "parents").glob(which):
        shutil.rmtree(folder, ignore_errors=True)


def end_all(run: Path, which: str = "*") -> int:
    """End them all, and return how many there were."""
    found = parked(run, which)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(found, timeout=END_S)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return len(found)


class Forked:
    """A forked slot as ``subprocess.Popen`` would show it; its parent knows the exit code and waits for it."""

    def __init__(self, pid: int, pidfd: int, agent: socket.socket) -> None:
        self.pid = pid
        self._pidfd = pidfd
        self._agent = agent
        self._code: int | None = None
        self._one = threading.Lock()

    def poll(self) -> int | None:
        """Return the exit code if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code, negative for a signal. Raises ``subprocess.TimeoutExpired``."""
        if self._code is not None:
            return self._code
        ended = select.poll()
        ended.register(self._pidfd, select.POLLIN)
        if not ended.poll(None if timeout is None else timeout * 1000):
            raise subprocess.TimeoutExpired(f"slot {self.pid}", timeout or 0)
        with self._one:
            if self._code is None:
                self._code = self._told()
                self._agent.close()
            return self._code

    def _told(self) -> int:
        try:
            return int(json.loads(self._agent.recv(_LONGEST))["code"])
        except (OSError, ValueError, KeyError):
            # Only a parent that was killed keeps silent, and then nobody knows more.
            return -signal.SIGKILL

    def __del__(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._pidfd)
        self._agent.close()

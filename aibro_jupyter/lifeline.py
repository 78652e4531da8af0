"""Who lives, and who ends with whom: locks that only a living process holds, and a pipe that ends with the daemon."""

from __future__ import annotations

import os
import runpy
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

if sys.platform != "win32":
    import fcntl

PIPE = "AIBRO_DAEMON_PIPE"
"""Names the inherited descriptor that reaches its end when the daemon is gone, however it went."""


def watch() -> None:
    """End this process as soon as the daemon that started it is gone; without a daemon, or twice, do nothing."""
    inherited = os.environ.pop(PIPE, None)
    if inherited is None:
        return
    pipe = int(inherited)
    os.set_inheritable(pipe, False)
    threading.Thread(target=_end_with, args=(pipe,), name="lifeline", daemon=True).start()


def _end_with(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os._exit(0)


def hold(lock: Path) -> int | None:
    """Take a lock for as long as this process, or one that inherits the returned descriptor, lives.

    None: another process holds it. What the last holder wrote into the file is gone.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    return descriptor


def sign(descriptor: int, pid: int) -> None:
    """Write into a held lock whose it is."""
    with suppress(psutil.NoSuchProcess):
        os.pwrite(descriptor, f"{pid} {psutil.Process(pid).create_time()}".encode(), 0)


def holder(lock: Path) -> psutil.Process | None:
    """Return the process that holds a signed lock; one that merely got the same pid later is never taken for it."""
    with suppress(ValueError, FileNotFoundError):
        pid, _, started_at = lock.read_text().partition(" ")
        found = living(int(pid), float(started_at) if started_at else None)
        return found if is_held(lock) else None
    return None


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Let one block at a time run among all threads and processes that name the same lock; wait for the turn."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_held(lock: Path) -> bool:
    """Tell whether a living process holds the lock."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def living(pid: int, started_at: float | None = None) -> psutil.Process | None:
    """Return the process of that pid unless it ended (a zombie did) or started at another time: a reused pid."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        # Some systems compute the start time anew from a clock that is being adjusted.
        if started_at is not None and abs(process.create_time() - started_at) > 2:
            return None
    except psutil.Error:
        # Gone meanwhile, or somebody else's: then it is not the one we mean.
        return None
    return process


def is_halted(process: psutil.Process) -> bool:
    """Tell whether a process is stopped (SIGSTOP, Ctrl-Z): it lives, and does nothing."""
    with suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_STOPPED
    return False


def main() -> None:
    """Run ``python -m aibro_jupyter.lifeline MODULE ARGUMENTS`` as that module, tied to the daemon's life."""
    watch()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

"""The processes below one, for both sides: a model may start some that lead a session of their own."""

from __future__ import annotations

import os
import signal
import sys

_SUBREAPER = 36
"""``PR_SET_CHILD_SUBREAPER`` of ``prctl(2)``."""


def below(pid: int) -> list[int]:
    """Return all processes below one, from what the kernel says of each one's children."""
    found: list[int] = []
    wanted = [pid]
    while wanted:
        new = children(wanted.pop())
        found += new
        wanted += new
    return found


def children(pid: int) -> list[int]:
    """Return a process's children, ended ones that nobody waited for as well."""
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
        return _children_by_ps(pid)
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    except OSError:
        # It has ended meanwhile, and what it left is somebody else's child by now.
        return found
    return found


def _children_by_ps(pid: int) -> list[int]:
    """Ask all processes for their parents, where the kernel does not list children: on macOS."""
    import subprocess

    asking = subprocess.Popen(["/bin/ps", "-axo", "pid=,ppid="], stdout=subprocess.PIPE)
    pairs = [tuple(map(int, line.split())) for line in asking.communicate()[0].splitlines()]
    return [child for child, parent in pairs if parent == pid and child != asking.pid]


def end_below(pid: int, *spared: int) -> None:
    """Kill all processes below one, also those that come while this goes on; the spared and what is below them live."""
    seen = {pid, *spared}
    for one in spared:
        seen.update(below(one))
    while found := [one for one in below(pid) if one not in seen]:
        for one in found:
            seen.add(one)
            try:
                os.kill(one, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue


def adopt(orphans: bool = True) -> None:
    """Become the parent of what a process below this one leaves behind, or stop; elsewhere than Linux do nothing."""
    if sys.platform != "linux":
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_SUBREAPER, int(orphans), 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return

"""What a process and all that it started use of this computer."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from aibro_jupyter.modelio.descendants import below


def own_mib(pid: int) -> int:
    """Return its memory in MiB; what several processes share counts to each by its part."""
    return sum(map(_own_bytes, (pid, *below(pid)))) // 2**20


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that it has used so far."""
    return sum(map(_cpu_s, (pid, *below(pid))))


def _own_bytes(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        # Linux sums up there what psutil would add up by reading every mapping.
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace")
        return int(rollup.partition("\nPss:")[2].split(None, 1)[0]) * 1024
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def _cpu_s(pid: int) -> float:
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0

"""The harness's own account of which instance ran when: agents' start times, and their ends by pidfd."""

from __future__ import annotations

import os
import select
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from aibro_jupyter.protocol import Interval


@dataclass
class Run:
    """One process of an instance's agent; UTC seconds."""

    instance_id: str
    pid: int
    began_at: float
    ended_at: float | None = None


class Oracle:
    """Watches a folder of instances. It never asks the system under test: it reads pids, the kernel tells the rest."""

    def __init__(self, instances: Path) -> None:
        self._instances = instances
        self.runs: dict[tuple[int, float], Run] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="oracle")

    def __enter__(self) -> Oracle:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        poll = select.poll()
        watched: dict[int, Run] = {}
        try:
            while not self._stop.is_set():
                self._find(poll, watched)
                for descriptor, _ in poll.poll(20):
                    watched.pop(descriptor).ended_at = time.time()
                    poll.unregister(descriptor)
                    os.close(descriptor)
        finally:
            for descriptor in watched:
                os.close(descriptor)

    def _find(self, poll: select.poll, watched: dict[int, Run]) -> None:
        for mark in self._instances.glob("*/process"):
            try:
                pid = pid_in(mark)
                process = psutil.Process(pid)
                key = (pid, process.create_time())
                if pid == 0 or key in self.runs or str(mark.parent) not in process.cmdline():
                    continue
                descriptor = os.pidfd_open(pid)
            except (OSError, ValueError, psutil.NoSuchProcess):
                continue
            run = Run(mark.parent.name, pid, key[1])
            self.runs[key] = watched[descriptor] = run
            poll.register(descriptor, select.POLLIN)

    def differences(self, intervals: list[Interval], within_s: float) -> list[str]:
        """Return what the ledger says otherwise: each run is one interval, its ends right within so many seconds."""
        wrong = []
        open_ones = [i for i in intervals if i.kind == "compute"]
        for run in sorted(self.runs.values(), key=lambda r: r.began_at):
            ended_at = run.ended_at or time.time()
            near = [
                i
                for i in open_ones
                if i.instance_id == run.instance_id
                and abs(i.opened_ms / 1000 - run.began_at) <= within_s
                and abs((i.closed_ms or 0) / 1000 - ended_at) <= within_s
            ]
            if near:
                open_ones.remove(near[0])
            elif ended_at - run.began_at > within_s:
                mine = [
                    (i.opened_ms / 1000, (i.closed_ms or 0) / 1000)
                    for i in intervals
                    if i.instance_id == run.instance_id
                ]
                wrong.append(f"{run.instance_id} ran {run.began_at:.2f} to {ended_at:.2f}, billed {mine}")
        long_ones = [i for i in open_ones if i.closed_ms is None or i.closed_ms - i.opened_ms > within_s * 1000]
        return [*wrong, *(f"billed, but nothing ran: {i}" for i in long_ones)]


def left_over(root: Path) -> list[str]:
    """Return every living process that has to do with a folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        living = process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid()
        if living and any(str(root) in word for word in process.info["cmdline"] or []):
            found.append(f"{process.pid} {process.info['cmdline']}")
    return found


def pid_in(mark: Path) -> int:
    """Return the pid that an instance's lock is signed with; 0: it is not signed yet."""
    return int((mark.read_text().split() or ["0"])[0])


def agents(instances: Path) -> list[psutil.Process]:
    """Return the living agents of a folder of instances; a reused pid is never taken for one."""
    found = []
    for mark in sorted(instances.glob("*/process")):
        try:
            process = psutil.Process(pid_in(mark))
            if process.status() != psutil.STATUS_ZOMBIE and str(mark.parent) in process.cmdline():
                found.append(process)
        except (OSError, ValueError, psutil.NoSuchProcess):
            continue
    return found

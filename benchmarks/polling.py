"""What an open sidebar costs: bytes and server CPU an hour, polling every 2 s, with 1, 10 and 100 jobs.

``python benchmarks/polling.py`` starts control (with an engine whose machines are made up) and a real Jupyter server
with our extension, and polls as the panel does: with the ETag, so that an unchanged state is a 304, and without, which
is what a change costs. CPU is that of the two processes; what they use while nobody asks is measured and taken off.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
JOBS = (1, 10, 100)
POLLS = 150
EVERY_S = 2.0
AN_HOUR = 3600 / EVERY_S
TOKEN = "bench"
LOCK = "".join(f"package-number-{number}==1.{number}.0\n    # via scikit-learn\n" for number in range(8))
ABOUT = '{"format": 1, "function": "predict", "sample": "' + "x" * 400 + '"}'


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One way of polling, measured."""

    kib: float
    """A poll's answer with its headers, in KiB."""
    control_ms: float
    jupyter_ms: float
    """CPU a poll."""

    def line(self, label: str) -> str:
        mib, cpu_s = self.kib * AN_HOUR / 1024, (self.control_ms + self.jupyter_ms) * AN_HOUR / 1000
        each = f"control {self.control_ms:.2f} + Jupyter {self.jupyter_ms:.2f} ms"
        return f"  {label:<22}{self.kib:>8.2f} KiB {mib:>8.2f} MiB/h   {each}   {cpu_s:>6.2f} s CPU/h"


def serve_control(jobs: int) -> None:
    """Be control with so many deployed jobs, until stdin ends."""
    from tests.control.backend import Backend

    with tempfile.TemporaryDirectory() as root, Backend(Path(root) / "home") as backend:
        backend.upload()
        for number in range(jobs):
            backend.deploy(f"model-{number}", lock=LOCK, about=ABOUT, standby="g4dn.4xlarge")
        print(backend.url, flush=True)
        sys.stdin.read()


@contextmanager
def control(jobs: int) -> Iterator[tuple[str, psutil.Process]]:
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(jobs)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), psutil.Process(process.pid)
    finally:
        process.stdin.close()
        process.wait(60)


@contextmanager
def jupyter(control_url: str) -> Iterator[tuple[str, psutil.Process]]:
    from tests.control.backend import OWNER

    with socket.socket() as free, tempfile.TemporaryDirectory() as root:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        places = {f"JUPYTER_{name}_DIR": f"{root}/{name.lower()}" for name in ("CONFIG", "DATA", "RUNTIME")}
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
        command += [f"--IdentityProvider.token={TOKEN}", "--ServerApp.jpserver_extensions={'aibro_jupyter': True}"]
        process = subprocess.Popen(
            command, cwd=root, env=os.environ | places | {"AIBRO_URL": control_url, "AIBRO_TOKEN": OWNER},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}/aibro/api/status"
        try:
            _wait_for(url)
            yield url, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            if requests.get(url, headers={"Authorization": f"token {TOKEN}"}, timeout=10).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def measured(url: str, processes: tuple[psutil.Process, psutil.Process], *, unchanged: bool) -> Figure:
    """Poll, and return what a poll cost beyond what the processes do by themselves."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"token {TOKEN}"
        etag = session.get(url, timeout=60).headers["ETag"]
        idle_s, began, before = _idle(processes), time.perf_counter(), _cpu(processes)
        size = 0
        for _ in range(POLLS):
            answer = session.get(url, timeout=60, headers={"If-None-Match": etag} if unchanged else {})
            if answer.status_code == 304 or not unchanged:
                size += int(answer.headers.get("Content-Length", 0)) + sum(
                    len(name) + len(value) + 4 for name, value in answer.headers.items()
                )
            etag = answer.headers.get("ETag", etag)
        took_s = time.perf_counter() - began
        spent = [
            (after - earlier - rest * took_s) * 1000 / POLLS
            for after, earlier, rest in zip(_cpu(processes), before, idle_s, strict=True)
        ]
    return Figure(kib=size / POLLS / 1024, control_ms=max(0.0, spent[0]), jupyter_ms=max(0.0, spent[1]))


def _cpu(processes: tuple[psutil.Process, psutil.Process]) -> list[float]:
    return [sum(process.cpu_times()[:2]) for process in processes]


def _idle(processes: tuple[psutil.Process, psutil.Process]) -> list[float]:
    """Return CPU seconds a second while nobody asks."""
    before, began = _cpu(processes), time.perf_counter()
    time.sleep(2)
    took_s = time.perf_counter() - began
    return [(after - earlier) / took_s for after, earlier in zip(_cpu(processes), before, strict=True)]


def main() -> None:
    """Print a table a count of jobs."""
    print(f"an open sidebar, one poll each {EVERY_S:g} s")
    for jobs in JOBS:
        with control(jobs) as (control_url, control_process), jupyter(control_url) as (url, server):
            processes = (control_process, server)
            print(f"{jobs} job{'s' if jobs > 1 else ''}")
            print(measured(url, processes, unchanged=True).line("nothing changed (304)"))
            print(measured(url, processes, unchanged=False).line("changed at each poll"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve_control(int(sys.argv[2]))
    else:
        main()

"""Requests by wrk, and the CPU time that they cost each process, by the kernel's own accounting."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_GONE_S = 1.5
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server that is up."""

    name: str
    url: str
    parts: Mapping[str, Sequence[int]]
    """Its processes, by what they are."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What one server did with one model and so many callers; medians of several runs."""

    name: str
    model: str
    callers: int
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: Mapping[str, float]
    """Microseconds of CPU a request, by what the processes are."""

    @property
    def whole_us(self) -> float:
        """All of it together."""
        return sum(self.cpu_us.values())


class _Run(NamedTuple):
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: dict[str, float]


class Load:
    """Asks with one body over and over."""

    def __init__(self, folder: Path, body: object, seconds: float) -> None:
        self._folder = folder
        self._seconds = seconds
        told = json.dumps(json.dumps(body))
        headers = "wrk.headers['Content-Type']='application/json'"
        (folder / "post.lua").write_text(f"wrk.method='POST'; {headers}; wrk.body={told}\n")

    def figure(self, served: Served, model: str, callers: int, repeats: int) -> Figure:
        """Return the medians of several runs; one in which anything but 200 came ends the benchmark."""
        runs = [self._run(served, callers) for _ in range(repeats)]
        return Figure(
            name=served.name,
            model=model,
            callers=callers,
            per_s=statistics.median(run.per_s for run in runs),
            p50_ms=statistics.median(run.p50_ms for run in runs),
            p99_ms=statistics.median(run.p99_ms for run in runs),
            cpu_us={part: statistics.median(run.cpu_us[part] for run in runs) for part in served.parts},
        )

    def _run(self, served: Served, callers: int) -> _Run:
        before = {part: _cpu_s(pids) for part, pids in served.parts.items()}
        command = ["wrk", "-t1", f"-c{callers}", f"-d{self._seconds:g}s", "--latency", "-s", "post.lua", served.url]
        told = subprocess.run(command, capture_output=True, text=True, cwd=self._folder, check=True).stdout
        if "Non-2xx" in told or "Socket errors" in told:
            raise SystemExit(f"{served.name} did not answer every request:\n{told}")
        requests = int(_found(r"(\d+) requests in", told))
        if not requests:
            raise SystemExit(f"{served.name} answered nothing to {callers} callers: run it for longer (--seconds)")
        spent = {part: (_cpu_s(pids) - before[part]) / requests * 1e6 for part, pids in served.parts.items()}
        # Who closes a connection is presumed gone after a second: till then his requests are still worked on.
        time.sleep(_GONE_S)
        p50, p99 = (_ms(_found(rf"{share}%\s+([\d.]+(?:us|ms|s))", told)) for share in (50, 99))
        return _Run(float(_found(r"Requests/sec:\s+([\d.]+)", told)), p50, p99, spent)


def _cpu_s(pids: Sequence[int]) -> float:
    # A process's own file tells of its main thread alone.
    tasks = (task for pid in pids for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk did not tell {pattern!r}:\n{text}")
    return found[1]


def _ms(told: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", told).groups()  # type: ignore[union-attr]
    return float(number) * _MS[unit]

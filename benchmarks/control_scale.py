"""One control process with 1,000 jobs and 3,000 instances of a fake cloud under change: how soon it acts and answers.

``python benchmarks/control_scale.py [--jobs 1000] [--seconds 20]`` runs the real control, its API and its database on
disk in a process of its own. Each second a gateway reports all jobs, some of them get requests and some instances die.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import requests
from aiohttp import web

sys.path.insert(0, str(Path(__file__).parents[1]))

from aibro_jupyter.control.api.app import Outside, application
from aibro_jupyter.control.api.auth import HostList
from aibro_jupyter.control.engine.engine import Engine
from aibro_jupyter.control.ledger.rows import CloseBill, InstanceRow, Move, OpenBill
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.home import Home
from aibro_jupyter.listening import Listening
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Boot, DeployRequest, RouteTable, decode, encode
from aibro_jupyter.providers.base import State
from aibro_jupyter.providers.simulated import SimulatedMachine
from aibro_jupyter.states import Phase, Role
from tests.fakes import FakeProvider, report, traffic
from tests.simulation import spec

OWNER, GATEWAY = {"Authorization": "Bearer owner"}, {"Authorization": "Bearer gateway"}
ASKED_A_SECOND, DYING_A_SECOND = 20, 2
_UP = (Phase.CONNECTING, Phase.DEPLOYING, Phase.SERVING)


def p99(found: list[float]) -> float:
    return sorted(found)[math.ceil(0.99 * len(found)) - 1] if found else math.nan


class SystemTime:
    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


NO_BOOT = Boot(
    job_id="",
    role=Role.STANDBY,
    bundle_url="",
    bundle="",
    lock="",
    python="",
    token="",
    vcpus=1,
    memory_mib=1,
    request_limit_s=1,
    enforce=False,
    envs="",
)

# --- the control process ---------------------------------------------------------------------------------------------


def fill(database: Path, provider: FakeProvider, jobs: int) -> None:
    """Write jobs that have served for an hour: standby and cooling up, and one instance that was lost before."""
    store, since = SqliteStore(database), time.time() - 3600
    store._db.execute("PRAGMA synchronous = OFF")
    for number in range(jobs):
        job_id = f"inf_{number}"
        of = spec(cooling="g4dn.12xlarge", cool_down_period_s=86_400)
        request = DeployRequest(job_id=job_id, model_name=f"m{number}", spec=of, client_ids=("ana", "bob"))
        store.add_job(request, "ana", since, strongest_micros=3_910_000)
        for role, machine, lost in (
            (Role.STANDBY, "g4dn.4xlarge", True),
            (Role.STANDBY, "g4dn.4xlarge", False),
            (Role.COOLING, "g4dn.12xlarge", False),
        ):
            name = f"ins_{number}_{role}_{lost}"
            row = InstanceRow(
                instance_id=name,
                job_id=job_id,
                version=1,
                role=role,
                machine=machine,
                market=Market.ON_DEMAND,
                provider="here",
                token="t",
                phase=Phase.REQUESTING,
                phase_at=since,
            )
            store.add_instance(row, since)
            opened = OpenBill(at=since, micros_per_hour=1_200_000, on_demand_micros_per_hour=1_200_000)
            moves = [Move(name, phase) for phase in _UP]
            if lost:
                moves.append(Move(name, Phase.TERMINATED, "lost", failed=True))
            bills: list[OpenBill | CloseBill] = [opened, CloseBill(at=since + 1)] if lost else [opened]
            store.advance(name, moves, now=since + 1, bills=bills, endpoint=f"{name}:1")
            state = State.GONE if lost else State.RUNNING
            provider.machines[name] = SimulatedMachine(
                machine, Market.ON_DEMAND, state, since, since - 100, runs=[(since, None)]
            )
        store.promote(job_id, 1, since + 2)
    store.close()


def serve(home: Path, jobs: int, descriptor: int) -> None:
    """Be control: real but for the cloud."""
    provider, waits, told = FakeProvider(clock=SystemTime(), boot_s=2.0), {}, []  # type: ignore[var-annotated]
    here = Home(home).make()
    fill(here.database, provider, jobs)
    wake, step = Engine.wake, Engine.step

    def timed_wake(engine: Engine, job_id: str) -> None:
        waits.setdefault(job_id, time.perf_counter())
        wake(engine, job_id)

    async def timed_step(engine: Engine, job_id: str) -> None:
        since = waits.pop(job_id, None)
        await step(engine, job_id)
        if since is not None:
            told.append(time.perf_counter() - since)

    Engine.wake, Engine.step = timed_wake, timed_step  # type: ignore[method-assign,assignment]
    outside = Outside(
        home=here,
        settings=ControlSettings(),
        providers={"here": provider},
        owner_token="owner",
        gateway_token="gateway",
        metrics_token="metrics",
        gateway_url="http://127.0.0.1:1",
        hosts=HostList.of(Listening()),
        probe=provider,
    )
    app = application(outside)

    async def figures(_: web.Request) -> web.Response:
        found = {"count": len(told), "p50": sorted(told)[len(told) // 2] if told else None, "p99": p99(told)}
        told.clear()
        return web.json_response(found)

    async def crash(_: web.Request) -> web.Response:
        up = [name for name, machine in provider.machines.items() if machine.state is State.RUNNING]
        for name in random.sample(up, DYING_A_SECOND):
            provider.crash(name)
        return web.json_response({})

    bench = web.Application()
    bench.router.add_get("/figures", figures)
    bench.router.add_get("/crash", crash)

    async def run() -> None:
        runners = [web.AppRunner(app), web.AppRunner(bench)]
        for runner in runners:
            await runner.setup()
        await web.SockSite(runners[0], socket.socket(fileno=descriptor)).start()
        await web.TCPSite(runners[1], "127.0.0.1", int(os.environ["BENCH_PORT"])).start()
        await asyncio.Event().wait()

    asyncio.run(run())


# --- its callers ------------------------------------------------------------------------------------------------------


class Callers:
    """A gateway that reports each second and polls for routes, and a panel that polls for the status."""

    def __init__(self, url: str, bench: str, jobs: int) -> None:
        self.url, self.bench, self.jobs = url, bench, jobs
        self.status_s: list[float] = []
        self.same_s: list[float] = []
        self.bytes = 0
        self.routes_s: list[float] = []
        self.report_s: list[float] = []
        self._stop = threading.Event()

    def run(self, seconds: float) -> None:
        threads = [threading.Thread(target=work) for work in (self._report, self._routes, self._status)]
        for thread in threads:
            thread.start()
        while len(self.report_s) < 3:
            # The first report of all is news for every job; what counts is the days after.
            time.sleep(0.1)
        for found in (self.status_s, self.same_s, self.routes_s, self.report_s):
            found.clear()
        requests.get(f"{self.bench}/figures", timeout=60).raise_for_status()
        time.sleep(seconds)
        self._stop.set()
        for thread in threads:
            thread.join()

    def _report(self) -> None:
        counts = dict.fromkeys(range(self.jobs), 0)
        with requests.Session() as session:
            while not self._stop.wait(1.0):
                for number in random.sample(range(self.jobs), ASKED_A_SECOND):
                    counts[number] += 1
                jobs = [replace(traffic(f"inf_{n}", 0.1 if c else None), requests=c) for n, c in counts.items()]
                body, began = encode(report("gw1", self._rev, *jobs)), time.perf_counter()
                session.post(f"{self.url}/api/gateway/report", data=body, headers=GATEWAY).raise_for_status()
                self.report_s.append(time.perf_counter() - began)
                session.get(f"{self.bench}/crash").raise_for_status()

    _rev = 0

    def _routes(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                asked = f"{self.url}/api/gateway/routes?gateway=gw1&after={self._rev}&wait_s=1"
                began = time.perf_counter()
                table = decode(session.get(asked, headers=GATEWAY).content, RouteTable)
                self.routes_s.append(time.perf_counter() - began)
                self._rev = table.rev

    def _status(self) -> None:
        with requests.Session() as session:
            while not self._stop.wait(0.2):
                began = time.perf_counter()
                got = session.get(f"{self.url}/api/status", headers=OWNER)
                self.status_s.append(time.perf_counter() - began)
                self.bytes = len(got.content)
                for _ in range(5):
                    began = time.perf_counter()
                    headers = {**OWNER, "If-None-Match": got.headers["ETag"]}
                    again = session.get(f"{self.url}/api/status", headers=headers)
                    if again.status_code == 304:
                        self.same_s.append(time.perf_counter() - began)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def measure(jobs: int, seconds: float) -> dict[str, Any]:
    """Start control, let it settle, call it, and return the figures in ms and MiB."""
    with (
        tempfile.TemporaryDirectory(prefix="aibro-scale-") as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        port = free_port()
        url, bench = f"http://127.0.0.1:{listener.getsockname()[1]}", f"http://127.0.0.1:{port}"
        command = [sys.executable, __file__, "--serve", folder, "--jobs", str(jobs), "--fd", str(listener.fileno())]
        environ = {**os.environ, "BENCH_PORT": str(port)}
        control = subprocess.Popen(command, pass_fds=[listener.fileno()], env=environ)
        try:
            requests.get(f"{url}/api/status", headers=OWNER, timeout=120).raise_for_status()
            time.sleep(6)
            process = psutil.Process(control.pid)
            process.cpu_percent()
            callers = Callers(url, bench, jobs)
            callers.run(seconds)
            looked = requests.get(f"{bench}/figures", timeout=60).json()
            return {
                "jobs": jobs,
                "instances": 3 * jobs,
                "looks": looked["count"],
                "look_p50_ms": round(looked["p50"] * 1000, 1),
                "look_p99_ms": round(looked["p99"] * 1000, 1),
                "status_changed_p99_ms": round(p99(callers.status_s) * 1000, 1),
                "status_changed_p50_ms": round(sorted(callers.status_s)[len(callers.status_s) // 2] * 1000, 1),
                "status_same_p99_ms": round(p99(callers.same_s) * 1000, 1),
                "status_kib": callers.bytes // 1024,
                "report_p99_ms": round(p99(callers.report_s) * 1000, 1),
                "cpu_percent": process.cpu_percent(),
                "memory_mib": process.memory_info().rss // 2**20,
            }
        finally:
            control.terminate()
            control.wait(30)


def main() -> None:
    """Print the figures, one a line, and as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--serve")
    parser.add_argument("--fd", type=int)
    asked = parser.parse_args()
    if asked.serve:
        serve(Path(asked.serve), asked.jobs, asked.fd)
        return
    found = measure(asked.jobs, asked.seconds)
    for name, value in found.items():
        print(f"{name:24}{value:>10}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()

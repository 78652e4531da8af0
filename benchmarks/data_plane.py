"""What the road costs: an echo through gateway and worker, beside the worker alone and the bare function, in one run.

``python benchmarks/data_plane.py [--seconds 2]`` starts real processes and prints p50, requests a second and CPU a
request of each way in, with ratios to the bare function and to the same upstream without the gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from aibro_jupyter.http1 import Handlers, Pool, Request, Response, Server, run
from aibro_jupyter.protocol import Health, Route, RouteTable, Target, decode, encode
from aibro_jupyter.states import Role
from tests.worker.rig import TOKEN, instance_folder

BODY = json.dumps({"rows": [[5.1, 3.5, 1.4, 0.2]] * 6, "note": "about two hundred bytes"}).encode()
ECHO = "def load_model():\n    return None\n\n\ndef run(model, data):\n    return data\n"
PREDICT = "/v1/bench/public/echo/predict"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One way in, measured."""

    name: str
    p50_us: float
    per_s: float
    cpu_us: dict[str, float]
    """CPU microseconds a request, by process."""


def bare_function(seconds: float) -> Figure:
    """Decode, call, encode: what nobody can be faster than."""
    scope: dict[str, Callable[..., object]] = {}
    exec(ECHO, scope)
    took, cpu, end = [], time.process_time(), time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        json.dumps(scope["run"](None, json.loads(BODY))).encode()
        took.append(time.perf_counter() - began)
    spent = time.process_time() - cpu
    return Figure(
        name="bare function, in process",
        p50_us=statistics.median(took) * 1e6,
        per_s=len(took) / seconds,
        cpu_us={"function": spent / len(took) * 1e6},
    )


async def through(
    name: str, endpoint: str, path: str, processes: dict[str, psutil.Process], *, callers: int, seconds: float
) -> Figure:
    """Ask over and over on ``callers`` kept connections."""
    pool = Pool()

    async def ask() -> float:
        began = time.perf_counter()
        answer = await pool.call(endpoint, "POST", path, token=TOKEN, body=BODY, headers=JSON, timeout_s=30)
        assert answer.status == 200, answer
        assert json.loads(answer.body) == json.loads(BODY)
        return time.perf_counter() - began

    async def caller(end: float) -> list[float]:
        took = []
        while time.perf_counter() < end:
            took.append(await ask())
        return took

    await asyncio.gather(*(caller(time.perf_counter() + 0.3) for _ in range(callers)))
    before, began = {label: cpu_s(process) for label, process in processes.items()}, time.perf_counter()
    took = [
        one for all_of in await asyncio.gather(*(caller(began + seconds) for _ in range(callers))) for one in all_of
    ]
    lasted = time.perf_counter() - began
    cpu_us = {label: (cpu_s(process) - before[label]) / len(took) * 1e6 for label, process in processes.items()}
    pool.close()
    return Figure(name=name, p50_us=statistics.median(took) * 1e6, per_s=len(took) / lasted, cpu_us=cpu_us)


JSON = {"Content-Type": "application/json"}


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def started(*command: str, env: dict[str, str], fds: tuple[int, ...] = ()) -> Iterator[psutil.Process]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, *command], env=kept | env, pass_fds=fds, stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


async def until_serving(folder: Path) -> str:
    """Return the agent's endpoint once its model answers."""
    pool = Pool()
    async with asyncio.timeout(60):
        while True:
            if (folder / "endpoint").exists():
                endpoint = (folder / "endpoint").read_text()
                health = await pool.call(endpoint, "GET", "/health", token=TOKEN, timeout_s=10)
                if decode(health.body, Health).stage == "serving":
                    pool.close()
                    return endpoint
            await asyncio.sleep(0.05)


async def control_for(targets: tuple[Target, ...]) -> str:
    """Serve one route table and return the URL: what a gateway needs of control."""
    route = Route(
        job_id="inf_bench",
        username="bench",
        model_name="echo",
        public=True,
        client_hashes=frozenset(),
        deployed=True,
        targets=targets,
    )

    async def answer(request: Request) -> Response:
        if b"after=" in request.target:
            await asyncio.Event().wait()
        return Response(body=encode(RouteTable(rev=1, routes=(route,))))

    return f"http://{await listening(answer)}"


async def listening(handler: Callable[[Request], Awaitable[Response]]) -> str:
    sock = socket.create_server(("127.0.0.1", 0))
    await Server(Handlers(handler)).start(sock)
    return "{}:{}".format(*sock.getsockname())


@contextmanager
def gateway(home: Path, control_url: str) -> Iterator[tuple[str, psutil.Process]]:
    """Start a gateway; yield its endpoint and process."""
    home.mkdir()
    (home / "gateway_token").write_text(TOKEN)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as sock:
        fd = sock.fileno()
        command = ("-m", "aibro_jupyter.gateway", "--fd", str(fd), "--gateway-id", "gw1", "--control-url", control_url)
        with started(*command, env={"AIBRO_HOME": str(home)}, fds=(fd,)) as process:
            yield "{}:{}".format(*sock.getsockname()), process


async def measure(seconds: float) -> None:
    figures = [bare_function(seconds)]
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        root = Path(temporary)
        folder = instance_folder(root, envs=root / "envs", predict=ECHO)
        agent = stack.enter_context(started("-m", "aibro_jupyter.worker", "--dir", str(folder), env={}))
        upstream = await until_serving(folder)
        [slot] = agent.children()
        target = Target(instance_id="ins_1", role=Role.STANDBY, endpoint=upstream, token=TOKEN)
        front, proxy = stack.enter_context(gateway(root / "home", await control_for((target,))))
        worker = {"agent": agent, "slot": slot}
        for callers in (1, 16):
            name = f"worker alone, {callers} caller{'s' * (callers > 1)}"
            figures.append(await through(name, upstream, "/predict", worker, callers=callers, seconds=seconds))
        for callers in (1, 16):
            name = f"gateway + worker, {callers} caller{'s' * (callers > 1)}"
            figures.append(
                await through(name, front, PREDICT, {"gateway": proxy, **worker}, callers=callers, seconds=seconds)
            )
    report(figures)


def report(figures: list[Figure]) -> None:
    bare, alone = figures[0], figures[1]
    print(
        f"{'':28} {'p50 us':>8} {'req/s':>8} {'CPU us':>8} {'p50 / bare':>11} {'CPU / bare':>11} {'CPU / worker':>13}"
    )
    for figure in figures:
        cpu = sum(figure.cpu_us.values())
        against = f"{cpu / sum(alone.cpu_us.values()):13.2f}" if figure is not bare else f"{'':13}"
        print(
            f"{figure.name:28} {figure.p50_us:8.0f} {figure.per_s:8.0f} {cpu:8.0f} {figure.p50_us / bare.p50_us:11.1f} "
            f"{cpu / sum(bare.cpu_us.values()):11.1f} {against}   "
            + " ".join(f"{label} {spent:.0f}" for label, spent in figure.cpu_us.items())
        )
    print(f"{len(BODY)} bytes of JSON each way; the caller shares the cores: trust the ratios and the CPU column.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure, at most 4")
    run(measure(min(4.0, parser.parse_args().seconds)))


if __name__ == "__main__":
    main()

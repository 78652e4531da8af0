"""The servers: each is started with a model, and yields where it answers and which processes it is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import DaemonInfo, decode
from benchmarks.peers.load import Served
from tests.ports import free_port

FASTAPI = """
import sys
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
sys.path.insert(0, {repo!r})
from predict import load_model, run
app, model = FastAPI(), load_model()


@app.post("/predict")
def predict(data: dict):
    return JSONResponse(run(model, data))
"""


def environment(place: Path, *packages: str) -> Path:
    """Make an environment and return its interpreter."""
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, place], check=True)
    python = place / "bin" / "python"
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, *packages], check=True)
    return python


@contextmanager
def nginx(place: Path, body: str) -> Iterator[Served]:
    """A proxy before a server that answers a constant: what passing on costs at least."""
    behind, before = free_port(), free_port()
    fixed = f"default_type application/json; return 200 '{body}';"
    passed = "proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection '';"
    processes = []
    try:
        for name, port, what in (("behind", behind, fixed), ("before", before, passed)):
            upstream = f"upstream behind {{ server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 1000000; }}"
            (place / f"{name}.conf").write_text(
                f"daemon off; worker_processes 1; pid {place}/{name}.pid; error_log {place}/{name}.log;\n"
                "events { worker_connections 1024; }\nhttp { access_log off; keepalive_requests 1000000;\n"
                f"{upstream} server {{ listen 127.0.0.1:{port}; location / {{ {what} }} }} }}\n"
            )
            command = ["nginx", "-c", str(place / f"{name}.conf")]
            processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        until_answers(f"http://127.0.0.1:{before}/")
        proxied, answering = (_below(processes[1].pid), _below(processes[0].pid))
        yield Served(name="nginx", url=f"http://127.0.0.1:{before}/", parts={"proxy": proxied, "upstream": answering})
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)


@contextmanager
def fastapi(repo: Path, python: Path, workers: int) -> Iterator[Served]:
    """FastAPI on uvicorn, with no gateway before it."""
    port = free_port()
    app = repo.parent / f"fastapi_{repo.name}"
    app.mkdir(exist_ok=True)
    (app / "app.py").write_text(FASTAPI.format(repo=str(repo)))
    command = [str(python), "-m", "uvicorn", "app:app", "--port", str(port), "--workers", str(workers)]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [*command, "--log-level", "error"], cwd=app, env=environ, start_new_session=True, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/predict"
    try:
        until_answers(url)
        time.sleep(1)
        yield Served(name=f"FastAPI, {workers}", url=url, parts={"all": [process.pid, *_below(process.pid)]})
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


@contextmanager
def ours(home: Home, repo: Path, name: str, slots: int) -> Iterator[Served]:
    """This project's gateway, agent and slots."""
    control = backend()
    wanted = Deployment(name=name, machine="c5.xlarge.od", slots=slots, wait_request_s=300)
    deployed = deploy_repo(control, repo, wanted)
    try:
        yield Served(
            name=f"aibro, {slots}", url=deployed.urls[0], parts=_parts(home, control, deployed.job.job_id, slots)
        )
    finally:
        control.complete(deployed.job.job_id)


def _parts(home: Home, control: ControlClient, job_id: str, slots: int) -> dict[str, list[int]]:
    (instance,) = (one.instance_id for one in control.job(job_id).instances)
    daemon = decode(home.daemon_json.read_bytes(), DaemonInfo).pid
    gateways = [one.pid for one in psutil.Process(daemon).children() if "aibro_jupyter.gateway" in one.cmdline()]
    (agent,) = (one for one in psutil.process_iter() if f"{home.instances / instance}" in _cmdline(one))
    while len(found := [one.pid for one in agent.children()]) < slots:
        time.sleep(0.2)
    return {"gateway": gateways, "agent": [agent.pid], "slots": found}


def _cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _below(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def until_answers(url: str) -> None:
    """Wait until somebody answers there."""
    for _ in range(600):
        try:
            requests.post(url, json={"data": [[1.0, 1.0, 1.0, 1.0]]}, timeout=5)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"nobody answers at {url}")

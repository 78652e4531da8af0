"""The notebook's side dies: the API does not belong to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests
from jupyter_client.blocking.client import BlockingKernelClient

from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.states import JobStatus
from tests.eventually import eventually

DEPLOY = """
import aibro_jupyter
def double(number):
    return number * 2
job = aibro_jupyter.deploy(double, sample=2)
print(job.url)
"""


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    yield tmp_path
    down()


@contextmanager
def jupyter_server(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run a real Jupyter server on a port it chooses, in a process group of its own."""
    runtime = folder / "runtime"
    options = [
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=t",
        "--ServerApp.port=0",
        f"--ServerApp.root_dir={folder}",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", *options],
        env={**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_CONFIG_DIR": str(folder / "config")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        about = eventually(
            lambda: [json.loads(f.read_text()) for f in runtime.glob("jpserver-*.json") if f.stat().st_size]
        )[0]
        yield process, about["url"].rstrip("/")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def run_in_kernel(connection_file: Path, code: str) -> str:
    """Execute code in a running kernel and return what it printed."""
    client = BlockingKernelClient(connection_file=str(connection_file))
    client.load_connection_file()
    client.start_channels()
    printed: list[str] = []

    def hear(message: dict) -> None:  # type: ignore[type-arg]
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            printed.append(message["content"]["text"])

    try:
        client.wait_for_ready(60)
        reply = client.execute_interactive(code, timeout=240, output_hook=hear)
        assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
    return "".join(printed)


def test_the_api_goes_on_when_the_kernel_and_the_jupyter_server_are_killed(own_home: Path) -> None:
    with jupyter_server(own_home) as (server, url):
        kernel = requests.post(f"{url}/api/kernels", headers={"Authorization": "token t"}, timeout=60).json()["id"]
        connection = own_home / "runtime" / f"kernel-{kernel}.json"
        api = run_in_kernel(connection, DEPLOY).strip().splitlines()[-1]
        assert requests.post(api, json=21, timeout=60).json() == 42

        (kernel_process,) = (p for p in psutil.Process(server.pid).children() if str(connection) in p.cmdline())
        os.kill(kernel_process.pid, signal.SIGKILL)
        assert requests.post(api, json=4, timeout=60).json() == 8

        os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)
        assert requests.post(api, json=5, timeout=60).json() == 10

    status = backend(start=False).status()
    assert [job.status for job in status.jobs] == [JobStatus.DEPLOYED]


def test_down_stops_and_up_brings_every_job_back_at_the_same_url(own_home: Path) -> None:
    script = own_home / "deploy.py"
    script.write_text(DEPLOY)
    api = subprocess.run([sys.executable, str(script)], check=True, capture_output=True, text=True).stdout.split()[-1]
    down()
    with pytest.raises(requests.ConnectionError):
        requests.post(api, json=1, timeout=10)
    left = [
        p for p in psutil.process_iter(["cmdline"]) if any(str(own_home) in word for word in p.info["cmdline"] or [])
    ]
    assert not left

    backend()
    assert eventually(lambda: requests.post(api, json=21, timeout=60).json() == 42)

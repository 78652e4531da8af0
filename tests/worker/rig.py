"""An agent as its own process in a folder as a provider leaves it, with a model that does what it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import requests

from aibro_jupyter.protocol import Boot, Health, decode, encode
from aibro_jupyter.repo.bundle import pack
from aibro_jupyter.states import Role
from tests.eventually import eventually

TOKEN = "the instance's token"
PREDICT = """
import json, os, sys, time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def load_model():
    return json.loads((HERE / "model" / "model.json").read_text())


def run(model, data):
    print("asked for", data.get("do"))
    match data.get("do"):
        case "raise":
            raise ValueError("not today")
        case "exit":
            os._exit(7)
        case "wait":
            time.sleep(data["s"])
        case "wait then exit":
            time.sleep(data["s"])
            os._exit(7)
        case "spin":
            while True:
                pass
        case "stubborn":
            while True:
                try:
                    time.sleep(600)
                except KeyboardInterrupt:
                    print("not yet")
        case "eat":
            return len(bytearray(data["mib"] * 2**20))
        case "scribble":
            (HERE / "model" / "model.json").write_text('{"factor": 99}')
        case "unanswerable":
            return object()
    return {"times": model["factor"] * data.get("x", 0), "pid": os.getpid(), "environ": dict(os.environ),
            "here": str(HERE), "beside": sorted(os.listdir(HERE))}
"""

OUTLIVING = """
    if data.get("do") in ("leave", "leave and exit", "daemon"):
        import subprocess
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        if data["do"] == "daemon":
            forks = "import subprocess; print(subprocess.Popen(%r, start_new_session=True, stdout=subprocess.DEVNULL).pid)" % command
            left = int(subprocess.run([sys.executable, "-c", forks], stdout=subprocess.PIPE).stdout)
        else:
            left = subprocess.Popen(command, start_new_session=True).pid
        Path(data["note"]).write_text(str(left))
        if data["do"] == "leave and exit":
            os._exit(7)
    if data.get("do") == "open":
        open(data["path"])
"""
LEAVING = PREDICT.replace("    match data", OUTLIVING + "    match data")
"""It also starts processes in sessions of their own, and notes their pids."""


def repo(folder: Path, *, predict: str = PREDICT) -> Path:
    for name, content in {
        "predict.py": predict,
        "model/model.json": '{"factor": 3}',
        "data/data.json": '{"x": 1}',
        "requirements.txt": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@dataclass
class Worker:
    """One agent's process and its folder."""

    root: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://{(self.root / 'endpoint').read_text()}"

    def ask(self, method: str, path: str, *, token: str = TOKEN, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "X-Aibro-Request-Id": "req_1"}
        return requests.request(method, self.url + path, headers=headers, timeout=120, **more)

    def predict(self, **data: object) -> requests.Response:
        return self.ask("POST", "/predict", json=data)

    def health(self) -> Health:
        return decode(self.ask("GET", "/health").content, Health)

    def logs(self) -> str:
        return self.ask("GET", "/logs?lines=500").text

    def reach(self, stage: str) -> Health:
        def reached() -> Health | None:
            health = self.health()
            return health if health.stage == stage else None

        return eventually(reached, timeout_s=120)


def start(root: Path) -> Worker:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (root / "agent.log").open("ab") as log, (root / "process").open("w") as inherited:
        process = subprocess.Popen(
            [sys.executable, "-m", "aibro_jupyter.worker", "--dir", str(root)],
            start_new_session=True,
            pass_fds=(inherited.fileno(),),
            stderr=log,
            env=environ | {"A_SECRET": "canary"},
        )
    return Worker(root, process)


def instance_folder(place: Path, *, envs: Path, predict: str = PREDICT, **boot: Any) -> Path:
    """Return a folder as a provider leaves it."""
    bundle = pack(repo(place / "aibro_repo", predict=predict), place / "bundles")
    base = Boot(
        job_id="inf_1",
        role=Role.STANDBY,
        bundle_url=bundle.path.as_uri(),
        bundle=bundle.sha256,
        lock="",
        python="{}.{}".format(*sys.version_info),
        token=TOKEN,
        vcpus=1,
        memory_mib=512,
        request_limit_s=60,
        enforce=False,
        envs=str(envs),
    )
    root = place / "instances" / "ins_1"
    root.mkdir(parents=True)
    (root / "boot.json").write_bytes(encode(replace(base, **boot)))
    return root


@contextmanager
def working(tmp_path: Path, *, envs: Path, predict: str = PREDICT, **boot: Any) -> Iterator[Worker]:
    worker = start(instance_folder(tmp_path, envs=envs, predict=predict, **boot))
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.process.send_signal(signal.SIGTERM)
        worker.process.wait(120)


def left(worker: Worker, note: Path, do: str) -> int:
    worker.predict(do=do, note=str(note))
    return int(note.read_text())


def agent_json(worker: Worker) -> dict[str, float]:
    noted: dict[str, float] = json.loads((worker.root / "agent.json").read_text())
    return noted


def abandon(worker: Worker, **data: object) -> None:
    """Ask for something and leave once the model works on it."""
    with closing(HTTPConnection((worker.root / "endpoint").read_text())) as caller:
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Aibro-Request-Id": "req_left"}
        caller.request("POST", "/predict", json.dumps(data), headers)
        eventually(lambda: worker.health().in_flight == 1)


def answered(worker: Worker) -> dict[str, object]:
    """Ask until it is not busy, as a gateway does."""
    return dict(eventually(lambda: worker.predict(x=1).json() if worker.predict(x=1).ok else None, timeout_s=60))

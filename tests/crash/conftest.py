from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import DaemonInfo, JobView, decode
from aibro_jupyter.states import Phase
from tests.eventually import eventually

PREDICT = '''
import os
import time
from pathlib import Path


def load_model():
    return "echo"


def run(model, data):
    """Answer at once; with "gate", say that work began and go on when the gate opens."""
    if isinstance(data, dict) and "gate" in data:
        gate = Path(data["gate"])
        with open(gate / "began", "a") as began:
            began.write(f"{os.getpid()}\\n")
        while not (gate / "open").exists():
            time.sleep(0.02)
    return {"echo": data, "pid": os.getpid()}
'''


@dataclass
class Live:
    """A deployed echo job and the real processes behind it."""

    home: Home
    job_id: str
    url: str

    @property
    def daemon(self) -> DaemonInfo:
        return decode(self.home.daemon_json.read_bytes(), DaemonInfo)

    @property
    def control(self) -> ControlClient:
        info = self.daemon
        return ControlClient(info.control_url, info.token)

    def job(self) -> JobView:
        return self.control.job(self.job_id)

    def serving(self) -> list[str]:
        return [i.instance_id for i in self.job().instances if i.phase is Phase.SERVING]

    def process(self, module: str) -> psutil.Process:
        """Return the daemon's child that runs that module, once it is there."""

        def find() -> psutil.Process | None:
            for child in psutil.Process(self.daemon.pid).children(recursive=True):
                try:
                    words = child.cmdline()
                except psutil.NoSuchProcess:
                    continue
                if module in words:
                    return child
            return None

        return eventually(find)

    def agent(self, instance_id: str) -> psutil.Process:
        about = json.loads((self.home.instances / instance_id / "agent.json").read_text())
        return psutil.Process(about["pid"])

    def slot(self, instance_id: str) -> psutil.Process:
        return eventually(lambda: self.agent(instance_id).children(recursive=True))[-1]


def kill(process: psutil.Process) -> None:
    """End a process of ours as the kernel would: without a word."""
    os.kill(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    root = tmp_path_factory.mktemp("crash")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIBRO_HOME", str(root / "home"))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        repo = root / "echo"
        (repo / "model").mkdir(parents=True)
        (repo / "predict.py").write_text(PREDICT)
        (repo / "requirements.txt").write_text("")
        control = backend()
        try:
            done = deploy_repo(control, repo, Deployment(name="echo", machine="t3.micro.od", wait_request_s=120))
            yield Live(home=Home(root / "home"), job_id=done.job.job_id, url=done.urls[0])
        finally:
            down()
    left = [p for p in psutil.process_iter(["cmdline"]) if any(str(root) in word for word in p.info["cmdline"] or [])]
    assert not left


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    folder = tmp_path / "gate"
    folder.mkdir()
    return folder

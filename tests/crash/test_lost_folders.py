"""Files of an instance vanish under traffic, and a model leaves a process behind: answered, healed, billed to the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from aibro_jupyter import lifeline
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import Interval
from aibro_jupyter.states import JobStatus, Phase
from tests.backends import processes_of, tiny_repo
from tests.crash.oracle import Oracle, agents
from tests.crash.test_vanished import LATE_S
from tests.crash.traffic import Callers
from tests.eventually import eventually

SURELY_S = 120
PER_S = 10
PREDICT = '''
import os
import subprocess


def load_model():
    return None


def run(model, data):
    """Echo, and tell which process that was; with "leave", leave one in a session of its own and tell that."""
    pid = os.getpid()
    if isinstance(data, dict) and "leave" in data:
        pid = subprocess.Popen(["sleep", "1000"], start_new_session=True).pid
    return {"echo": data, "pid": pid}
'''


@dataclass
class Echo:
    """A job that echoes under traffic, in a home of its own."""

    home: Home
    job_id: str
    url: str
    control: ControlClient

    def serving(self) -> Path | None:
        """Return the folder of the instance that serves."""
        names = [i.instance_id for i in self.control.job(self.job_id).instances if i.phase is Phase.SERVING]
        return self.home.instances / names[0] if names else None

    def process(self, body: object = "who") -> psutil.Process:
        """Return the slot that answers, or the process that it left behind."""
        return psutil.Process(requests.post(self.url, json=body, timeout=SURELY_S).json()["pid"])

    def replaced(self, lost: Path) -> None:
        """Wait until another instance serves, and status has the job as whole."""

        def another() -> bool:
            found = self.serving()
            return found is not None and found != lost

        eventually(another, timeout_s=SURELY_S)
        job = self.control.job(self.job_id)
        assert job.status is JobStatus.DEPLOYED
        assert {i.phase for i in job.instances if i.instance_id == lost.name} <= {Phase.TERMINATED}

    def closed_bills(self) -> list[Interval]:
        found = list(self.control.cost(self.job_id).intervals)
        return found if all(bill.closed_ms is not None for bill in found) else []


@contextmanager
def echoing(root: Path, patch: pytest.MonkeyPatch, within_s: float = 1.0) -> Iterator[Echo]:
    """Serve under traffic; at the end every request was answered, nothing lives on, and each run is billed."""
    home = Home(root / "home")
    patch.setenv("AIBRO_HOME", str(home.root))
    for variable in ("AIBRO_URL", "AIBRO_TOKEN"):
        patch.delenv(variable, raising=False)
    try:
        control = backend()
        wanted = Deployment(name="echo", machine="t3.micro.od")
        repo = tiny_repo(root / "echo", PREDICT)
        shutil.rmtree(repo / "data")  # of no one shape, so that text is text
        done = deploy_repo(control, repo, wanted)
        echo = Echo(home, done.job.job_id, done.urls[0], control)
        with Oracle(home.instances) as oracle:
            eventually(lambda: oracle.runs)
            with Callers(echo.url, echo.url, per_s=PER_S) as callers:
                eventually(lambda: callers.log.answered > PER_S)
                yield echo
                asked = callers.log.answered
                eventually(lambda: callers.log.answered > asked + PER_S, timeout_s=SURELY_S)
            assert (callers.log.lost, callers.log.broken, callers.log.refused) == ([], [], 0)
            control.complete(echo.job_id)
            eventually(lambda: not agents(home.instances), timeout_s=SURELY_S)
            assert not oracle.differences(eventually(echo.closed_bills, timeout_s=SURELY_S), within_s)
    finally:
        down()
        eventually(lambda: not processes_of(home))


def ended(*processes: psutil.Process) -> bool:
    return all(lifeline.living(one.pid) is None for one in processes)


@pytest.mark.parametrize("gone", ["", "process", "lock"])
def test_an_instance_nobody_can_find_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str) -> None:
    # Of a folder that is gone only the last look at it is known.
    with echoing(tmp_path, monkeypatch, within_s=1.0 if gone else LATE_S) as echo:
        lost, (agent,), slot = eventually(echo.serving), agents(echo.home.instances), echo.process()
        if gone:
            (lost / gone).unlink()
        else:
            shutil.rmtree(lost, ignore_errors=True)
        eventually(lambda: ended(agent, slot))
        echo.replaced(lost)


def test_a_slot_without_its_folder_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with echoing(tmp_path, monkeypatch) as echo:
        same, (agent,), slot = eventually(echo.serving), agents(echo.home.instances), echo.process()
        shutil.rmtree(same / "slots")
        eventually(lambda: ended(slot))
        assert echo.process() != slot
        assert echo.serving() == same, "a slot's crash is healed by its own agent"
        assert not ended(agent)


def test_a_child_in_a_session_of_its_own_ends_with_its_slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with echoing(tmp_path, monkeypatch) as echo:
        slot, left = echo.process(), echo.process({"leave": True})
        assert left != slot
        assert not ended(left)
        slot.kill()
        eventually(lambda: ended(left))
        again = echo.process({"leave": True})
    assert ended(again), "completing ends it as well"

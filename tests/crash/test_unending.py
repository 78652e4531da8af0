"""Instances that do not end when they should: halted, or their provider hangs. None lives on, none is billed wrongly."""

from __future__ import annotations

import fcntl
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

from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.errors import NotConfirmed
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import Interval
from aibro_jupyter.states import Phase, Role
from tests.backends import processes_of, tiny_repo
from tests.crash.oracle import Oracle, agents
from tests.eventually import eventually

SURELY_S = 120
"""Longer than any end here on a busy computer, and far shorter than the ten minutes that a request may take."""
COOL_DOWN_S = 5


def aibro(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aibro_jupyter.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=SURELY_S, check=False)


def halted(agent: psutil.Process) -> list[psutil.Process]:
    """Halt an agent and all below it, and return them."""
    processes = [agent, *agent.children(recursive=True)]
    assert len(processes) > 1, "a model is loaded"
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    return processes


def ended(processes: list[psutil.Process]) -> bool:
    return all(not one.is_running() or one.status() == psutil.STATUS_ZOMBIE for one in processes)


def bills(job_id: str) -> list[Interval]:
    return list(backend().cost(job_id).intervals)


def closed_bills(job_id: str) -> list[Interval]:
    found = bills(job_id)
    return found if all(bill.closed_ms is not None for bill in found) else []


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Take the turn at a lock and keep it: whoever waits for it hangs."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    here = Home(tmp_path / "home")
    monkeypatch.setenv("AIBRO_HOME", str(here.root))
    for variable in ("AIBRO_URL", "AIBRO_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    try:
        yield here
    finally:
        down()
        eventually(lambda: not processes_of(here))


def deployed(root: Path, cooling: str | None = None) -> tuple[str, str]:
    wanted = Deployment(name="tiny", machine="t3.micro.od", cooling=cooling, cool_down=COOL_DOWN_S)
    done = deploy_repo(backend(), tiny_repo(root / "tiny"), wanted)
    return done.job.job_id, done.urls[0]


def answers(url: str) -> bool:
    return bool(requests.post(url, json={"x": 2}, timeout=SURELY_S).json() == {"times": 6})


def test_a_halted_instance_is_completed(home: Home, tmp_path: Path) -> None:
    job_id, url = deployed(tmp_path)
    with Oracle(home.instances) as oracle:
        (agent,) = agents(home.instances)
        eventually(lambda: oracle.runs)
        processes = halted(agent)
        done = aibro("complete", "tiny")
        assert (done.returncode, done.stderr) == (0, "")
        assert "its API is closed and its name is free" in done.stdout
        assert requests.post(url, json={"x": 2}, timeout=SURELY_S).status_code == 404
        eventually(lambda: backend().job(job_id).instances[0].phase in (Phase.TERMINATING, Phase.TERMINATED))
        eventually(lambda: ended(processes), timeout_s=SURELY_S)
        assert not oracle.differences(eventually(lambda: closed_bills(job_id), timeout_s=SURELY_S), 1.0)


def test_down_says_what_it_waits_for_and_leaves_nothing(home: Home, tmp_path: Path) -> None:
    job_id, url = deployed(tmp_path)
    with Oracle(home.instances) as oracle:
        (agent,) = agents(home.instances)
        eventually(lambda: oracle.runs)
        name, processes = Path(agent.cmdline()[-1]).name, halted(agent)
        done = aibro("down")
        assert done.returncode == 0, done.stderr
        assert f"waiting for tiny standby {name}: STOPPING since" in done.stdout
        assert "✓ tiny: stopped, comes back with `aibro up`" in done.stdout
        assert ended(processes)
        assert not processes_of(home)
        assert aibro("up").returncode == 0
        eventually(lambda: answers(url), timeout_s=SURELY_S)
        assert backend().complete(job_id).outcome is not None
        eventually(lambda: not agents(home.instances), timeout_s=SURELY_S)
        found = eventually(lambda: closed_bills(job_id), timeout_s=SURELY_S)
        assert len(oracle.runs) == 2
        assert not oracle.differences(found, 1.0)


def test_a_halted_cooling_instance_sleeps_and_wakes(home: Home, tmp_path: Path) -> None:
    job_id, url = deployed(tmp_path, cooling="t3.small.od")

    def cooling_one() -> str:
        found = [i for i in backend().job(job_id).instances if i.role is Role.COOLING and i.phase is Phase.SERVING]
        return found[0].instance_id if found else ""

    with Oracle(home.instances) as oracle:
        assert answers(url)
        first = eventually(cooling_one)
        (agent,) = [one for one in agents(home.instances) if first in one.cmdline()[-1]]
        eventually(lambda: agent.children())
        processes = halted(agent)
        eventually(lambda: ended(processes), timeout_s=SURELY_S)
        eventually(lambda: not cooling_one(), timeout_s=SURELY_S)
        assert answers(url), "the standby answers for it"
        eventually(cooling_one, timeout_s=SURELY_S)
        backend().complete(job_id)
        eventually(lambda: not agents(home.instances), timeout_s=SURELY_S)
        found = eventually(lambda: closed_bills(job_id), timeout_s=SURELY_S)
        assert not oracle.differences(found, 1.0)


def test_a_provider_that_hangs_is_said_at_the_bound_and_billed_to_the_end(home: Home, tmp_path: Path) -> None:
    job_id, _ = deployed(tmp_path)
    said: list[str] = []
    with Oracle(home.instances) as oracle:
        eventually(lambda: oracle.runs)
        # What asks an instance to end waits here: a machine that cannot be stopped, as far as anybody can see.
        with held(home.instances / ".calls"):
            with pytest.raises(NotConfirmed, match=r"after 3 s still up, and billed .*tiny standby ins_") as refused:
                down(said.append, patience_s=3)
            assert "`aibro down` waits again" in str(refused.value.fix)
            assert said[0].startswith("waiting for tiny standby ins_")
            assert "STOPPING since" in said[0]
            assert len(said) == 1, "said once, not at each look"
            (instance,) = json.loads(aibro("status", "tiny", "--json").stdout)["jobs"][0]["instances"]
            assert instance["phase"] == "STOPPING"
            assert agents(home.instances)
            assert [bill.closed_ms for bill in bills(job_id)] == [None], "it may run: it is billed"
            done = aibro("complete", "tiny")
            assert done.returncode == 0, done.stderr
        eventually(lambda: not agents(home.instances), timeout_s=SURELY_S)
        assert not oracle.differences(eventually(lambda: closed_bills(job_id), timeout_s=SURELY_S), 1.0)

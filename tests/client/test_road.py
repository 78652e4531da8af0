"""The whole road on a backend of each test's own: deploy, call, complete, down, nothing left; and killed control."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from aibro_jupyter import lifeline
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.predict import predict
from aibro_jupyter.errors import (
    NoSuchJob,
    NotConfirmed,
    PredictFailed,
)
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import Step
from aibro_jupyter.states import JobStatus, JobSubstatus, Outcome, Phase
from tests.backends import child_of_daemon, processes_of, tiny_repo
from tests.client.deploying import GATED, deployed
from tests.eventually import eventually

SEED_STEPS = ["REQUESTING SERVER", "CONNECTING SERVER", "GEARING UP ENV", "DEPLOYING MODEL", "DEPLOYED MODEL"]


def test_a_repo_goes_live_answers_completes_and_leaves_nothing(home: Home, tmp_path: Path) -> None:
    steps: list[Step] = []
    live = deployed(backend(), tiny_repo(tmp_path / "tiny"), on_step=steps.append)
    assert live.change == "new"
    assert live.job.status is JobStatus.DEPLOYED
    assert live.job.substatus is JobSubstatus.DEPLOYED_MODEL
    assert [step.name for step in steps if step.state == "done"] == ["sending", "resolving", *SEED_STEPS]
    (url,) = live.urls
    assert predict(url, {"x": 2}) == {"times": 6}
    control = backend(start=False)
    assert control.complete(live.job.job_id).outcome is Outcome.COMPLETED
    with pytest.raises(PredictFailed) as gone:
        predict(url, {"x": 2})
    assert gone.value.status_code == 404
    with pytest.raises(NoSuchJob):
        control.job_named("tiny")
    assert down()
    assert processes_of(home) == []


def test_down_parks_a_live_job_and_up_brings_it_back(home: Home, tmp_path: Path) -> None:
    (url,) = deployed(backend(), tiny_repo(tmp_path / "tiny")).urls
    assert any(line.startswith("tiny") for line in down())
    assert processes_of(home) == []
    backend()
    assert predict(url, {"x": 5}) == {"times": 15}


def test_down_says_what_it_waits_for_and_gives_up_with_its_name(home: Home, tmp_path: Path) -> None:
    live = deployed(backend(), tiny_repo(tmp_path / "tiny"))
    (up,) = live.job.instances
    stopped = lifeline.holder(home.instances / up.instance_id / "process")
    assert stopped is not None
    stopped.suspend()
    told: list[str] = []
    with pytest.raises(NotConfirmed, match=rf"tiny standby {up.instance_id}: STOPPING since") as given_up:
        down(told.append, patience_s=2.5)
    assert "aibro down" in given_up.value.fix
    assert any(up.instance_id in line and line.startswith("waiting for tiny standby") for line in told)
    seen = backend(start=False).job(live.job.job_id)
    assert seen.instances[0].phase is Phase.STOPPING, "control stays up and asks on"
    assert seen.money.micros_per_hour > 0, "its bill is open"
    stopped.resume()
    assert any(line.startswith("tiny") for line in down(told.append))
    assert processes_of(home) == []


def test_down_without_any_control_leaves_no_orphan_and_the_job_comes_back(home: Home, tmp_path: Path) -> None:
    (url,) = deployed(backend(), tiny_repo(tmp_path / "tiny")).urls
    daemon = psutil.Process(child_of_daemon(home, "control").ppid())
    daemon.kill()
    eventually(lambda: not any("aibro_jupyter.control" in line for line in processes_of(home)))
    assert any("aibro_jupyter.worker" in line for line in processes_of(home))
    assert any(line.startswith("instance ins_") for line in down())
    assert processes_of(home) == []
    backend()
    assert predict(url, {"x": 5}) == {"times": 15}


def test_a_control_that_is_killed_while_watched_is_waited_for(home: Home, tmp_path: Path) -> None:
    control = backend()
    gate = tmp_path / "gate"
    root = tiny_repo(tmp_path / "tiny", GATED.format(gate=str(gate)))

    def kill_at_load(step: Step) -> None:
        if step.name == "DEPLOYING MODEL" and not gate.exists():
            child_of_daemon(home, "control").kill()
            gate.touch()

    live = deployed(control, root, on_step=kill_at_load)
    assert live.job.status is JobStatus.DEPLOYED
    assert predict(live.urls[0], {"x": 1}) == 7

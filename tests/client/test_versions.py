"""Deploys on one backend, one after the other: new, the same again, changed, taken, broken, interrupted."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.predict import predict
from aibro_jupyter.client.rollout import WatchStopped, summary
from aibro_jupyter.errors import (
    BadClientId,
    BadRepo,
    BadRequirements,
    DeployFailed,
    DuplicateClients,
    NameTaken,
    NoSuchJob,
)
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import JobView, Step
from aibro_jupyter.states import JobStatus, Phase
from tests.backends import tiny_repo
from tests.client.deploying import GATED, deployed


@pytest.fixture
def home(kept_home: Home) -> Iterator[Home]:
    """The module's home, in which no job is left for the next test."""
    yield kept_home
    control = backend()
    for job in control.status().jobs:
        if job.outcome is None:
            control.complete(job.job_id)


def test_the_same_again_changes_nothing_and_a_change_takes_over(home: Home, tmp_path: Path) -> None:
    control = backend()
    root = tiny_repo(tmp_path / "tiny")
    (url,) = deployed(control, root, description="first").urls
    again = deployed(control, root, update=True)
    assert again.change == "unchanged"
    assert again.urls == (url,)
    assert len(again.job.versions) == 1
    (root / "predict.py").write_text((root / "predict.py").read_text().replace("return 3", "return 4"))
    changed = deployed(control, root, update=True)
    assert changed.change == "updated"
    assert changed.urls == (url,)
    assert changed.job.versions[0].state == "live"
    assert predict(url, {"x": 2}) == {"times": 8}
    cooler = deployed(control, root, update=True, cool_down=60)
    assert cooler.change == "updated"


def test_a_name_that_is_taken_is_refused_before_anything_is_sent(home: Home, tmp_path: Path) -> None:
    control = backend()
    deployed(control, tiny_repo(tmp_path / "tiny"))
    with pytest.raises(NameTaken, match="tiny"):
        deployed(control, tiny_repo(tmp_path / "other"))


def test_a_new_version_that_cannot_load_leaves_the_old_one_serving(home: Home, tmp_path: Path) -> None:
    control = backend()
    root = tiny_repo(tmp_path / "tiny")
    (url,) = deployed(control, root).urls
    (root / "predict.py").write_text("def load_model():\n    return 1 / 0\n\n\ndef run(model, data):\n    return 0\n")
    with pytest.raises(DeployFailed, match="ZeroDivisionError") as failed:
        deployed(control, root, update=True)
    assert "still serves" in failed.value.fix
    assert predict(url, {"x": 2}) == {"times": 6}


def test_a_model_that_cannot_load_fails_with_the_traceback_that_matters(home: Home, tmp_path: Path) -> None:
    broken = "def load_model():\n    raise ValueError('no such layer')\n\n\ndef run(model, data):\n    return 0\n"
    steps: list[Step] = []
    with pytest.raises(DeployFailed, match="ValueError: no such layer") as failed:
        deployed(backend(), tiny_repo(tmp_path / "tiny", broken), on_step=steps.append)
    assert "load_model" in failed.value.details
    assert steps[-1].state == "failed"
    with pytest.raises(NoSuchJob):
        backend().job_named("tiny")


def test_what_is_wrong_before_the_start_is_told_at_once(home: Home, tmp_path: Path) -> None:
    control = backend()
    root = tiny_repo(tmp_path / "tiny")
    with pytest.raises(DuplicateClients):
        deployed(control, root, client_ids=("a", "a"))
    with pytest.raises(BadClientId):
        deployed(control, root, client_ids=("",))
    (root / "requirements.txt").write_text("no-such-package-of-ours-7f3a==1.0\n")
    with pytest.raises(BadRequirements) as failed:
        deployed(control, root)
    assert "no-such-package-of-ours-7f3a" in failed.value.details
    (root / "predict.py").unlink()
    with pytest.raises(BadRepo, match=r"predict\.py"):
        deployed(control, root)


def test_client_ids_have_urls_and_an_update_adds_the_missing_one(home: Home, tmp_path: Path) -> None:
    control = backend()
    root = tiny_repo(tmp_path / "tiny")
    live = deployed(control, root, client_ids=("alice", "bob/1"))
    assert len(live.urls) == 2
    assert [predict(url, {"x": 1}) for url in live.urls] == [{"times": 3}, {"times": 3}]
    more = deployed(control, root, update=True, client_ids=("alice", "carol"))
    assert more.change == "updated"
    assert set(control.clients(live.job.job_id).client_ids) == {"alice", "bob/1", "carol"}
    assert len(more.job.versions) == 1


def test_an_interrupt_stops_watching_only_and_running_it_again_watches_on(home: Home, tmp_path: Path) -> None:
    control = backend()
    gate = tmp_path / "gate"
    root = tiny_repo(tmp_path / "tiny", GATED.format(gate=str(gate)))
    seen: list[Step] = []

    def interrupt_at_load(step: Step) -> None:
        seen.append(step)
        if (
            step.name == "DEPLOYING MODEL"
            and step.state == "running"
            and threading.current_thread().name == "MainThread"
        ):
            _thread.interrupt_main()

    with pytest.raises(WatchStopped) as stopped:
        deployed(control, root, on_step=interrupt_at_load)
    assert isinstance(stopped.value, KeyboardInterrupt)
    assert "aibro status" in str(stopped.value)
    assert stopped.value.job.outcome is None
    early = deployed(control, root, update=True, wait=False)
    assert early.change == "unchanged"
    assert early.job.status is JobStatus.QUEUING
    gate.touch()
    again = deployed(control, root, update=True)
    assert again.job.job_id == stopped.value.job.job_id
    assert again.job.status is JobStatus.DEPLOYED
    assert predict(again.urls[0], {"x": 1}) == 7


def test_curl_like_calls_see_the_tier(home: Home, tmp_path: Path) -> None:
    live = deployed(backend(), tiny_repo(tmp_path / "tiny"))
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(live.urls[0], data='{"x": 3}', timeout=60)
    assert answer.json() == {"times": 9}
    assert answer.headers["X-Aibro-Served-By"] == "standby"


def test_instances_of_a_live_job_serve(home: Home, tmp_path: Path) -> None:
    job: JobView = deployed(backend(), tiny_repo(tmp_path / "tiny")).job
    assert [instance.phase for instance in job.instances] == [Phase.SERVING]


REASONS = {
    "a traceback": ("Traceback (most recent call last):\n  File x\nValueError: bad\n", "ValueError: bad"),
    "a line and more": ("no machine in time\nmore", "no machine in time"),
    "nothing": ("", "no reason was given"),
}


@pytest.mark.parametrize(("reason", "line"), REASONS.values(), ids=REASONS.keys())
def test_summary(reason: str, line: str) -> None:
    assert summary(reason) == line

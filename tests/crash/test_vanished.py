"""An instance whose folder is deleted by hand: its bill is closed, and stays so through down and up."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from aibro_jupyter import lifeline
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import Interval
from tests.backends import tiny_repo
from tests.crash.conftest import kill
from tests.eventually import eventually

LATE_S = 7.0
"""A look at what serves comes every five seconds, and may take a moment."""


def bill(control: ControlClient, job_id: str, instance_id: str) -> Interval:
    (one,) = [i for i in control.cost(job_id).intervals if i.instance_id == instance_id and i.kind == "compute"]
    return one


def test_a_deleted_folder_is_not_billed_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    monkeypatch.setenv("AIBRO_HOME", str(home.root))
    control = backend()
    try:
        live = deploy_repo(control, tiny_repo(tmp_path / "tiny"), Deployment(name="tiny", machine="t3.micro.od"))
        job_id, (lost,) = live.job.job_id, live.job.instances
        agent = lifeline.holder(home.instances / lost.instance_id / "process")
        assert agent is not None
        processes = (*agent.children(recursive=True), agent)
        agent.suspend()
        gone_at = time.time()
        shutil.rmtree(home.instances / lost.instance_id)
        for process in processes:
            kill(process)
        closed = eventually(lambda: bill(control, job_id, lost.instance_id).closed_ms, timeout_s=90)
        assert gone_at - LATE_S <= closed / 1000 <= gone_at + 1
        down()
        control = backend()
        assert bill(control, job_id, lost.instance_id).closed_ms == closed
    finally:
        down()

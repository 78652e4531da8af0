"""A deploy does not hold the kernel: interrupt and --no-wait leave it going, and say how to go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.errors import AibroError
from aibro_jupyter.states import JobSubstatus
from tests.eventually import eventually

Kernel = tuple[KernelManager, BlockingKernelClient]

SLOW = """import time

def load_model():
    time.sleep(6)
    return 1

def run(model):
    return model
"""


@pytest.fixture
def slow_repo(tmp_path: Path) -> Path:
    repo = tmp_path / "slow"
    (repo / "model").mkdir(parents=True)
    (repo / "predict.py").write_text(SLOW)
    (repo / "requirements.txt").write_text("")
    return repo


@pytest.fixture
def repo() -> Path:
    return Path(__file__).parents[1] / "repos" / "sentiment"


@pytest.fixture
def kernel(magics_home: Path) -> Iterator[Kernel]:
    manager, client = start_new_kernel(kernel_name="python3")
    client.execute_interactive("%load_ext aibro_jupyter", timeout=60, output_hook=lambda _: None)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def until_idle(client: BlockingKernelClient, request_id: str) -> list[dict[str, Any]]:
    """Return what a cell showed, until it was over."""
    shown: list[dict[str, Any]] = []
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != request_id:
            continue
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return shown
        shown.append(message)


def deploying(name: str) -> bool:
    try:
        return backend(start=False).job_named(name).substatus is JobSubstatus.DEPLOYING_MODEL
    except AibroError:
        return False


def test_an_interrupt_stops_watching_not_the_job(kernel: Kernel, slow_repo: Path) -> None:
    manager, client = kernel
    request = client.execute(f"%aibro deploy --artifacts-path {slow_repo} --name slow")
    eventually(lambda: deploying("slow"))
    manager.interrupt_kernel()
    shown = until_idle(client, request)
    last = [m["content"]["data"]["text/plain"] for m in shown if m["msg_type"] == "update_display_data"][-1]
    assert last.startswith("… slow v1 is on its way: DEPLOYING MODEL")
    assert "`%aibro status slow` shows how far it is" in last
    (error,) = [m["content"] for m in shown if m["msg_type"] == "error"]
    assert len(error["traceback"]) <= 6
    assert "Traceback" not in "\n".join(error["traceback"])
    control = backend(start=False)
    eventually(lambda: control.job_named("slow").substatus is JobSubstatus.DEPLOYED_MODEL)
    control.complete(control.job_named("slow").job_id)


def test_tab_knows_deployed_names_and_does_not_wait_for_them(kernel: Kernel, magics_home: Path, repo: Path) -> None:
    _, client = kernel
    control = backend()
    deploy_repo(control, repo, Deployment(name="known"))

    def offered() -> bool:
        text = "x = 1\n%aibro complete kn"
        matches = client.complete(text, len(text), reply=True, timeout=60)["content"]["matches"]
        return bool(matches == ["known"])

    eventually(offered)
    control.complete(control.job_named("known").job_id)


def test_no_wait_returns_while_it_comes_up(kernel: Kernel, slow_repo: Path) -> None:
    _, client = kernel
    shown = until_idle(client, client.execute(f"%aibro deploy --artifacts-path {slow_repo} --name later --no-wait"))
    assert not [m for m in shown if m["msg_type"] == "error"]
    control = backend(start=False)
    assert control.job_named("later").status.value == "QUEUING"
    control.complete(control.job_named("later").job_id)


def test_following_a_log_ends_with_an_interrupt_and_no_error(kernel: Kernel, repo: Path) -> None:
    manager, client = kernel
    control = backend()
    deploy_repo(control, repo, Deployment(name="talks"))
    request = client.execute("%aibro logs talks -f")
    heard = ""
    while "serving" not in heard:
        message = client.get_iopub_msg(timeout=120)
        heard += message["content"].get("text", "") if message["msg_type"] == "stream" else ""
    manager.interrupt_kernel()
    shown = until_idle(client, request)
    assert not [m for m in shown if m["msg_type"] == "error"]
    (result,) = [m["content"]["data"]["text/plain"] for m in shown if m["msg_type"] == "execute_result"]
    assert result == "stopped following; talks goes on"
    control.complete(control.job_named("talks").job_id)


def test_a_bug_of_ours_is_one_line_in_a_cell(kernel: Kernel, magics_home: Path) -> None:
    _, client = kernel
    broken = "from aibro_jupyter.verbs import running\nrunning.backend = lambda **_: [].pop()"
    until_idle(client, client.execute(broken))
    shown = until_idle(client, client.execute("%aibro status"))
    (error,) = [m["content"] for m in shown if m["msg_type"] == "error"]
    assert error["traceback"][0] == "✗ this is a bug in aibro_jupyter: IndexError: pop from empty list"
    assert len(error["traceback"]) == 2
    assert "IndexError" in (magics_home / "logs" / "bugs.log").read_text()

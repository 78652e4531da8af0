"""The notebook's side may go at any moment: a kernel, the Jupyter server, the page. The job and the panel stay."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from playwright.sync_api import Browser, expect

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.protocol import JobView
from tests.browser.conftest import TOKEN, config, free_port, jupyter, places
from tests.eventually import eventually
from tests.onebackend import one_backend

pytestmark = pytest.mark.browser
CELLS = (
    "%load_ext aibro_jupyter",
    "def double(x: int) -> int:\n    return 2 * x",
    "%aibro deploy double --name double --sample 21 --machine c5.large.od",
)
"""What the notebook holds; its last cell is where the kernel dies."""


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlClient]:
    with one_backend(tmp_path / "aibro"):
        yield backend()


@pytest.mark.parametrize("when", ["QUEUING", "DEPLOYING"])
def test_a_job_outlives_the_kernel_that_was_deploying_it(when: str, control: ControlClient, tmp_path: Path) -> None:
    """Killed as soon as the job is known, and again once its machine is on its way; then the notebook is run again."""
    manager, client = _kernel(tmp_path)
    try:
        for cell in CELLS[:-1]:
            _run(client, cell)
        client.execute(CELLS[-1])
        begun = eventually(lambda: _named(control), timeout_s=60)
        if when == "DEPLOYING":
            eventually(lambda: _only(control).instances, timeout_s=60)
    finally:
        client.stop_channels()
        os.kill(manager.provisioner.pid, signal.SIGKILL)  # type: ignore[union-attr]
        manager.shutdown_kernel(now=True)

    assert eventually(lambda: _only(control).status == "DEPLOYED", timeout_s=90)
    manager, client = _kernel(tmp_path)
    try:
        for cell in CELLS:
            _run(client, cell)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    again = _only(control)
    assert again.job_id == begun.job_id
    assert [version.version for version in again.versions] == [1]
    urls = control.clients(again.job_id).urls
    assert len(urls) == 1
    assert requests.post(urls[0], json=21, timeout=60).json() == 42


def test_the_panel_finds_its_way_back(browser: Browser, control: ControlClient, tmp_path: Path) -> None:
    """The Jupyter server is killed and started anew: the open page shows the job again; so does one loaded anew."""
    _deployed(control, tmp_path / "aibro_repo")
    port, folders, settings = free_port(), places(tmp_path), config(tmp_path)
    context = browser.new_context()
    page = context.new_page()
    card = page.get_by_role("region", name="Deployments").get_by_role("article", name="stays")
    with jupyter(tmp_path, port, folders, settings) as (process, url):
        page.goto(f"{url}/lab?token={TOKEN}&reset")
        page.locator('.jp-SideBar [data-id="aibro-deployments"]').click(timeout=60_000)
        expect(card).to_contain_text("DEPLOYED", timeout=30_000)
        process.kill()
        process.wait()
        # What the panel says only while nothing answers it.
        complete = card.get_by_role("button", name="Complete…")
        expect(complete).to_be_disabled(timeout=30_000)
    with jupyter(tmp_path, port, folders, settings):
        expect(complete).to_be_enabled(timeout=60_000)
        expect(card).to_contain_text("DEPLOYED")
        page.reload()
        # What was open when the first server was killed may never have been saved.
        page.locator('.jp-SideBar [data-id="aibro-deployments"]').wait_for(timeout=60_000)
        page.evaluate("void window.jupyterapp.commands.execute('aibro:show')")
        expect(card).to_contain_text("DEPLOYED", timeout=60_000)
    context.close()
    assert _only(control).status == "DEPLOYED"


def _deployed(control: ControlClient, root: Path) -> None:
    (root / "model").mkdir(parents=True)
    (root / "predict.py").write_text("def load_model():\n    return 2\n\n\ndef run(model, data):\n    return data\n")
    (root / "requirements.txt").write_text("")
    deploy_repo(control, root, Deployment(name="stays"))


def _kernel(folder: Path) -> tuple[KernelManager, BlockingKernelClient]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return manager, client


def _run(client: BlockingKernelClient, source: str) -> None:
    said = client.execute_interactive(source, timeout=120, output_hook=lambda _: None)
    assert said["content"]["status"] == "ok", said["content"]


def _named(control: ControlClient) -> JobView | None:
    status = control.status()
    return next(iter(status.jobs), None)


def _only(control: ControlClient) -> JobView:
    status = control.status()
    (job,) = status.jobs
    return job

"""The sidebar as a person uses it: a real JupyterLab, a real Chromium, a real backend and a model that answers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.protocol import ClientsUpdate
from tests.browser.conftest import ARTIFACTS, TOKEN, Lab

pytestmark = pytest.mark.browser
CLIENT = "team-alpha-7f3a"
TICK = 30_000
"""Milliseconds: long enough for a poll that backed off on a busy machine."""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "aibro_repo"
    for folder in ("model", "data"):
        (root / folder).mkdir(parents=True)
    (root / "predict.py").write_text(
        "import pathlib\nimport time\n\n\n"
        f"def load_model():\n    while not pathlib.Path({str(tmp_path / 'gate')!r}).exists():\n        time.sleep(0.05)\n"
        "    return 2\n\n\ndef run(model, data):\n    return [model * x for x in data]\n"
    )
    (root / "data" / "data.json").write_text("[1, 2]")
    (root / "requirements.txt").write_text("")
    return root


def test_a_job_from_its_deploy_to_its_end(page: Page, lab: Lab, repo: Path) -> None:
    page.goto(f"/lab?token={TOKEN}&reset")
    page.locator('.jp-SideBar [data-id="aibro-deployments"]').click(timeout=90_000)
    panel = page.get_by_role("region", name="Deployments")

    expect(panel).to_contain_text("No backend is running", timeout=TICK)
    expect(panel).to_contain_text("aibro up")
    assert not lab.home.daemon_json.exists(), "looking at the panel started a backend"

    control = backend()
    expect(panel).to_contain_text("Nothing is deployed yet", timeout=TICK)
    expect(panel).to_contain_text("%aibro deploy predict")

    wanted = Deployment(name="iris", machine="c5.large.od", cooling="g4dn.4xlarge.od", client_ids=CLIENT)
    deploy_repo(control, repo, replace(wanted, wait=False))
    card = panel.get_by_role("article", name="iris")
    expect(card).to_contain_text("QUEUING", timeout=TICK)
    (repo.parent / "gate").touch()
    deployed = deploy_repo(control, repo, wanted, update=True)
    expect(card).to_contain_text("DEPLOYED · DEPLOYED MODEL", timeout=TICK)
    expect(card).to_contain_text("iris v1")
    expect(card).to_contain_text(re.compile(r"standby.*always on.*serving.*stands in for c5\.large"))
    expect(card).to_contain_text(re.compile(r"cooling.*asleep.*wakes on a request.*g4dn\.4xlarge"))
    expect(card).to_contain_text("1 client may call")
    expect(card.locator("code")).to_have_text(re.compile(r"/v1/.*••••/iris/predict$"))
    assert CLIENT not in page.content()

    money = card.locator(".aibro-Money")
    said = money.inner_text()
    assert re.search(r"this computer: \$0\.00 · on AWS: \$0\.\d{4} so far, \$0\.085/h", said.replace("\n", " "))
    # A start's minimum is paid for at once: the sum stands until it is over.
    expect(money).not_to_have_text(said, use_inner_text=True, timeout=60_000 + TICK)

    card.get_by_role("button", name="Copy API URL").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    url = page.evaluate("navigator.clipboard.readText()")
    assert (url,) == deployed.urls
    assert requests.post(url, json=[4], timeout=60).json() == [8]
    _pictures(page)

    second = control.update_clients(deployed.job.job_id, ClientsUpdate(add=("bob-9c1d",))).urls[1]
    expect(card).to_contain_text("2 clients may call", timeout=TICK)
    card.get_by_role("button", name="Copy API URL").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("select").select_option("2. bo••••")
    assert "bob-9c1d" not in page.content()
    dialog.get_by_role("button", name="Ok").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == second

    card.get_by_role("button", name="Complete…").click()
    expect(dialog).to_contain_text("Complete iris?")
    dialog.get_by_role("button", name="Keep It").click()
    expect(card).to_contain_text("DEPLOYED")
    card.get_by_role("button", name="Complete…").click()
    dialog.get_by_role("button", name="Complete", exact=True).click()

    expect(panel.get_by_role("region", name="Ended jobs").get_by_label("iris")).to_contain_text(
        "COMPLETED", timeout=TICK
    )
    expect(card).to_have_count(0)
    assert control.job(deployed.job.job_id).status == "COMPLETED"
    assert requests.post(url, json=[4], timeout=60).status_code == 404

    page.reload()
    expect(panel.get_by_role("region", name="Ended jobs")).to_contain_text("COMPLETED", timeout=90_000)


def _pictures(page: Page) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    for theme in ("Dark", "Light"):
        # Not awaited in the page: the change ends when the style sheet has come.
        page.evaluate(f"void window.jupyterapp.commands.execute('apputils:change-theme', {json.dumps(_named(theme))})")
        page.wait_for_function(f"document.body.dataset.jpThemeName === {json.dumps(_named(theme)['theme'])}")
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.screenshot(path=ARTIFACTS / f"sidebar-{theme.lower()}.png")


def _named(theme: str) -> dict[str, str]:
    return {"theme": f"JupyterLab {theme}"}

"""Names, descriptions, logs and answers of somebody hostile are text everywhere; a saved panel reads without its kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import requests
from nbclient import NotebookClient
from playwright.sync_api import Page, expect

from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import deploy_repo
from tests.browser.conftest import TOKEN, Lab

pytestmark = pytest.mark.browser
TICK = 60_000
PAYLOADS = (
    "<img src=x onerror=window.pwned=1>",
    "<script>window.pwned=1</script>",
    "</pre></div><svg onload=window.pwned=1>",
    "\x1b]8;;javascript:window.pwned=1\x07click\x1b[31m",
    '"><iframe srcdoc="<script>parent.pwned=1</script>">',
    "javascript:window.pwned=1",
    "[x](javascript:window.pwned=1) $\\href{javascript:window.pwned=1}{x}$",
)
HOSTILE = " ".join(PAYLOADS)
PREDICT = f"""
def load_model():
    print({HOSTILE!r})


def run(model, data):
    if data == "fail":
        raise ValueError({HOSTILE!r})
    return {{"answer": {HOSTILE!r}}}
"""


@pytest.fixture
def hostile(lab: Lab, tmp_path: Path) -> Iterator[str]:
    root = tmp_path / "aibro_repo"
    (root / "model").mkdir(parents=True)
    (root / "predict.py").write_text(PREDICT)
    (root / "requirements.txt").write_text("")
    control = backend()
    wanted = Deployment(name="hostile", description=HOSTILE[:200], client_ids=(PAYLOADS[0], PAYLOADS[2]))
    deployed = deploy_repo(control, root, wanted)
    requests.post(deployed.urls[0], data='"fail"', timeout=60)
    yield deployed.job.job_id
    control.complete(deployed.job.job_id)


@pytest.fixture
def saved(lab: Lab, hostile: str) -> str:
    """A notebook that showed the panel and was saved; its kernel is gone."""
    cells = ["%load_ext aibro_jupyter", "%aibro panel hostile", "%aibro logs hostile", "%aibro status hostile"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(lab.notebooks)}}).execute()
    notebook.metadata.pop("widgets", None)
    (lab.notebooks / "saved.ipynb").write_text(nbformat.writes(notebook))
    return "saved.ipynb"


def test_nothing_hostile_runs(page: Page, lab: Lab, hostile: str, saved: str) -> None:
    page.goto(f"/lab/tree/{saved}?token={TOKEN}&reset")
    page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady", timeout=90_000)
    picture = page.locator(".jp-Cell").nth(1).locator(".jp-OutputArea")
    expect(picture).to_contain_text("hostile v1", timeout=TICK)
    expect(picture).to_contain_text("DEPLOYED")

    page.evaluate("void window.jupyterapp.commands.execute('aibro:show')")
    card = page.get_by_role("article", name="hostile")
    expect(card).to_contain_text("<img src=x onerror", timeout=TICK)
    card.get_by_role("button", name="Try it").click()
    card.get_by_label("What to send").or_(card.get_by_role("textbox")).first.fill("1")
    card.get_by_role("button", name="Predict").click()
    expect(card.locator(".aibro-Section pre")).to_contain_text("onerror", timeout=TICK)
    card.get_by_role("button", name="Logs").click()
    expect(card.get_by_role("log")).to_contain_text("onerror", timeout=TICK)
    card.get_by_role("button", name="Clients").click()
    expect(card.get_by_role("list", name="Clients").get_by_role("listitem")).to_have_count(2, timeout=TICK)

    # The same live: run it all, with the widget's own script in the page.
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    live = page.locator(".aibro-w-card")
    expect(live).to_contain_text("hostile v1", timeout=TICK)
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x], svg[onload], iframe[srcdoc*=pwned], a[href^='javascript:']").count() == 0

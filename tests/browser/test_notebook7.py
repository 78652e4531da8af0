"""Notebook 7 has the panel too: the same extension, in the left area of a notebook's page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import deploy_repo
from tests.browser.conftest import TOKEN, Lab

pytestmark = pytest.mark.browser
TICK = 30_000
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture
def deployed(lab: Lab, tmp_path: Path) -> Iterator[str]:
    root = tmp_path / "aibro_repo"
    (root / "model").mkdir(parents=True)
    (root / "predict.py").write_text(
        "def load_model():\n    return 2\n\n\ndef run(model, data):\n    return model * data\n"
    )
    (root / "requirements.txt").write_text("")
    control = backend()
    job = deploy_repo(control, root, Deployment(name="seven")).job
    yield job.model_name
    control.complete(job.job_id)


def test_the_job_is_in_the_left_area_of_a_notebook(page: Page, lab: Lab, deployed: str) -> None:
    (lab.notebooks / "seven.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(metadata=KERNEL)))
    page.goto(f"/notebooks/seven.ipynb?token={TOKEN}")
    page.wait_for_function("window.jupyterapp?.commands.hasCommand('aibro:show')", timeout=90_000)
    assert page.evaluate("window.jupyterapp.name") == "Jupyter Notebook"
    page.wait_for_function("window.jupyterapp.shell.currentWidget?.sessionContext?.isReady", timeout=90_000)

    page.get_by_role("menuitem", name="View", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text="Left Sidebar").hover()
    page.locator(".lm-Menu-itemLabel", has_text="Deployments").click()
    card = page.get_by_role("region", name="Deployments").get_by_role("article", name=deployed)
    expect(card).to_contain_text("DEPLOYED · DEPLOYED MODEL", timeout=TICK)

    card.get_by_role("button", name="Try it").click()
    card.get_by_role("textbox").first.fill(json.dumps(21))
    card.get_by_role("button", name="Predict").click()
    expect(card.locator(".aibro-Section pre")).to_have_text("42", timeout=TICK)

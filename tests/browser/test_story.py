"""The whole story in one browser: a notebook run from the top, its job in the sidebar, tried, cooled, woken, ended."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ARTIFACTS, TOKEN, Lab

pytestmark = pytest.mark.browser
TICK = 60_000
DEPLOY = '%aibro deploy predict --name iris --sample "X[:5]" --machine c5.large.od --cooling g4dn.4xlarge.od'
QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


@pytest.fixture
def notebook(lab: Lab) -> Iterator[str]:
    """The quickstart up to its first call, its machines those of a picture worth looking at."""
    story = json.loads(QUICKSTART.read_text())
    cells = story["cells"]
    deploy = next(i for i, cell in enumerate(cells) if "%aibro deploy" in "".join(cell["source"]))
    cells[deploy]["source"] = [DEPLOY]
    for cell in cells:
        cell["source"] = [line for line in cell["source"] if not line.startswith("# NBVAL")]
    story["cells"] = cells[: deploy + 3]
    (lab.notebooks / "iris.ipynb").write_text(json.dumps(story))
    yield "iris.ipynb"
    shutil.rmtree(lab.notebooks / "aibro_repo", ignore_errors=True)


def test_the_whole_story(page: Page, lab: Lab, notebook: str) -> None:
    panel = _opened(page, notebook)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    card = panel.get_by_role("article", name="iris")
    expect(card).to_contain_text("DEPLOYED · DEPLOYED MODEL", timeout=4 * TICK)
    # What was told stays in the list behind the bell, however soon its toast is gone.
    page.evaluate("void window.jupyterapp.commands.execute('apputils:display-notifications')")
    expect(page.locator(".jp-Notification-Center").get_by_text("iris is live")).to_have_count(1, timeout=TICK)
    page.keyboard.press("Escape")

    # Calling it from the notebook's last cell woke the strong machine.
    expect(card).to_contain_text(re.compile(r"cooling.*awake"), timeout=2 * TICK)
    expect(card).to_contain_text(re.compile(r"last wake \d\d:\d\d: machine .* load .* s"), timeout=TICK)
    card.get_by_role("button", name="Try it").click()
    card.get_by_role("button", name="Predict").click()
    answer = card.locator(".aibro-Section pre")
    expect(answer).to_contain_text("setosa", timeout=TICK)
    expect(card).to_contain_text(re.compile(r"200 · cooling"))
    _money_moves(card)
    _pictures(page, "lab")

    _menu(page, card, "Drill: Cool Down Now")
    expect(card).to_contain_text(re.compile(r"asleep.*wakes on a request"), timeout=2 * TICK)
    card.get_by_role("button", name="Predict").click()
    expect(card).to_contain_text("200 · standby", timeout=TICK)
    expect(card).to_contain_text(re.compile(r"cooling.*awake"), timeout=2 * TICK)

    _menu(page, card, "Switch Cooling Off")
    expect(card).to_contain_text("the standby answers alone", timeout=2 * TICK)
    _menu(page, card, "Switch Cooling On")

    card.get_by_role("button", name="Timeline").click()
    chart = card.get_by_role("img", name=re.compile("standby served .* requests"))
    expect(chart).to_be_visible(timeout=TICK)
    _pictures(page, "timeline")

    card.get_by_role("button", name="Logs").click()
    expect(card.get_by_role("log")).to_contain_text(re.compile(r"\w"), timeout=TICK)

    card.get_by_role("button", name="Clients").click()
    card.get_by_label("Name of a new client").fill("alice")
    card.get_by_role("button", name="Add", exact=True).click()
    expect(card).to_contain_text("alice-••••", timeout=TICK)
    assert not re.search(r"alice-\w{24}", page.content()), "a client id in clear"
    _deployed_from_the_panel(page, panel)

    for name in ("iris", "flowers"):
        one = panel.get_by_role("article", name=name)
        one.get_by_role("button", name="Complete…").click()
        page.get_by_role("dialog").get_by_role("button", name="Complete", exact=True).click()
        expect(one).to_have_count(0, timeout=TICK)
    expect(panel.get_by_role("region", name="Ended jobs").get_by_label("iris")).to_contain_text("COMPLETED")


def _opened(page: Page, notebook: str) -> Locator:
    page.goto(f"/lab/tree/{notebook}?token={TOKEN}&reset")
    page.wait_for_function(
        "window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady"
        " && window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.connectionStatus === 'connected'",
        timeout=90_000,
    )
    page.evaluate("void window.jupyterapp.commands.execute('aibro:show')")
    return page.get_by_role("region", name="Deployments")


def _menu(page: Page, card: Locator, item: str) -> None:
    card.get_by_role("button", name="More").click()
    page.locator(".lm-Menu-itemLabel", has_text=item).click()


def _money_moves(card: Locator) -> None:
    money = card.locator(".aibro-Money > p").first
    said = money.inner_text()
    expect(money).not_to_have_text(said, use_inner_text=True, timeout=TICK)


def _deployed_from_the_panel(page: Page, panel: Locator) -> None:
    """Choose, read what it costs, press: the notebook has the cell that did it."""
    panel.get_by_role("button", name="Deploy a Function…").click()
    form = panel.get_by_role("form", name="Deploy a function")
    function = form.get_by_label("Function")
    expect(function).to_have_value("predict", timeout=TICK)
    form.get_by_label("Sample").fill("X[:3]")
    form.get_by_label("Name", exact=True).fill("flowers")
    form.get_by_label("Standby").fill("t3.medium.od")
    form.get_by_label("Cooling").fill("g4dn.xlarge.od")
    form.get_by_label("Clients").fill("bob")
    expect(form).to_contain_text(re.compile(r"\$94/month on AWS"), timeout=TICK)
    _pictures(page, "deploy-form")
    form.get_by_role("button", name="Deploy").click()
    cell = page.locator(".jp-Notebook .jp-Cell").last
    expect(cell).to_contain_text("--name flowers", timeout=TICK)
    card = panel.get_by_role("article", name="flowers")
    expect(card).to_contain_text("DEPLOYED · DEPLOYED MODEL", timeout=4 * TICK)
    expect(card).to_contain_text("1 client may call")
    assert not re.search(r"bob-\w{24}", page.content()), "a client id in clear"


def _pictures(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    for theme in ("Dark", "Light"):
        named = f"JupyterLab {theme}"
        page.evaluate(
            f"void window.jupyterapp.commands.execute('apputils:change-theme', {json.dumps({'theme': named})})"
        )
        page.wait_for_function(f"document.body.dataset.jpThemeName === {json.dumps(named)}")
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.screenshot(path=ARTIFACTS / f"{name}-{theme.lower()}.png")

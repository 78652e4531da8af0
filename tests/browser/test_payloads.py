"""Five hundred hostile texts wherever a person reads words of somebody else's: all are text, none runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import nbformat
import pytest
from playwright.sync_api import Dialog, Page, expect

from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.client.token import Shared, forget, remember
from aibro_jupyter.protocol import JobView
from tests.browser.conftest import TOKEN, Lab
from tests.browser.hostilepeer import EVERYTHING, hostile_control
from tests.browser.payloads import payloads

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
TICK = 120_000
"""Half a megabyte of text takes a loaded machine without a graphics card long to draw."""
TEXTS = payloads()
PREDICT = f"""
TEXTS = {TEXTS!r}


def load_model():
    return TEXTS


def run(model, data):
    print(*model[data : data + 50], sep="\\n", flush=True)
    return model
"""
WIDGET = f"%aibro panel {EVERYTHING}"
OUTPUTS = ("%aibro status", f"%aibro status {EVERYTHING}", f"%aibro logs {EVERYTHING} --lines 500")
WATCH = (
    "addEventListener('securitypolicyviolation', event => (window.__violations ||= []).push(event.violatedDirective))"
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the browser told beside the page itself."""

    dialogs: list[str] = field(default_factory=list)
    windows: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def real(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobView]:
    root = tmp_path_factory.mktemp("payloads") / "aibro_repo"
    (root / "model").mkdir(parents=True)
    (root / "predict.py").write_text(PREDICT)
    (root / "requirements.txt").write_text("")
    control = backend()
    wanted = Deployment(name="payloads", machine="c5.large.od", cooling="g4dn.4xlarge.od", description=TEXTS[3][:200])
    deployed = deploy_repo(control, root, wanted)
    yield control.job(deployed.job.job_id)
    control.complete(deployed.job.job_id)


@pytest.fixture
def shared(real: JobView) -> Iterator[None]:
    """Lab and its kernels look at a backend that somebody else runs, and that means harm."""
    status = backend().status()
    with hostile_control(status, TEXTS) as url:
        remember(Shared(url=url, token="t"))
        try:
            yield
        finally:
            forget()


@pytest.fixture
def seen(page: Page) -> Seen:
    seen = Seen()
    page.add_init_script(WATCH)
    page.on("dialog", lambda dialog: _dismissed(seen, dialog))
    page.on("popup", lambda window: seen.windows.append(window.url))
    page.on("console", lambda said: seen.errors.append(said.text) if _policy(said.text) else None)
    return seen


def _dismissed(seen: Seen, dialog: Dialog) -> None:
    seen.dialogs.append(dialog.message)
    dialog.dismiss()


def _policy(said: str) -> bool:
    return "Content Security Policy" in said or "Refused to" in said or "unsafe" in said


def test_a_real_model_that_logs_and_answers_all_of_them(page: Page, lab: Lab, real: JobView, seen: Seen) -> None:
    page.goto(f"/lab?token={TOKEN}&reset")
    page.locator('.jp-SideBar [data-id="aibro-deployments"]').click(timeout=40_000)
    card = page.get_by_role("article", name="payloads")
    _tried(page, card)
    card.get_by_role("button", name="Logs").click()
    log = card.get_by_role("log")
    expect(log).to_contain_text(TEXTS[0], timeout=TICK)
    _nothing_ran(page, seen)


def test_a_sidebar_on_a_hostile_backend(page: Page, lab: Lab, shared: None, seen: Seen) -> None:
    page.goto(f"/lab?token={TOKEN}&reset")
    page.locator('.jp-SideBar [data-id="aibro-deployments"]').click(timeout=40_000)
    panel = page.get_by_role("region", name="Deployments")
    expect(panel.get_by_role("article")).to_have_count(51, timeout=TICK)
    _all_visible(panel.inner_text(), "descriptions and reasons")

    card = page.get_by_role("article", name=EVERYTHING, exact=True)
    _tried(page, card)
    card.get_by_role("button", name="Clients").click()
    expect(card.get_by_role("list", name="Clients").get_by_role("listitem")).to_have_count(500, timeout=TICK)
    card.get_by_role("button", name="Logs").click()
    expect(card.get_by_role("log")).to_contain_text(TEXTS[-1], timeout=TICK)
    _all_visible(card.get_by_role("log").inner_text(), "logs")
    _nothing_ran(page, seen)


def test_a_widget_on_a_hostile_backend(page: Page, lab: Lab, shared: None, seen: Seen) -> None:
    _run_all(page, lab, "widget.ipynb", [WIDGET])
    expect(page.locator(".aibro-w-card")).to_contain_text(EVERYTHING, timeout=TICK)
    _nothing_ran(page, seen)
    _reopened_untrusted(page, lab, "widget.ipynb")
    _nothing_ran(page, seen)


def test_outputs_on_a_hostile_backend(page: Page, lab: Lab, shared: None, seen: Seen) -> None:
    _run_all(page, lab, "outputs.ipynb", OUTPUTS)
    outputs = page.locator(".jp-OutputArea")
    expect(outputs.last).to_contain_text(TEXTS[-1], timeout=TICK)
    _nothing_ran(page, seen)
    _reopened_untrusted(page, lab, "outputs.ipynb")
    expect(outputs.last).to_contain_text(TEXTS[-1], timeout=TICK)
    _nothing_ran(page, seen)


def _run_all(page: Page, lab: Lab, name: str, sources: Sequence[str]) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in ("%load_ext aibro_jupyter", *sources)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (lab.notebooks / name).write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=kernel)))
    page.goto(f"/lab/tree/{name}?token={TOKEN}&reset")
    page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady", timeout=TICK)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")


def _reopened_untrusted(page: Page, lab: Lab, name: str) -> None:
    """Save the notebook and open it again without its kernel, as it comes from somebody who is not trusted."""
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    saved = nbformat.read(lab.notebooks / name, as_version=4)
    assert any("onerror" in json.dumps(cell.get("outputs", [])) for cell in saved.cells)
    saved.metadata.pop("widgets", None)
    for cell in saved.cells:
        cell.metadata["trusted"] = False
    (lab.notebooks / f"untrusted-{name}").write_text(nbformat.writes(saved))
    page.goto(f"/lab/tree/untrusted-{name}?token={TOKEN}&reset")
    page.wait_for_function("document.querySelectorAll('.jp-OutputArea-output').length > 0", timeout=TICK)


def _tried(page: Page, card) -> None:  # type: ignore[no-untyped-def]
    card.get_by_role("button", name="Try it").click(timeout=TICK)
    answer = card.locator(".aibro-Section pre")
    for start in (450, 0) if "payloads" in card.inner_text() else (0,):
        card.get_by_role("textbox").first.fill(str(start))
        card.get_by_role("button", name="Predict").click()
        expect(answer).to_contain_text("window.__hit", timeout=TICK)
    assert json.loads(answer.text_content()) == TEXTS


def _all_visible(said: str, where: str) -> None:
    """Whitespace is the browser's to fold, and what has no width or no glyph is not seen: the rest is, in order."""
    shown = _folded(said)
    missing = [text for text in TEXTS if _folded(text) not in shown]
    assert not missing, f"{len(missing)} payloads are not text in {where}: {missing[:3]!r}"


def _folded(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable() and not sign.isspace() and sign != "\ufffd")


def _nothing_ran(page: Page, seen: Seen) -> None:
    # What hides behind a pointer, a focus or a toggle gets its chance too.
    page.evaluate("for (const one of document.querySelectorAll('[tabindex],summary')) one.focus?.()")
    page.mouse.move(150, 300)
    page.evaluate("new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 200)))")
    assert page.evaluate("[window.__hit, window.__violations]") == [None, None]
    assert seen == Seen()
    bad = "img[src='x'], [onerror], [onload], [ontoggle], [onfocus], iframe[srcdoc], a[href^='javascript:' i], object, embed"
    assert page.locator(".aibro-Panel, .jp-OutputArea, [aria-label=Deployments]").locator(bad).count() == 0

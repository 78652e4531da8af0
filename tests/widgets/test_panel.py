"""The widgets as a notebook holds them: live in a kernel, a readable picture when saved, text in a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from aibro_jupyter.protocol import encode
from aibro_jupyter.verbs import Asker, run
from aibro_jupyter.views.panel import told
from tests.onebackend import one_backend
from tests.surface.samples import job

WIDGET = "application/vnd.jupyter.widget-view+json"
HOSTILE = "<img src=x onerror=alert(1)>"
STORY = [
    "%load_ext aibro_jupyter",
    "def double(x: list) -> list:\n    'Twice.'\n    return [2 * one for one in x]\ndouble([1])",
    f"%aibro deploy double --mint ana --description '{HOSTILE}'",
    f"%aibro deploy double --mint ana --description '{HOSTILE}'",
    "panel = get_ipython().run_line_magic('aibro', 'panel double')\npanel",
    "%aibro form double",
    "import aibro_jupyter\njob = aibro_jupyter.Job('double')\njob([4])",
    "import time, json\nfor _ in range(600):\n    if panel.seen['jobs'][0]['requests'] >= 1: break\n    time.sleep(0.1)\n"
    "print(json.dumps(panel.seen))",
    "panel.close()",
    "from aibro_jupyter.jupyter.offer import offer\nprint(json.dumps(offer(globals()).told))",
    "len(job.clients)",
]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nbformat.NotebookNode]:
    root = tmp_path_factory.mktemp("widgets")
    with one_backend(root / "home"):
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in STORY])
        NotebookClient(made, timeout=120, resources={"metadata": {"path": str(root)}}).execute()
        yield made


def _data(notebook: nbformat.NotebookNode, cell: int) -> dict[str, str]:
    return next(one["data"] for one in notebook.cells[cell].outputs if "data" in one)


def test_a_saved_panel_is_a_picture_that_reads_without_a_kernel(notebook: nbformat.NotebookNode) -> None:
    data = _data(notebook, 4)
    assert WIDGET in data
    assert "DEPLOYED" in data["text/plain"]
    assert "double v1" in data["text/html"]
    assert "••••" in data["text/html"]


def test_the_panel_follows_while_it_is_shown(notebook: nbformat.NotebookNode) -> None:
    (job,) = json.loads(notebook.cells[7].outputs[0]["text"])["jobs"]
    assert job["name"] == "double"
    assert job["requests"] >= 1
    assert re.fullmatch(r"[\d.]+/min · \d+ requests? · 0 errors · p50 .*, p99 .*", job["traffic"])


def test_the_form_is_a_widget_that_tells_what_to_type(notebook: nbformat.NotebookNode) -> None:
    data = _data(notebook, 5)
    assert WIDGET in data
    assert "%aibro deploy double" in data["text/plain"]


def test_a_name_is_minted_once(notebook: nbformat.NotebookNode) -> None:
    assert "unchanged" in _data(notebook, 3)["text/plain"]
    assert notebook.cells[10].outputs[0]["data"]["text/plain"] == "1"


def test_the_sidebar_is_told_what_the_kernel_has(notebook: nbformat.NotebookNode) -> None:
    offered = json.loads(notebook.cells[9].outputs[0]["text"])
    assert offered["functions"] == [{"name": "double", "signature": "(x: list) -> list"}]
    assert offered["loaded"] is True


def test_no_output_holds_a_client_id_and_nothing_hostile_is_markup(notebook: nbformat.NotebookNode) -> None:
    saved = nbformat.writes(notebook)
    assert "ana-••••" in saved or "ana-\\u2022" in saved
    assert not re.search(r"ana-[a-z0-9]{24}", saved)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert HOSTILE not in output.get("data", {}).get("text/html", "")


def test_a_terminal_gets_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path))
    assert "aibro up" in run(["panel"], Asker()).text()
    assert "aibro deploy FUNCTION" in run(["form"], Asker()).text()


def test_what_the_panel_is_told_is_short_and_plain(notebook: nbformat.NotebookNode) -> None:
    assert len(encode(told(job(), 0.0))) < 2000

"""What changed between two repos, as people read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from aibro_jupyter.capturing.writing.diff import repo_diff
from aibro_jupyter.views.proof import DiffView

Write = Callable[[str, Mapping[str, str | bytes]], Path]

SCRIPT = "# In[3]\nlimit = 3\n\n\n# In[4]\ndef predict(x):\n    return x < limit\n"
BEFORE: dict[str, str | bytes] = {
    "predict.py": SCRIPT,
    "requirements.txt": "numpy==2.0\n",
    "aibro.json": "{}",
    "model/w.npy": b"\x93NUMPY\x00\x01",
}


@pytest.fixture
def repos(tmp_path: Path) -> Write:
    def write(name: str, files: Mapping[str, str | bytes]) -> Path:
        for path, content in files.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / name

    return write


def test_a_notebook_run_again_changes_nothing(repos: Write) -> None:
    again: dict[str, str | bytes] = {
        **BEFORE,
        "predict.py": SCRIPT.replace("[3]", "[13]").replace("[4]", "[14]"),
        "aibro.json": "{ }",
    }
    assert repo_diff(repos("a", BEFORE), repos("b", again)) == ()


def test_a_changed_line_is_a_small_diff_without_the_new_cell_numbers(repos: Write) -> None:
    text = SCRIPT.replace("[3]", "[13]").replace("[4]", "[14]").replace("limit = 3", "limit = 4")
    (change,) = repo_diff(repos("a", BEFORE), repos("b", {**BEFORE, "predict.py": text}))
    assert (change.path, change.kind) == ("predict.py", "changed")
    assert [line for line in change.lines if line[0] in "+-" and line[1] not in "+-"] == ["-limit = 3", "+limit = 4"]


def test_a_binary_is_one_line_with_sizes_and_hashes(repos: Write) -> None:
    (change,) = repo_diff(repos("a", BEFORE), repos("b", {**BEFORE, "model/w.npy": b"\x93NUMPY\x00\x01\x02"}))
    assert len(change.lines) == 1
    assert change.lines[0].startswith("8 bytes (sha256 ")
    assert " -> 9 bytes (sha256 " in change.lines[0]


def test_new_and_old_files_say_so(repos: Write) -> None:
    after = {path: content for path, content in BEFORE.items() if path != "requirements.txt"}
    changes = repo_diff(repos("a", BEFORE), repos("b", {**after, "labels.txt": "a\n"}))
    assert [(one.path, one.kind) for one in changes] == [("labels.txt", "added"), ("requirements.txt", "removed")]
    assert "-numpy==2.0" in changes[1].lines


def test_it_is_shown_as_text_html_and_data(repos: Write) -> None:
    text = SCRIPT.replace("x < limit", "x < limit  # <b>")
    changes = repo_diff(repos("a", BEFORE), repos("b", {**BEFORE, "predict.py": text, "model/w.npy": b"\x00"}))
    view = DiffView(name="iris", version=2, changes=changes)
    assert view.text().startswith("2 files changed since iris v2\nchanged model/w.npy: 8 bytes")
    assert "+    return x < limit  # <b>" in view.text()
    assert "&lt;b&gt;" in view.html()
    assert "<b>" not in view.html()
    assert [one["path"] for one in view.data()["changes"]] == ["model/w.npy", "predict.py"]
    assert "nothing changed" in DiffView(name="iris", version=2, changes=()).text()
    assert "all of it is new" in DiffView(name="iris", version=0, changes=()).text()


def test_a_changed_input_is_told_in_words(repos: Write) -> None:
    text, numbers = (
        json.dumps({"input": {"whole": True, "parameters": [{"name": "x", "kind": kind}]}}) for kind in ("text", "json")
    )
    before, after = (repos(name, {**BEFORE, "aibro.json": said}) for name, said in (("a", text), ("b", numbers)))
    (change,) = repo_diff(before, after)
    assert (change.path, change.kind) == ("aibro.json", "changed")
    assert change.lines == ("the input changed: the body was text, and is decoded JSON",)

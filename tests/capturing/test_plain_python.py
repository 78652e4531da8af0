"""capture() in a script or a test: no kernel, source from the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

from aibro_jupyter.capturing import capture
from aibro_jupyter.capturing.gathering.collect import Collector
from aibro_jupyter.capturing.gathering.target import target_of
from aibro_jupyter.capturing.proving.inputs import inputs_of
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.session.source import class_segment, function_segment
from aibro_jupyter.capturing.values.guards import Secrets
from aibro_jupyter.capturing.writing.emit import scripts
from aibro_jupyter.capturing.writing.requirements import modules_named_in, requirements_of
from aibro_jupyter.errors import CaptureError
from aibro_jupyter.protocol import Step

FACTOR = 3


# doubles, then some
def helper(x: int) -> int:
    return x * FACTOR


def answer(x: int) -> dict[str, int]:
    return {"y": helper(x)}


class Kept:
    """A class with a method."""

    size = 4

    def go(self) -> int:
        return self.size


PAIR = (lambda v: v + 1, lambda v: v + 2)


def test_a_function_of_a_module_is_captured_with_its_helpers(tmp_path: Path) -> None:
    steps: list[Step] = []
    made = capture(answer, tmp_path / "repo", sample=2, name="triple", on_step=steps.append)
    text = (made.path / "predict.py").read_text()
    assert made.proof.equal == 1
    assert made.functions == 2
    assert made.body == b"2"
    assert "# doubles, then some\ndef helper(x: int) -> int:" in text
    assert "FACTOR = 3  # test_plain_python.py" in text
    assert "from __future__ import annotations" in text
    assert [(step.name, step.state) for step in steps] == [
        ("captured", "running"), ("captured", "done"), ("proved", "running"), ("proved", "done"),
    ]  # fmt: skip
    manifest = json.loads((made.path / "aibro.json").read_text())
    assert manifest["expected"] == {"y": 6}
    assert manifest["name"] == "triple"
    first = {name: (made.path / name).read_bytes() for name in made.files}
    again = capture(answer, tmp_path / "other", sample=2, name="triple")
    assert {name: (again.path / name).read_bytes() for name in again.files} == first  # byte for byte


def test_the_repo_runs_by_itself_as_the_original_system_would(tmp_path: Path) -> None:
    made = capture(answer, tmp_path / "repo", sample=2)
    code = "import json; from predict import *; print(run(load_model(), json.load(open('./data/data.json'))))"
    done = subprocess.run([sys.executable, "-c", code], cwd=made.path, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "{'y': 6}", done.stderr


def test_sources_are_found_per_code_object() -> None:
    notebook = Notebook(globals())
    first, second = (function_segment(notebook, one, "PAIR") for one in PAIR if isinstance(one, FunctionType))
    assert first is not None
    assert second is not None
    assert (first.text, second.text) == ("lambda v: v + 1", "lambda v: v + 2")
    kept = class_segment(notebook, Kept)
    assert kept is not None
    assert kept.text.startswith("class Kept:")
    stale = type("Kept", (), {"go": lambda self: 5, "__qualname__": "Kept"})
    assert class_segment(notebook, stale) is None or class_segment(notebook, stale).text != kept.text  # type: ignore[union-attr]


def test_requirements_are_pinned_and_never_guessed(tmp_path: Path) -> None:
    found = requirements_of(["sklearn", "numpy", "json", "os", "no_such_module_anywhere"])
    names = [line.partition("==")[0] for line in found.lines]
    assert names == ["numpy", "scikit-learn"]
    assert all("==" in line and "+" not in line for line in found.lines)
    (tmp_path / "x.txt").write_text("sklearn.tree")
    assert modules_named_in(tmp_path / "x.txt") == []


def test_an_unwritable_place_or_a_nameless_function_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CaptureError, match="was not made by a capture"):
        capture(answer, tmp_path / "file", sample=1)
    with pytest.raises(CaptureError, match="not a function"):
        capture(3, tmp_path / "x")  # type: ignore[arg-type]
    assert sorted(os.listdir(tmp_path)) == ["file"]


@pytest.mark.parametrize("text", ["en_core_web_sm", "password", "the token of affection", "sk-learn", "a" * 40, "https://x.y/z?q=1"])  # fmt: skip
def test_ordinary_texts_are_no_secrets(text: str) -> None:
    assert Secrets({"API_KEY": "0123456789abcdef"}).why(text, "token") is None


def test_secrets_are_known_by_value_shape_and_name() -> None:
    secrets = Secrets({"API_KEY": "0123456789abcdef", "HOME": "/home/someone"})
    assert "API_KEY" in getattr(secrets.why("0123456789abcdef"), "reason", "")
    assert secrets.why("/home/someone") is None
    assert secrets.why("ghp_" + "a1B2" * 9)
    assert secrets.why("Xk29fjQ20vNn4PpR7s", "db_password")
    assert secrets.why("postgresql://ana:hunter22@db/x")
    assert "0123456789abcdef" not in str(secrets.inside("key = '0123456789abcdef'"))


def test_scripts_change_nothing_of_the_plan() -> None:
    space = {"__name__": "__main__"}
    exec("def run(x):\n    return x + 1\n", space)  # its name is one that predict.py needs itself
    notebook = Notebook(space)
    target = target_of(space["run"], space)
    gathered = Collector(notebook, Secrets()).collect(target.names)
    home = set(gathered.home)
    inputs = inputs_of(target, space, [1])
    assert scripts(gathered, [], target, inputs, "plus") == scripts(gathered, [], target, inputs, "plus")
    assert gathered.home == home

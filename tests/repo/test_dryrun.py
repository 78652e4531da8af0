from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from aibro_jupyter.errors import DryrunFailed
from aibro_jupyter.protocol import Step
from aibro_jupyter.repo.dryrun import dryrun
from tests.conftest import REPOS
from tests.repo.models import model


def snapshot(root: Path) -> dict[str, tuple[float, int]]:
    return {str(path.relative_to(root)): (path.stat().st_mtime, path.stat().st_size) for path in root.rglob("*")}


ANSWERS = {
    "iris": {"species": ["setosa", "virginica"], "count": 2},
    "sentiment": {"sentiment": "good", "score": 3.5, "words": 7},
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_repo_in_the_original_format_passes_and_is_left_as_it_was(
    tmp_path: Path, shared_envs: Path, name: str
) -> None:
    root = shutil.copytree(REPOS / name, tmp_path / "repo", ignore=shutil.ignore_patterns("__pycache__"))
    before = snapshot(root)
    steps: list[Step] = []
    result = dryrun(root, envs=shared_envs, on_step=steps.append)
    assert json.loads(result.body).items() >= ANSWERS[name].items()
    assert snapshot(root) == before
    assert list(dict.fromkeys(step.name for step in steps)) == ["structure", "requirements", "load", "run"]
    assert [step.name for step in steps if step.state == "done"] == ["structure", "requirements", "load", "run"]


FAILS = {
    "structure": ("def other(): ...", "structure", "no function run", ""),
    "load": ("def load_model():\n    return 1 / 0\ndef run(m): ...", "load", "load_model.. raised ZeroDivisionError", "predict.py\", line 2, in load_model"),
    "run": ("def run(model): return open('data/x.json')", "run", "run.. raised FileNotFoundError", "line 3, in run"),
    "answer": ("def run(model): return [object()]", "run", r"answer\[0\] is an object", ""),
    "crash": ("import os\ndef run(model): os._exit(9)", "run", "exit code 9 in run", ""),
    "isolation": ("import numpy\ndef run(model): ...", "load", "No module named 'numpy'", "import numpy"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "failed", "message", "details"), FAILS.values(), ids=FAILS.keys())
def test_what_fails_is_said_with_the_lines_that_matter(
    tmp_path: Path, shared_envs: Path, source: str, failed: str, message: str, details: str
) -> None:
    steps: list[Step] = []
    with pytest.raises(DryrunFailed, match=message) as caught:
        dryrun(model(tmp_path / "r", source), envs=shared_envs, on_step=steps.append)
    assert [(step.name, step.state) for step in steps][-1] == (failed, "failed")
    assert details in caught.value.details


def test_requirements_that_cannot_be_had(tmp_path: Path, shared_envs: Path) -> None:
    root = model(tmp_path / "r", "def run(model): return 1")
    (root / "requirements.txt").write_text("aibro-no-such-package==1.0\n")
    with pytest.raises(DryrunFailed, match="cannot be met") as caught:
        dryrun(root, envs=shared_envs)
    assert "aibro-no-such-package" in caught.value.details


def test_a_captured_function_without_its_sample_is_not_asked_with_nothing(tmp_path: Path, shared_envs: Path) -> None:
    manifest = '{"contract": 1, "input": {"whole": true, "parameters": [{"name": "data", "kind": "json"}]}}'
    root = model(tmp_path / "r", "def run(model, data): return sum(data)", aibro__json=manifest)
    with pytest.raises(DryrunFailed, match="data/ holds no sample to answer: capture with a sample"):
        dryrun(root, envs=shared_envs)

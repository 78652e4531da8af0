from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter import pythons
from aibro_jupyter.errors import BadRepo
from aibro_jupyter.repo.layout import check, recreate
from tests.conftest import REPOS

GOOD = "def load_model(): ...\ndef run(model): ...\n"


def repo(at: Path, predict: str | None = GOOD, requirements: str | None = "", model: bool = True, **files: str) -> Path:
    at.mkdir(parents=True, exist_ok=True)
    if predict is not None:
        (at / "predict.py").write_text(predict)
    if requirements is not None:
        (at / "requirements.txt").write_text(requirements)
    if model:
        (at / "model").mkdir()
    for name, content in files.items():
        (at / name.replace("_", ".")).write_text(content)
    return at


@pytest.mark.parametrize("name", ["iris", "sentiment"])
def test_repos_in_the_original_format_fit(name: str) -> None:
    found = check(REPOS / name)
    assert found.root == REPOS / name
    assert not found.takes_data
    assert found.python == pythons.OURS


FAULTS = {
    "no predict.py": ({"predict": None}, "has no predict.py"),
    "no model": ({"model": False}, "has no model/"),
    "several at once": ({"predict": None, "requirements": None}, "has no predict.py and no requirements.txt"),
    "no load_model": ({"predict": "def run(model): ..."}, "no function load_model"),
    "no run": ({"predict": "def load_model(): ..."}, "no function run"),
    "load_model wants something": (
        {"predict": "def load_model(path): ...\ndef run(m): ..."},
        r"line 1: .*load_model\(path\)",
    ),
    "load_model wants a keyword": (
        {"predict": "def load_model(*, path): ...\ndef run(m): ..."},
        r"line 1: load_model is called without arguments, and it is load_model\(\*, path\)",
    ),
    "run wants nothing": ({"predict": "def load_model(): ...\ndef run(): ..."}, r"line 2: run is called as"),
    "run wants too much": ({"predict": "def load_model(): ...\ndef run(a, b, c): ..."}, r"run\(a, b, c\)"),
    "run wants a keyword": ({"predict": "def load_model(): ...\ndef run(a, *, k): ..."}, r"run\(a, \*, k\)"),
    "a syntax error": ({"predict": "def load_model():\n  return (\n"}, "line 2: "),
    "not Python": ({"predict": "\0"}, "predict.py"),
    "a strange runtime": ({"runtime_txt": "ruby"}, "'ruby'"),
    "an installer's option": ({"requirements": "numpy\n--index-url http://evil\n"}, "requirements.txt line 2"),
}


@pytest.mark.parametrize(("changes", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_one_clear_line_with_a_way_out(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRepo, match=message) as caught:
        check(repo(tmp_path / "r", **changes))
    assert caught.value.fix
    assert "\n" not in caught.value.message


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadRepo, match="is not a folder"):
        check(tmp_path / "nothing")


TAKES_DATA = {
    "def run(model): ...": False,
    "def run(model, data): ...": True,
    "def run(model, rows): ...": True,
    "def run(model, data=None): ...": True,
    "def run(model, threshold=0.5): ...": False,
    "async def run(model, data): ...": True,
    "def run(*anything): ...": False,
    "from helper import run": False,
    "from helper import *": False,
    "run = lambda model: 1": False,
    "try:\n    from fast import run\nexcept ImportError:\n    def run(model): ...": False,
}


@pytest.mark.parametrize(("run", "takes"), TAKES_DATA.items())
def test_how_run_is_called_is_read_without_running_it(tmp_path: Path, run: str, takes: bool) -> None:
    source = f"raise SystemExit('never run')\ndef load_model(): ...\n{run}\n"
    assert check(repo(tmp_path / "r", source)).takes_data is takes


def test_a_captured_repo_may_have_no_model_folder_and_runtime_txt_names_the_python(tmp_path: Path) -> None:
    found = check(repo(tmp_path / "r", model=False, aibro_json="{}", runtime_txt="python-3.11.4\n"))
    assert found.python == "3.11"


def test_requirements_as_powershell_writes_them(tmp_path: Path) -> None:
    root = repo(tmp_path / "r")
    (root / "requirements.txt").write_bytes("numpy==2.0\r\n".encode("utf-16"))
    assert check(root).requirements == "numpy==2.0\n"


def test_a_list_of_artifacts_becomes_a_new_numbered_repo(tmp_path: Path) -> None:
    source = REPOS / "sentiment"
    artifacts = [str(source / name) for name in ("model", "predict.py", "words.py", "requirements.txt")]
    first, second = recreate(artifacts, tmp_path / "home"), recreate(artifacts, tmp_path / "home")
    assert (first.name, second.name) == ("aibro_repo", "aibro_repo_2")
    assert check(second).root == second
    assert (first / "model" / "weights.json").read_bytes() == (source / "model" / "weights.json").read_bytes()


@pytest.mark.parametrize(("artifacts", "message"), [([], "empty"), (["nowhere.py"], "no nowhere.py")])
def test_a_list_that_names_nothing_makes_nothing(tmp_path: Path, artifacts: list[str], message: str) -> None:
    with pytest.raises(BadRepo, match=message):
        recreate(artifacts, tmp_path)
    assert list(tmp_path.iterdir()) == []

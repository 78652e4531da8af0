"""What must not be captured is refused by name, cell and fix, all culprits at once, and nothing is written."""

from __future__ import annotations

import json

import pytest

from tests.capturing.kernel import Kernel

SECRET = "tz81-Qw9xLk20vNn4PpR7s"


def test_every_culprit_is_named_with_its_cell_and_a_fix(notebook: Kernel) -> None:
    notebook.run(
        "import threading, sqlite3, socket",
        "lock = threading.Lock(); held = lock.acquire()",
        "log = open('log.txt', 'w')\nrows = (r for r in range(3))\nholder = {'db': sqlite3.connect(':memory:')}",
        "def helper(x):\n    return gone + x",
        "def predict(x):\n    with lock:\n        log.write(str(x))\n        return next(rows) + helper(x) + len(holder)",
    )
    made = notebook.capture("predict, sample=1")
    notebook.run("log.close(); holder['db'].close(); lock.release()")
    assert made.refused.startswith("cannot deploy 'predict': it uses 'lock' (In["), made.told
    assert "_thread.lock" in made.refused
    assert made.told["fix"]
    lines = made.told["details"].splitlines()
    assert {line.split("'")[1] for line in lines} == {"lock", "log", "rows", "gone", "holder"}
    assert all("Fix: " in line for line in lines)
    assert "used in helper(), In[" in made.told["details"]
    assert not list(notebook.folder.glob("*aibro_repo*"))


@pytest.mark.parametrize(
    ("cell", "function", "culprit"),
    [
        (f"import os; os.environ['SERVICE_TOKEN'] = '{SECRET}'\nvalue = '{SECRET}'", "len(value)", "value"),
        ("client = {'name': 'x', 'api_key': 'Zk3-9fjQ-20vNn4P-pR7s-11xT'}", "len(client)", "client"),
        (f"x = 1\nos.environ['SERVICE_TOKEN'] = '{SECRET}'", f"len('{SECRET}')", "predict"),
        ("aws = 'AKIA' + 'IOSFODNN7EXAMPLE'", "len(aws)", "aws"),
    ],
)
def test_a_secret_is_refused_and_never_shown(notebook: Kernel, cell: str, function: str, culprit: str) -> None:
    notebook.run("import os", cell, f"def predict(x):\n    return {function}")
    made = notebook.capture("predict, sample=1")
    assert f"'{culprit}'" in made.refused, made.told
    assert "os.environ[" in made.told["fix"]
    told = json.dumps(made.told)
    assert SECRET not in told
    assert "Zk3-9fjQ" not in told
    assert "IOSFODNN7" not in told


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["def predict(x):\n    !ls\n    return x"], "exists only inside a notebook"),
        (["k = [object()]\ndef predict(x, k=k):\n    return len(k)", "k = 5"], "holds an earlier value of 'k'"),
        (["def predict(x):\n    return 1 / 0"], "raises ZeroDivisionError on the sample"),
        (["import os\ndef predict(x):\n    return os.environ['JPY_PARENT_PID']"], "in a clean process it fails: KeyError"),
        (["import string\nvars(string)['digits'] = 'changed'\ndef predict(x):\n    return string.digits", "1"], "its answers are not the notebook's"),
        (["def predict(x):\n    return {1, object()}"], "its answer cannot be JSON: answer{} is an object"),
    ],
)  # fmt: skip
def test_what_would_answer_otherwise_is_refused(notebook: Kernel, cells: list[str], expected: str) -> None:
    notebook.run(*cells)
    made = notebook.capture("predict, sample=1")
    assert expected in made.refused + made.told.get("details", ""), made.told
    assert not list(notebook.folder.glob("*aibro_repo*"))


def test_the_order_of_a_set_is_told_in_its_own_words(notebook: Kernel) -> None:
    notebook.run("WORDS = [f'word{n}' for n in range(40)]\ndef predict(x):\n    return {'words': list(set(WORDS))}")
    made = notebook.capture("predict, sample=1")
    assert made.told["details"].startswith("answer: the same items in another order"), made.told
    assert made.told["fix"].startswith("answer with sorted(...) of it")
    notebook.run("def predict(x):\n    return {'words': sorted(set(WORDS))}")  # as the fix says
    assert notebook.capture("predict, sample=1").proved == 1


def test_a_sample_that_no_request_can_carry_is_refused(notebook: Kernel) -> None:
    notebook.run(
        "class Picture: ...\npicture = Picture()\ndef predict(image):\n    return 1\ndef two(a, b):\n    return a"
    )
    assert "'image' is a __main__.Picture" in notebook.capture("predict, sample=picture").refused
    assert "no value for its parameter 'b'" in notebook.capture("two, sample={'a': 1}").refused
    assert "it is a int, not a function" in notebook.capture("5").refused


def test_hand_edits_and_foreign_folders_are_never_overwritten(notebook: Kernel) -> None:
    notebook.run("def predict(x):\n    return x + 1")
    first = notebook.capture("predict, sample=1")
    repo = notebook.folder / "aibro_repo"
    (repo / "README.md").write_text("mine")
    notebook.run("def predict(x):\n    return x + 1")
    again = notebook.capture("predict, sample=1")
    assert again.predict == first.predict  # other cell numbers alone change nothing
    notebook.run("def predict(x):\n    return x + 2")
    changed = notebook.capture("predict, sample=1")
    assert "x + 2" in changed.predict
    assert (repo / "README.md").read_text() == "mine"
    (repo / "predict.py").write_text(changed.predict.replace("x + 2", "x + 3"))
    assert "predict.py was edited by hand" in notebook.capture("predict, sample=1").refused
    assert "x + 3" in (repo / "predict.py").read_text()
    (notebook.folder / "theirs").mkdir()
    (notebook.folder / "theirs" / "file.txt").write_text("keep")
    assert "was not made by a capture" in notebook.capture("predict, sample=1, out='theirs'").refused
    assert (notebook.folder / "theirs" / "file.txt").read_text() == "keep"

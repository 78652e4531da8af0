"""A name that is live belongs to the notebook that deployed it, with the input that its callers send."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.predict import predict
from aibro_jupyter.errors import WouldReplace
from aibro_jupyter.verbs import Asker, run
from tests.backends import tiny_repo
from tests.magics.test_notebook import plain

pytestmark = pytest.mark.slow
UPPER = "def shout(text):\n    return text.upper()"
LOUDER = "def shout(text):\n    return text.upper() + '!'"
SUMS = "def sums(x):\n    return {'sum': sum(x)}"
BACKWARDS = "def backwards(text):\n    return text[::-1]"


@pytest.fixture
def folder(magics_home: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder for notebooks, and no job left at its end."""
    yield tmp_path
    control = backend()
    for job in control.status().jobs:
        if job.outcome is None:
            control.complete(job.job_id)


def notebook(folder: Path, *cells: str, name: str = "") -> list[str]:
    """What the cells put out in a kernel of their own; with a name as the Jupyter server starts one."""
    made = [nbformat.v4.new_code_cell(source) for source in ("%load_ext aibro_jupyter", *cells)]
    book = nbformat.v4.new_notebook(cells=made)
    env = dict(os.environ) | ({"JPY_SESSION_NAME": str(folder / name)} if name else {})
    client = NotebookClient(book, timeout=240, allow_errors=True, resources={"metadata": {"path": str(folder)}})
    client.execute(env=env)
    return [plain(cell) for cell in book.cells[1:]]


def deploys(function: str, sample: str, *more: str) -> str:
    return " ".join([f'%aibro deploy {function} --name shared --sample "{sample}"', *more])


def answer(value: Any) -> Any:
    (url,) = backend().clients(backend().job_named("shared").job_id).urls
    return predict(url, value)


def test_another_notebook_is_refused_until_it_says_so(folder: Path) -> None:
    first = notebook(folder, UPPER, deploys("shout", "'abc'"), LOUDER, deploys("shout", "'abc'"))
    assert "v1 is live" in first[1]
    assert "v2 is updated and live" in first[3], "the same notebook goes on without being asked"

    asks = notebook(
        folder,
        SUMS,
        deploys("sums", "[1, 2]"),
        "import aibro_jupyter\naibro_jupyter.deploy(sums, name='shared', sample=[1, 2])",
        '%aibro capture sums --name shared --sample "[1, 2]" --diff',
        deploys("sums", "[1, 2]", "--replace"),
    )
    told = "'shared' is live from another notebook: it is its function 'shout', and this is 'sums'"
    for refused in asks[1:3]:
        assert told in refused
        assert "its callers would fail: the body was text, and is decoded JSON" in refused
        assert "--replace" in refused
        assert "replace=True" in refused
    assert "shared v2 goes on serving" in asks[1]
    changed = "the input changed: the body was text, and is decoded JSON"
    assert f"changed aibro.json: {changed}" in asks[3]
    assert "shared v3 is updated and live" in asks[4]
    assert f"! {changed}" in asks[4]
    assert answer([2, 3]) == {"sum": 5}

    back = notebook(folder, UPPER, deploys("shout", "'abc'"), "import aibro_jupyter",
                    "aibro_jupyter.deploy(shout, name='shared', sample='abc', replace=True)('def')")  # fmt: skip
    assert "it is its function 'sums', and this is 'shout'" in back[1], "whose it was at first does not count"
    assert "'DEF'" in back[3]


def test_the_same_notebook_after_a_restart_is_not_asked_unless_callers_would_fail(folder: Path) -> None:
    assert "v1 is live" in notebook(folder, UPPER, deploys("shout", "'abc'"), name="a.ipynb")[1]
    assert "v2 is updated" in notebook(folder, BACKWARDS, deploys("backwards", "'abc'"), name="a.ipynb")[1]
    other_input = notebook(folder, SUMS, deploys("sums", "[1, 2]"), name="a.ipynb")[1]
    assert "'shared' is live, and its callers would fail: the body was text, and is decoded JSON" in other_input
    other = notebook(folder, BACKWARDS, deploys("backwards", "'abc'"), name="b.ipynb")[1]
    assert "already live" in other, "what is live already takes nothing from anybody"
    other = notebook(folder, LOUDER, deploys("shout", "'abc'"), name="b.ipynb")[1]
    assert "'shared' is live from another notebook (a.ipynb)" in other
    assert answer("abc") == "cba"


def test_a_folder_is_the_notebooks_where_it_was_written_by_it(folder: Path) -> None:
    notebook(folder, UPPER, deploys("shout", "'abc'"))
    captured = folder / "aibro_repo"
    (captured / "README.md").write_text("by hand\n")
    view = run(["deploy", "--artifacts-path", str(captured), "--name", "shared"], Asker())
    assert "v2 is updated and live" in str(view)
    assert backend().job_named("shared").versions[0].spec.note["kernel"], "it is still that notebook's"
    elsewhere = tiny_repo(folder / "tiny")
    with pytest.raises(WouldReplace, match="'shared' is live from a notebook, and not from this folder"):
        run(["deploy", "--artifacts-path", str(elsewhere), "--name", "shared"], Asker())
    run(["deploy", "--artifacts-path", str(elsewhere), "--name", "shared", "--replace"], Asker())
    refused = notebook(folder, UPPER, deploys("shout", "'abc'"))[1]
    assert "'shared' is live from a folder, and from no notebook" in refused

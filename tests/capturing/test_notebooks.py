"""Whole notebooks in the style people publish, run cell by cell, captured, and asked the same again by ourselves."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aibro_jupyter.repo.slotprocess import SlotProcess
from aibro_jupyter.repo.slotstart import Start
from tests.capturing.kernel import TIMEOUT_S, Kernel

NOTEBOOKS = sorted((Path(__file__).parent / "notebooks").glob("*.txt"))
LIVE = """
import json as _json
from aibro_jupyter.modelio.values import encoded as _encoded
_samples = ({sample}) if {several} else [({sample})]
print("@@" + _json.dumps([_encoded({function}(_one)).decode() for _one in _samples]))
"""


@dataclass
class Written:
    """A notebook as text: what to capture, cells, the order they ran in, and files beside it."""

    function: str
    sample: str
    several: bool
    cells: list[str]
    order: list[int]
    files: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> Written:
    text, *files = path.read_text(encoding="utf-8").split("\n# file: ")
    head, *cells = text.split("# %%\n")
    told = dict(line.removeprefix("# ").split(": ", 1) for line in head.splitlines() if ": " in line)
    function, _, sample = told["capture"].partition(", sample=")
    order = [int(number) for number in told["order"].split()] if "order" in told else list(range(len(cells)))
    beside = {one.partition("\n")[0]: one.partition("\n")[2] for one in files}
    return Written(
        function=function, sample=sample, several="# samples" in head, cells=cells, order=order, files=beside
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_public_notebook(notebook: Kernel, path: Path) -> None:
    written = read(path)
    for name, text in written.files.items():
        (notebook.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (notebook.folder / name).write_text(text)
    notebook.run(*(written.cells[number] for number in written.order))
    argument = f", {'samples' if written.several else 'sample'}={written.sample}" if written.sample else ""
    made = notebook.capture(written.function + argument)
    assert made.proved >= 1, made.told
    for line in (made.predict + made.files.get("notebook_code.py", "")).splitlines():
        if "pickle" in line and " = " in line:
            assert all(name.strip() in made.warnings for name in line.partition(" = ")[0].split(",")), made.told
    again = notebook.capture(written.function + argument + ", out='again'")
    assert again.files == made.files  # byte for byte
    if written.sample:
        live = notebook.run(LIVE.format(sample=written.sample, several=written.several, function=written.function))
        expected = json.loads(json.loads(live.rpartition("@@")[2].splitlines()[0])[0])
        assert served(made.told, notebook.folder) == expected


def served(told: dict[str, str], folder: Path) -> object:
    """Return what a fresh process answers to the sample, with the notebook's folder out of reach."""
    repo = folder / "elsewhere" / "repo"
    shutil.copytree(folder / "aibro_repo", repo)
    with SlotProcess(Start(python=Path(sys.executable), folder=repo), limit_s=TIMEOUT_S) as slot:
        result = slot.predict(told["body"].encode(), told["content_type"], TIMEOUT_S)
    assert result.ok, result
    return json.loads(result.body)

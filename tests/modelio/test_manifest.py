from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.modelio.faults import BadManifest
from aibro_jupyter.modelio.manifest import CONTRACT, FILE, glanced, input_of, manifest, read, written

INPUT = {"whole": True, "parameters": [{"name": "q", "kind": "json"}]}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    (tmp_path / FILE).write_text(written(manifest(name="iris", input=INPUT)))
    said = read(tmp_path)
    assert said == {"contract": CONTRACT, "name": "iris", "input": INPUT}
    assert input_of(said) == INPUT


@pytest.mark.parametrize("first", ["{}", '{"format": 1}', '{"contract": 1}'])
def test_older_ones_are_read(tmp_path: Path, first: str) -> None:
    (tmp_path / FILE).write_text(first)
    assert read(tmp_path) is not None


BAD = {
    "no JSON": ("{", "cannot be read"),
    "no object": ("[]", "is no object"),
    "no text": ('"\\ud800', "cannot be read"),
    "a coming contract": (
        f'{{"contract": {CONTRACT + 1}}}',
        f"contract {CONTRACT + 1}, and this aibro_jupyter reads up to",
    ),
    "a contract that is none": ('{"contract": "new"}', "contract 'new'"),
    "a truth for a contract": ('{"contract": true}', "contract True"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_one_that_cannot_be_read_is_said(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BadManifest, match=message):
        read(tmp_path)
    assert glanced(tmp_path) == {}


@pytest.mark.parametrize("said", [None, {}, {"input": []}, {"input": {"parameters": {}}}])
def test_one_that_says_nothing_of_its_input(said: dict[str, Any] | None) -> None:
    assert input_of(said) is None

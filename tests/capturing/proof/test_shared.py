"""A proof runs in a copy that shares the repo's large files, and leaves them as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from aibro_jupyter.capturing.proving.prove import prove
from aibro_jupyter.errors import CaptureError
from aibro_jupyter.repo import sharing
from tests.backends import tiny_repo

READS = """
import os


def load_model():
    return os.stat("model/weights.bin")


def run(model, data):
    return model.st_nlink
"""
WRITES = """
def load_model():
    return None


def run(model, data):
    with open("model/weights.bin", "r+b") as file:
        file.write(b"y")
    return 1
"""


def large(root: Path, predict: str) -> Path:
    repo = tiny_repo(root, predict)
    (repo / "model" / "weights.bin").write_bytes(b"x" * sharing.SHARED_FROM)
    return repo


def test_large_files_are_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    proof = prove(large(tmp_path / "repo", READS), [(b"1", "application/json")], [b"2"])
    assert proof.holds, proof
    assert (tmp_path / "repo" / "model" / "weights.bin").stat().st_nlink == 1


def test_a_model_that_writes_to_them_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"it wrote to model/weights\.bin, which all its processes share"):
        prove(large(tmp_path / "repo", WRITES), [(b"1", "application/json")], [b"1"])


def test_where_there_are_no_links_it_is_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = large(tmp_path / "repo", READS)
    (tmp_path / "elsewhere").mkdir()

    def refused(*_: object) -> None:
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr("os.link", refused)
    sharing.copy_shared(repo, tmp_path / "elsewhere" / "copy")
    copied = tmp_path / "elsewhere" / "copy" / "model" / "weights.bin"
    assert copied.stat().st_nlink == 1
    assert copied.stat().st_size == sharing.SHARED_FROM

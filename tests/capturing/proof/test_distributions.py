"""Installed packages are found in one scan; one that is installed meanwhile is found too."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.capturing.writing.distributions import distributions


def installed(site: Path, name: str) -> None:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "top_level.txt").write_text(f"{name}\n")


def test_one_scan_until_something_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scans = []
    scan = metadata.packages_distributions

    def counted() -> Any:
        scans.append(1)
        return scan()

    monkeypatch.setattr(metadata, "packages_distributions", counted)
    monkeypatch.syspath_prepend(tmp_path)
    installed(tmp_path, "aibro_first")
    assert [distributions().get("aibro_first") for _ in range(3)] == [["aibro_first"]] * 3
    assert "aibro_second" not in distributions()
    assert len(scans) == 1
    installed(tmp_path, "aibro_second")
    assert distributions()["aibro_second"] == ["aibro_second"]
    assert len(scans) == 2


def test_a_place_that_is_not_there_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path / "none")
    assert "numpy" in distributions()

from __future__ import annotations

from pathlib import Path

import pytest

from aibro_jupyter.home import Home
from aibro_jupyter.providers.local import LocalProvider
from aibro_jupyter.providers.registry import providers

ELSEWHERE = "class Elsewhere:\n    name = 'elsewhere'\n    def __init__(self, home):\n        self.home = home\n"


def installed(tmp_path: Path, entries: str) -> Path:
    """Lay a package out as an installer would."""
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE)
    info = tmp_path / "elsewhere-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[aibro_jupyter.providers]\n{entries}\n")
    return tmp_path


def test_this_computer_is_always_there(tmp_path: Path) -> None:
    assert isinstance(providers(Home(tmp_path))["here"], LocalProvider)


def test_an_installed_package_adds_a_provider_and_a_broken_one_takes_none_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    entries = "elsewhere = elsewhere:Elsewhere\nbroken = elsewhere:NoSuchThing"
    monkeypatch.syspath_prepend(str(installed(tmp_path, entries)))
    found = providers(Home(tmp_path))
    assert set(found) == {"here", "elsewhere"}
    assert found["elsewhere"].name == "elsewhere"
    assert "'broken' cannot be loaded" in caplog.text

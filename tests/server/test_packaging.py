"""What pip installs of a checkout, on a machine without node: the sidebar and its server half, or at least no failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

ROOT = Path(__file__).resolve().parents[2]
DATA = "aibro_jupyter-0.1.0.data/data"
SIDEBAR = f"{DATA}/share/jupyter/labextensions/aibro-jupyter"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    copy = tmp_path / "checkout"
    left_out = shutil.ignore_patterns("node_modules", "lib", "__pycache__")
    shutil.copytree(ROOT / "aibro_jupyter", copy / "aibro_jupyter", ignore=left_out)
    shutil.copytree(ROOT / "labextension", copy / "labextension", ignore=left_out)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


def _wheel(checkout: Path, *options: str) -> tuple[set[str], str]:
    """Build without node on PATH; return the names in the wheel and what was said."""
    built = subprocess.run(
        [find_uv_bin(), "build", "--python", sys.executable, "--out-dir", checkout.parent / "dist", *options, checkout],
        env={**os.environ, "PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = (checkout.parent / "dist").glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist()), built.stderr


@pytest.mark.parametrize("options", [("--wheel",), ()], ids=["from the checkout", "from its sdist"])
def test_a_wheel_holds_the_sidebar_where_jupyter_looks_for_it(checkout: Path, options: tuple[str, ...]) -> None:
    names, said = _wheel(checkout, *options)
    assert f"{SIDEBAR}/package.json" in names
    assert f"{SIDEBAR}/install.json" in names
    assert f"{SIDEBAR}/schemas/aibro-jupyter/plugin.json" in names
    assert any(name.startswith(f"{SIDEBAR}/static/remoteEntry.") for name in names)
    assert f"{DATA}/etc/jupyter/jupyter_server_config.d/aibro_jupyter.json" in names
    assert not any(name.startswith("aibro_jupyter/labextension") for name in names), "in the wheel twice"
    assert "could not be built" not in said


def test_a_stale_bundle_is_used_and_said_to_be_old(checkout: Path) -> None:
    (checkout / "labextension" / "src" / "index.ts").write_text("// changed since the bundle was built")
    names, said = _wheel(checkout, "--wheel")
    assert f"{SIDEBAR}/package.json" in names
    assert "the committed, older sidebar is used" in " ".join(said.split())


def test_without_a_bundle_the_package_installs_without_sidebar(checkout: Path) -> None:
    shutil.rmtree(checkout / "aibro_jupyter" / "labextension")
    names, said = _wheel(checkout, "--wheel")
    assert not any(name.startswith(SIDEBAR) for name in names)
    assert "aibro_jupyter/jupyter/server.py" in names
    assert "without the JupyterLab sidebar" in " ".join(said.split())


def test_the_committed_bundle_is_the_one_its_sources_give() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "labextension" / "stamp.py"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr

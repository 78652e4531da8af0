"""An IPython shell with our magics, and a real backend for the notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.testing.globalipapp import start_ipython

from tests.onebackend import one_backend


@pytest.fixture(scope="session")
def shell() -> InteractiveShell:
    """The one shell that a process can have."""
    shell: InteractiveShell = start_ipython()
    return shell


@pytest.fixture
def ip(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InteractiveShell]:
    """A shell with the magics loaded and no backend."""
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    for name in ("AIBRO_URL", "AIBRO_TOKEN", "JPY_SESSION_NAME", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    shell.run_line_magic("load_ext", "aibro_jupyter")
    yield shell
    shell.run_line_magic("unload_ext", "aibro_jupyter")
    shell.run_line_magic("reset", "-f")


@pytest.fixture(scope="package")
def magics_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with one_backend(tmp_path_factory.mktemp("magics") / "home") as home:
        yield home

from __future__ import annotations

from pathlib import Path

from tests.capturing.savers.test_notebooks import run_notebook


def test_the_torch_notebook(tmp_path: Path) -> None:
    run_notebook("torch", tmp_path)

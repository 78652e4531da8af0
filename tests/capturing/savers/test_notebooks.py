"""The framework notebooks run as they stand, and their checked outputs are what they show."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.onebackend import one_backend

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


@pytest.mark.parametrize("name", ["xgboost", "text"])
def test_a_story(name: str, tmp_path: Path) -> None:
    with one_backend(tmp_path / "home"):
        run_notebook(name, tmp_path)


def run_notebook(name: str, folder: Path) -> None:
    book = shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder)
    command = [sys.executable, "-m", "pytest", "--nbval", "--quiet", "-p", "no:cacheprovider", str(book)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stdout[-4000:]

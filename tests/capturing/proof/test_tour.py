"""The tour notebook runs as it stands, and its checked outputs are what it shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.onebackend import one_backend

TOUR = Path(__file__).parents[3] / "notebooks" / "capture_tour.ipynb"


def test_the_tour(tmp_path: Path) -> None:
    book = shutil.copy(TOUR, tmp_path)
    command = [sys.executable, "-m", "pytest", "--nbval", "--quiet", "-p", "no:cacheprovider", str(book)]
    with one_backend(tmp_path / "home"):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stdout[-4000:]

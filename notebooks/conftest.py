"""nbval runs every notebook of this folder in a real kernel, with a backend of its own that ends with the tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from aibro_jupyter.client.ensure import down

HERE = Path(__file__).parent
# It needs torch, which `make test-frameworks` has.
collect_ignore = [] if os.environ.get("AIBRO_FRAMEWORKS") else ["torch.ipynb"]


def pytest_configure(config: pytest.Config) -> None:
    """Keep the user's own home out of it."""
    config.stash[OWN_HOME] = (tempfile.mkdtemp(prefix="aibro-notebooks-"), os.environ.get("AIBRO_HOME"))
    os.environ["AIBRO_HOME"] = config.stash[OWN_HOME][0]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the backend that the notebooks started, and remove what they wrote."""
    own, before = config.stash[OWN_HOME]
    down()
    os.environ.pop("AIBRO_HOME")
    if before is not None:
        os.environ["AIBRO_HOME"] = before
    shutil.rmtree(own)
    shutil.rmtree(HERE / "aibro_repo", ignore_errors=True)


OWN_HOME = pytest.StashKey[tuple[str, str | None]]()

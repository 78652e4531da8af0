"""What every room's tests share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

# A shell that runs the tests in the background has Ctrl-C ignored, and all that it starts inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOS = Path(__file__).parent / "repos"


@pytest.fixture(scope="session")
def shared_envs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real environments, each built once per run."""
    return tmp_path_factory.mktemp("envs")

"""What every room's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOS = Path(__file__).parent / "repos"


@pytest.fixture(scope="session")
def shared_envs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real environments, each built once per run."""
    return tmp_path_factory.mktemp("envs")

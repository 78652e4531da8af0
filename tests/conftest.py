"""What every room's tests share."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

# A shell that runs the tests in the background has Ctrl-C ignored, and all that it starts inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOS = Path(__file__).parent / "repos"
SLOW = (
    "browser",
    "capturing",
    "client/test_ensure",
    "client/test_road",
    "client/test_versions",
    "control/test_api",
    "control/test_engine",
    "control/test_fuzz",
    "control/test_live",
    "control/test_process",
    "control/test_steering",
    "crash",
    "daemon",
    "day",
    "docs/test_commands_run",
    "faults",
    "frameworks",
    "gateway/test_cooled",
    "gateway/test_sending",
    "gateway/test_sync",
    "magics",
    "memory",
    "races",
    "repo/test_dryrun",
    "secrets",
    "seed/test_c",
    "seed/test_d",
    "server/test_packaging",
    "server/test_revive",
    "server/test_trying",
    "shared",
    "sim",
    "surface/test_advice",
    "surface/test_cli",
    "surface/test_operating",
    "surface/test_pruning",
    "widgets",
    "worker/test_endings",
    "worker/test_parents",
    "worker/test_turns",
    "worker/test_wall",
)
"""Tests that start backends, kernels or browsers, or play many days: `make test-fast` leaves them out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow by where it lies; notebooks are."""
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here).as_posix() if item.path.is_relative_to(here) else ""
        if not place or place.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Have tests dealt out by what belongs together."""
    from tests.together import Together  # where tests run on one process, xdist need not be there

    return Together(config, log)


@pytest.fixture(scope="session")
def shared_envs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real environments, each built once per run."""
    return tmp_path_factory.mktemp("envs")

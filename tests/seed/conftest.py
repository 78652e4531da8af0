"""One real backend for all tests of the reference, in a home of its own, and nothing left of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.client import ensure
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.inference import Inference
from tests.onebackend import one_backend

REPO = Path(__file__).parents[1] / "repos" / "sentiment"
MACHINE = "c5.large.od"

Deploy = Callable[..., str]
"""Deploys a model by its name, with options of the reference, and returns the URL."""


@pytest.fixture(scope="session")
def seed_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with one_backend(tmp_path_factory.mktemp("seed") / "home") as home:
        yield home


@pytest.fixture(scope="session")
def control(seed_home: Path) -> ControlClient:
    return ensure.backend()


@pytest.fixture(scope="session")
def repo() -> Path:
    return REPO


@pytest.fixture
def deployed(control: ControlClient, repo: Path) -> Iterator[Deploy]:
    """Deploys for one test and completes whatever that left."""
    names: list[str] = []

    def deploy(model_name: str, **options: Any) -> str:
        names.append(model_name)
        return Inference.deploy(model_name, options.pop("machine_id_config", MACHINE), str(repo), **options)

    yield deploy
    for job in control.status().jobs:
        if job.outcome is None and job.model_name in names:
            control.complete(job.job_id)


@pytest.fixture(scope="session")
def mood(control: ControlClient, repo: Path) -> str:
    """Return the URL of a public job called mood, which every test may call and none may end."""
    return Inference.deploy("mood", MACHINE, str(repo), description="the shared one")

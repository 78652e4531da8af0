from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aibro_jupyter.client.ensure import down
from aibro_jupyter.home import Home
from tests.backends import processes_of
from tests.eventually import eventually
from tests.onebackend import one_backend


@pytest.fixture(scope="module")
def kept_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home of a module, for tests that end what they deploy."""
    with one_backend(tmp_path_factory.mktemp("kept") / "home") as home:
        yield Home(home)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home of this test alone; whatever ran in it has ended when the test has."""
    here = Home(tmp_path / "home")
    monkeypatch.setenv("AIBRO_HOME", str(here.root))
    for name in ("AIBRO_URL", "AIBRO_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield here
    monkeypatch.delenv("AIBRO_URL", raising=False)
    down()
    eventually(lambda: not processes_of(here))

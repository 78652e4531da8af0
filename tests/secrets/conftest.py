"""One real backend for the tests of secrets, in a home of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aibro_jupyter.home import Home
from tests.onebackend import one_backend


@pytest.fixture(scope="package")
def secrets_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with one_backend(tmp_path_factory.mktemp("secrets") / "home") as home:
        yield Home(Path(home))

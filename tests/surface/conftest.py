from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.onebackend import one_backend


@pytest.fixture(scope="package")
def surface_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with one_backend(tmp_path_factory.mktemp("surface") / "home") as home:
        yield home

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.capturing.kernel import Kernel


@pytest.fixture(scope="module")
def _kernel() -> Iterator[Kernel]:
    kernel = Kernel()
    yield kernel
    kernel.close()


@pytest.fixture
def notebook(_kernel: Kernel, tmp_path: Path) -> Kernel:
    return _kernel.fresh(tmp_path)

"""The advice of the frameworks' own savers is followed, and then the capture holds."""

from __future__ import annotations

import pytest

from tests.capturing.advice.frameworks import TABLE
from tests.capturing.advice.refusal import follow
from tests.capturing.kernel import Kernel


@pytest.mark.parametrize("kind", list(TABLE))
def test_advice_that_is_followed_works(notebook: Kernel, kind: str) -> None:
    follow(notebook, TABLE[kind])

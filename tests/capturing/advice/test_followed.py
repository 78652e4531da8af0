"""Every refusal's advice is about its fault: it is followed here, and then the capture holds."""

from __future__ import annotations

import pytest

from tests.capturing.advice import cautions, names, places, samples, secrets, values
from tests.capturing.advice.cautions import heed
from tests.capturing.advice.refusal import follow
from tests.capturing.kernel import Kernel

TABLES = (names.TABLE, values.TABLE, samples.TABLE, secrets.TABLE, places.TABLE)
TABLE = {kind: row for table in TABLES for kind, row in table.items()}


@pytest.mark.parametrize("kind", list(TABLE))
def test_advice_that_is_followed_works(notebook: Kernel, kind: str) -> None:
    follow(notebook, TABLE[kind])


@pytest.mark.parametrize("kind", list(cautions.TABLE))
def test_what_a_warning_proposes_ends_it(notebook: Kernel, kind: str) -> None:
    heed(notebook, cautions.TABLE[kind])

"""Tables are written, and read back to see that they are the same, without a second one in memory."""

from __future__ import annotations

import pytest

from tests.memory.peak import beyond

SMALL, LARGE = 50_000_000, 250_000_000


@pytest.mark.parametrize(("kind", "most"), [("parquet", 1.3), ("polars", 0.5)])
def test_no_saver_of_tables_holds_a_value_twice(kind: str, most: float) -> None:
    """pyarrow makes a table of its own of what pandas holds; that is the one of ``parquet``."""
    assert beyond(kind, LARGE) - beyond(kind, SMALL) < most * (LARGE - SMALL)

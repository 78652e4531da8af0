from __future__ import annotations

import datetime
import decimal
import math
import re
import threading
from pathlib import Path
from typing import Any, Callable  # noqa: UP035 - typing's own form is the point

import numpy as np
import pytest

from aibro_jupyter.capturing.values.values import literal

EQUAL: list[Any] = [
    None, True, -3, 1.5, 2e300, 3 + 4j, "it's \"quoted\"", "a\nb", b"\x00x", [], {}, set(), (), (1,), [1, [2, (3,)]],
    {1: "a", (1, 2): None, "k": {"n": [1.0]}}, {"b", "a"}, frozenset({1}), range(3), slice(1, None),
    np.float64(0.1), np.int32(4), Path("a/b"), datetime.date(2024, 2, 3), datetime.timedelta(hours=2),
    decimal.Decimal("1.10"), re.compile(r"\d+", re.I), list(range(200)), Callable[[int], str], list[float],
    "A long text with several lines\nthat is written as it is\nwhen it stands at the top level",
]  # fmt: skip


@pytest.mark.parametrize(
    "value", EQUAL, ids=[f"{number}: {type(value).__name__}" for number, value in enumerate(EQUAL)]
)
def test_a_literal_makes_an_equal_value_of_the_same_type(value: Any) -> None:
    written = literal(value)
    assert written is not None
    scope: dict[str, Any] = {}
    exec("\n".join([*written.imports, f"made = {written.text}"]), scope)
    assert scope["made"] == value
    assert type(scope["made"]) is type(value)
    assert all(len(line) <= 120 for line in written.text.splitlines())


def test_not_a_number_is_written_too() -> None:
    written = literal([float("nan"), float("-inf")])
    assert written is not None
    nan, minus = eval(written.text)
    assert math.isnan(nan)
    assert minus == float("-inf")


def test_a_free_lock_is_made_anew_and_a_held_one_is_not() -> None:
    lock = threading.Lock()
    assert getattr(literal(lock), "text", "") == "threading.Lock()"
    with lock:
        assert literal(lock) is None


def test_what_suits_a_file_better() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    for value in (
        cycle,
        object(),
        np.arange(50),
        [np.arange(3)],
        "x" * 5000,
        list(range(5000)),
        type("T", (int,), {})(3),
    ):
        assert literal(value) is None

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import ipaddress
import math
import re
import threading
import types
import uuid
import zoneinfo
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Callable  # noqa: UP035 - typing's own form is the point

import numpy as np
import pandas as pd
import pytest

from aibro_jupyter.capturing.values.values import literal

EQUAL: list[Any] = [
    None, True, -3, 1.5, 2e300, 3 + 4j, "it's \"quoted\"", "a\nb", b"\x00x", [], {}, set(), (), (1,), [1, [2, (3,)]],
    {1: "a", (1, 2): None, "k": {"n": [1.0]}}, {"b", "a"}, frozenset({1}), range(3), slice(1, None),
    np.float64(0.1), np.int32(4), Path("a/b"), datetime.date(2024, 2, 3), datetime.timedelta(hours=2),
    decimal.Decimal("1.10"), re.compile(r"\d+", re.I), list(range(200)), Callable[[int], str], list[float],
    datetime.UTC, datetime.timezone(datetime.timedelta(hours=2), "CEST"), datetime.time(1, 2, 3, 4, fold=1),
    datetime.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC), zoneinfo.ZoneInfo("Europe/Berlin"),
    fractions.Fraction(-1, 3), uuid.UUID(int=5), PurePosixPath("a/b"), PureWindowsPath("c:/a b/c"), bytearray(b"\x00a"),
    ipaddress.ip_address("1.2.3.4"), ipaddress.ip_network("fe80::/10"), ipaddress.ip_interface("10.0.0.1/8"),
    types.SimpleNamespace(a=1, b=[2]), types.MappingProxyType({"a": (1,)}), collections.ChainMap({"a": 1}, {}),
    collections.defaultdict(None, {1: 2}), slice(None, 3), re.compile(b"a", re.S), NotImplemented,
    np.dtype("float32"), np.dtype(">i2"), np.dtype([("a", "<f4"), ("b", "U3")]), np.dtype("datetime64[ms]"),
    np.datetime64("2020-01-02T03:04", "ms"), np.timedelta64(3, "h"), np.float16(0.5), np.bool_(True), np.str_("a"),
    pd.Timestamp("2020-01-02 03:04:05.000000007"), pd.Timestamp("2020-06-01", tz="Europe/Berlin"),
    pd.Timedelta("1D 00:00:00.000001"), pd.Period("2020-01", freq="M"), pd.Interval(0.5, 2, closed="both"),
    pd.CategoricalDtype(["b", "a"], ordered=True), pd.Int64Dtype(), pd.DatetimeTZDtype(tz="UTC"), np.poly1d([1.5, 2]),
    len, dict,
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
        [object()],
        np.arange(50),
        [np.arange(3)],
        "x" * 5000,
        list(range(5000)),
        type("T", (int,), {})(3),
    ):
        assert literal(value) is None

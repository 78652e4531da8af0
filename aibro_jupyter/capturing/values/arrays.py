"""Arrays of a few numbers or names, and tables without a row, as the calls that make them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

_MOST = 40
"""Chosen: elements that still read as a list; more are a file."""
_KINDS = "biufU"
_AS_USUAL = frozenset({"bool", "int64", "float64"})
"""Types that numpy gives to a list of Python's own."""
Text = Callable[[Any], str]


def is_array(value: Any) -> bool:
    """Tell whether a value is numpy's own array, no class derived from it."""
    return (type(value).__module__, type(value).__name__) == ("numpy", "ndarray")


def written_array(value: Any, text: Text) -> str | None:
    """Return ``np.array([0.5, 0.25])`` for a small array of numbers or texts; None for any other value."""
    if not is_array(value):
        return None
    if not 0 < value.size <= _MOST or not 0 < value.ndim < 3:
        return None
    if value.dtype.kind not in _KINDS or not value.dtype.isnative or not value.flags.c_contiguous:
        return None
    if value.dtype.kind == "f" and not all(math.isfinite(number) for number in value.ravel().tolist()):
        return None
    listed, name = value.tolist(), value.dtype.name
    as_usual = name in _AS_USUAL
    if value.dtype.kind == "U":
        as_usual = sys.modules["numpy"].array(listed).dtype == value.dtype
        if not as_usual:
            return None
    return f"np.array({text(listed)}" + (")" if as_usual else f', dtype="{name}")')


def written_columns(value: Any, text: Text) -> str | None:
    """Return ``pd.DataFrame(columns=["a", "b"])`` for a table that has columns alone; None for any other value."""
    kind = type(value)
    if kind.__name__ != "DataFrame" or kind.__module__.partition(".")[0] != "pandas" or len(value):
        return None
    columns = list(value.columns)
    if not columns or not all(type(name) is str for name in columns) or value.attrs:
        return None
    made = kind(columns=columns)
    alike = made.columns.equals(value.columns) and list(made.dtypes) == list(value.dtypes)
    same = alike and type(made.index) is type(value.index) and made.columns.names == value.columns.names
    return f"pd.DataFrame(columns={text(columns)})" if same else None

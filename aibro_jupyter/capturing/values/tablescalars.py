"""NumPy's and pandas' own small values, as the call that makes them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

from aibro_jupyter.capturing.values.scalars import Callee, Text

_NUMPY, _PANDAS = "import numpy as np", "import pandas as pd"
_NUMBERS = frozenset(
    {"float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64"}
    | {"bool", "bool_", "str_"}
)
_EXTENSIONS = ("Boolean", "Float32", "Float64", *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)))


def table_scalar(value: Any, text: Text, callee: Callee) -> str | None:
    """Return the call that makes an equal value; None for a kind that is not among these."""
    kind = type(value)
    root = kind.__module__.partition(".")[0]
    if root == "numpy":
        if kind.__name__ in _NUMBERS and hasattr(kind, "item"):
            return _number(value, text, callee)
        if "dtype" in [one.__name__ for one in kind.__mro__]:
            return _dtype(value, text, callee)
    write = _WRITERS.get((root, kind.__name__))
    return write(value, text, callee) if write is not None else None


def _number(value: Any, _text: Text, callee: Callee) -> str:
    plain, name = value.item(), callee(type(value), _NUMPY)
    return f'{name}("{plain}")' if isinstance(plain, float) and not math.isfinite(plain) else f"{name}({plain!r})"


def _dtype(value: Any, text: Text, callee: Callee) -> str | None:
    numpy = sys.modules["numpy"]
    said = [value.descr] if value.names else [value.name, value.str]
    for one in said:
        try:
            same = numpy.dtype(one) == value and numpy.dtype(one).metadata == value.metadata
        except (TypeError, ValueError):
            continue
        if same:
            return f"{callee(numpy.dtype, _NUMPY)}({text(one)})"
    return None


def _time(value: Any, text: Text, callee: Callee) -> str | None:
    unit, count = sys.modules["numpy"].datetime_data(value.dtype)
    if count != 1:
        return None
    amount = str(value) if type(value).__name__ == "datetime64" or value != value else value.astype("int64").item()
    return f"{callee(type(value), _NUMPY)}({text(amount)}, {text(unit)})"


def _vectorized(value: Any, text: Text, callee: Callee) -> str | None:
    kind, function = type(value), value.pyfunc
    plain = vars(kind(function))
    given = {"otypes": value.otypes, "excluded": value.excluded, "cache": value.cache, "signature": value.signature}
    changed = [f"{key}={text(one)}" for key, one in given.items() if plain.get(key) != one]
    if vars(value).keys() != plain.keys() or value.__doc__ != plain.get("__doc__", value.__doc__):
        return None
    return f"{callee(kind, _NUMPY)}({', '.join([text(function), *changed])})"


def _polynomial(value: Any, text: Text, callee: Callee) -> str | None:
    kind, made = type(value), value.coeffs.tolist()
    again = kind(made)
    same = again == value and again.coeffs.dtype == value.coeffs.dtype and again.variable == value.variable
    return f"{callee(kind, _NUMPY)}({text(made)})" if same else None


def _timestamp(value: Any, text: Text, callee: Callee) -> str | None:
    kind, zone = type(value), value.tzinfo
    plain = str(value.tz_localize(None) if zone is not None else value)
    again = kind(plain, tz=str(zone)) if zone is not None else kind(plain)
    same = again == value and again.unit == value.unit and again.fold == value.fold and again.tzinfo == zone
    zoned = f", tz={text(str(zone))}" if zone is not None else ""
    return f"{callee(kind, _PANDAS)}({text(plain)}{zoned})" if same else None


def _timedelta(value: Any, text: Text, callee: Callee) -> str | None:
    again = type(value)(str(value))
    same = again == value and again.unit == value.unit
    return f"{callee(type(value), _PANDAS)}({text(str(value))})" if same else None


def _missing(value: Any, _text: Text, callee: Callee) -> str:
    return f"{callee(sys.modules['pandas'], _PANDAS)}.{'NaT' if type(value).__name__ == 'NaTType' else 'NA'}"


def _period(value: Any, text: Text, callee: Callee) -> str | None:
    kind = type(value)
    same = kind(str(value), freq=value.freqstr) == value
    return f"{callee(kind, _PANDAS)}({text(str(value))}, freq={text(value.freqstr)})" if same else None


def _zoned_dtype(value: Any, text: Text, callee: Callee) -> str | None:
    kind, given = type(value), {"unit": value.unit, "tz": str(value.tz)}
    named = ", ".join(f"{key}={text(one)}" for key, one in given.items())
    return f"{callee(kind, _PANDAS)}({named})" if kind(**given) == value else None


def _extension_dtype(value: Any, _text: Text, callee: Callee) -> str | None:
    kind = type(value)
    return f"{callee(kind, _PANDAS)}()" if kind() == value else None


def _interval(value: Any, text: Text, callee: Callee) -> str:
    closed = f", closed={text(value.closed)}" if value.closed != "right" else ""
    return f"{callee(type(value), _PANDAS)}({text(value.left)}, {text(value.right)}{closed})"


def _categories(value: Any, text: Text, callee: Callee) -> str | None:
    if value.categories is None:
        return None
    kind, names = type(value), value.categories.tolist()
    again = kind(names, ordered=value.ordered)
    if again != value or again.ordered != value.ordered or again.categories.dtype != value.categories.dtype:
        return None
    ordered = ", ordered=True" if value.ordered else ""
    return f"{callee(kind, _PANDAS)}({text(names)}{ordered})"


_WRITERS: dict[tuple[str, str], Callable[[Any, Text, Callee], str | None]] = {
    ("numpy", "datetime64"): _time,
    ("numpy", "timedelta64"): _time,
    ("numpy", "vectorize"): _vectorized,
    ("numpy", "poly1d"): _polynomial,
    ("pandas", "Timestamp"): _timestamp,
    ("pandas", "Timedelta"): _timedelta,
    ("pandas", "NaTType"): _missing,
    ("pandas", "NAType"): _missing,
    ("pandas", "Interval"): _interval,
    ("pandas", "CategoricalDtype"): _categories,
    ("pandas", "Period"): _period,
    ("pandas", "DatetimeTZDtype"): _zoned_dtype,
    **{("pandas", f"{name}Dtype"): _extension_dtype for name in _EXTENSIONS},
}

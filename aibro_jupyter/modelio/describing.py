"""A sample -> what aibro.json says of such values: the kind, and what restores from JSON what JSON cannot say.

Plain JSON needs no more than ``{"kind": "json"}``. Inside a list or an object only what is not plain is described:
``fields`` by key, ``items`` of a list (one description for each, or a list of them by position), ``values`` of an
object whose keys are numbers (``"keys": "int"``), ``as`` for a tuple or a set.
"""

from __future__ import annotations

import collections
import sys
from typing import Any

from . import scalars
from .faults import BadValue
from .labels import index_levels, is_default
from .values import DEEPEST, is_row, named, plain

Description = dict[str, Any]
PLAIN: Description = {"kind": "json"}
_CELLS = frozenset("biufcmMUSO")
"""Kinds of numpy's dtypes whose cells JSON holds: numbers, truths, times, text and bytes, and objects that are so."""
_LIKE_LISTS: dict[type, str] = {tuple: "tuple", set: "set", frozenset: "frozenset", range: "range"}
_BY_POSITION = 32
"""Chosen: a longer list of unlike things is no argument that somebody wrote by hand."""


def described(value: Any, where: str = "data") -> Description:
    """Return the description of a value; one that no request can carry raises ``BadValue`` with its place."""
    return _described(value, where, 0)


def kinds_in(described: Description) -> set[str]:
    """Return every kind in a description, those of what lies inside it too."""
    inside = [*described.get("fields", {}).values(), *described.get("columns", ()), *described.get("index", ())]
    for word in ("values", "cells", "items"):
        found = described.get(word, [])
        inside += [found] if isinstance(found, dict) else found
    own = {str(described["kind"])} if "kind" in described else set()
    return own.union(*(kinds_in(one) for one in inside if isinstance(one, dict)))


def _described(value: Any, where: str, depth: int) -> Description:
    if depth > DEEPEST:
        raise BadValue(f"{where[:80]}… is nested more than {DEEPEST} deep (does it hold itself?)")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"kind": "bytes", **({"as": "bytearray"} if isinstance(value, bytearray) else {})}
    for library, describe in _LIBRARIES.items():
        if library in sys.modules:
            found = describe(sys.modules[library], value, where)
            if found is not None:
                return found
    kind = scalars.kind_of(value)
    if kind:
        return {"kind": kind}
    if type(value) in (dict, collections.OrderedDict):
        return _object(value, where, depth)
    if type(value) is list or type(value) in _LIKE_LISTS:
        return _list(value, where, depth)
    return PLAIN


def _object(value: Any, where: str, depth: int) -> Description:
    found = {key: _described(item, f"{where}[{_shown(key)}]", depth + 1) for key, item in value.items()}
    if all(isinstance(key, str) for key in value):
        fields = {key: one for key, one in found.items() if one != PLAIN}
        return {"kind": "json", "fields": fields} if fields else PLAIN
    if not all(type(key) is int for key in value):
        strange = next(key for key in value if not isinstance(key, str))
        raise BadValue(f"{where} has the key {_shown(strange)}, and it becomes text in JSON")
    of_each = _of_each(list(found.values()), list(value.values()), where)
    return {"kind": "json", "keys": "int", **({} if of_each == PLAIN else {"values": of_each})}


def _list(value: Any, where: str, depth: int) -> Description:
    made: Description = {"kind": "json"}
    if type(value) in _LIKE_LISTS:
        made["as"] = _LIKE_LISTS[type(value)]
    found = [_described(item, f"{where}[{at}]", depth + 1) for at, item in enumerate(value)]
    if all(one == PLAIN for one in found):
        return made
    try:
        return {**made, "items": _of_each(found, list(value), where)}
    except BadValue:
        if len(found) > _BY_POSITION or isinstance(value, (set, frozenset)):
            raise
        return {**made, "items": found}


def _of_each(found: list[Description], values: list[Any], where: str) -> Description:
    """Return the one description that all of a list's items have; null is of any kind, a number is beside a NaN."""
    told = next((one for one in found if one != PLAIN), PLAIN)
    numbers = (int, float) if told == {"kind": "float"} else ()
    if any(
        one != told and (one != PLAIN or not (value is None or type(value) in numbers or _is_nat(value)))
        for one, value in zip(found, values)  # noqa: B905 - strict= is younger than some models' Pythons
    ):
        raise BadValue(f"{where} holds things of more than one kind")
    return told


def _is_nat(value: Any) -> bool:
    return "pandas" in sys.modules and value is getattr(sys.modules["pandas"], "NaT", ...)


def _shown(key: Any) -> str:
    return repr(key)[:60]


# --- numpy ------------------------------------------------------------------------------------------------------------


def _numpy(numpy: Any, value: Any, where: str) -> Description | None:
    if isinstance(value, numpy.generic):
        return {"kind": "scalar", "dtype": str(value.dtype.newbyteorder("="))}
    if type(value) is not numpy.ndarray or value.dtype.kind not in _CELLS:
        return None
    made = {
        "kind": "ndarray", "dtype": str(value.dtype.newbyteorder("=")),
        "ndim": int(value.ndim), "shape": [None, *value.shape[1:]] if value.ndim else [],
    }  # fmt: skip
    return {**made, **_of_cells(value.ravel().tolist(), where)} if value.dtype.kind == "O" else made


def _of_cells(cells: list[Any], where: str) -> Description:
    """Return what is to be said of cells that are any objects: which kind they have, and what stands for none."""
    missing = {"missing": "nan"} if any(type(cell) is float and cell != cell for cell in cells) else {}
    if missing and any(cell is None for cell in cells):
        missing = {}  # which of both a null was cannot be told; most code asks isna()
    held = [cell for cell in cells if cell is not None and not (type(cell) is float and cell != cell)]
    found = [_described(cell, f"{where}, a cell", 1) for cell in held]
    of_each = _of_each(found, held, f"{where}, a column,") if found else PLAIN
    return {**missing, **({} if of_each == PLAIN else {"cells": of_each})}


# --- pandas -----------------------------------------------------------------------------------------------------------


def _pandas(pandas: Any, value: Any, where: str) -> Description | None:
    if not hasattr(pandas, "DataFrame"):
        return None  # it is still being imported
    if type(value) is pandas.DataFrame:
        return {"kind": "dataframe", "columns": _columns(value, where), **_index(value, where)}
    if type(value) is pandas.Series:
        name = {"series_name": label(value.name)}
        if is_row(value):
            return {"kind": "row", "columns": list(value.index), **_of_row(value, where), **name}
        return {"kind": "series", **_dtype(value, where), **name, **_index(value, where)}
    if value is pandas.NaT:
        return None
    if isinstance(value, pandas.Timestamp):
        return {"kind": "timestamp", **({"tz": str(value.tz)} if value.tz is not None else {})}
    if isinstance(value, pandas.Timedelta):
        return {"kind": "timedelta"}
    if isinstance(value, pandas.Period):
        return {"kind": "period", "freq": value.freqstr}
    return None


def _of_row(row: Any, where: str) -> Description:
    """Return what is to be said of a row's cells; those of a table of several dtypes are objects of several kinds."""
    try:
        return _dtype(row, where)
    except BadValue:
        return {"dtype": "object", "cells": [_described(cell, f"{where}[{name!r}]", 1) for name, cell in row.items()]}


def label(key: Any) -> Any:
    """Return the name of a column or a Series as JSON has it."""
    return str(key) if isinstance(key, tuple) else plain(key, "a name", question=True)


def _columns(frame: Any, where: str) -> list[Description]:
    keys = [label(key) for key in frame.columns]
    if frame.columns.nlevels > 1 or len({named(key) for key in keys}) < len(keys):
        raise BadValue(f"the columns of {where} cannot be told apart in JSON")
    return [{"name": key, **_dtype(frame.iloc[:, at], f"{where}[{key!r}]")} for at, key in enumerate(keys)]


def _dtype(series: Any, where: str) -> Description:
    dtype = series.dtype
    if str(dtype) == "object":
        return {"dtype": "object", **_of_cells(series.tolist(), where)}
    if str(dtype) != "category":
        return {"dtype": str(dtype)}
    categories = plain(list(dtype.categories), question=True)
    return {"dtype": "category", "categories": categories, "ordered": bool(dtype.ordered)}


def _index(table: Any, where: str) -> Description:
    """Return the levels of an index that says more than which row is the first; nothing for one that does not."""
    if is_default(table.index):
        return {}
    columns = [named(label(key)) for key in getattr(table, "columns", ())]
    keys = index_levels(table.index, columns)
    levels = [table.index.get_level_values(at) for at in range(table.index.nlevels)]
    told = [
        {"key": key, "name": label(level.name), **_dtype(level.to_series(), f"the index of {where}")}
        for key, level in zip(keys, levels)  # noqa: B905 - strict= is younger than some models' Pythons
    ]
    return {"index": told}


# --- polars and scipy -------------------------------------------------------------------------------------------------


def _polars(polars: Any, value: Any, where: str) -> Description | None:
    if isinstance(value, polars.LazyFrame):
        raise BadValue(f"{where} is a polars LazyFrame, a plan and no table (.collect() makes it one)")
    if isinstance(value, polars.DataFrame):
        columns = [{"name": name, **_polars_dtype(dtype, f"{where}[{name!r}]")} for name, dtype in value.schema.items()]
        return {"kind": "polars", "columns": columns}
    if isinstance(value, polars.Series):
        return {"kind": "polars-series", "series_name": value.name, **_polars_dtype(value.dtype, where)}
    return None


def _polars_dtype(dtype: Any, where: str) -> Description:
    name = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    if name in ("List", "Array", "Struct", "Object", "Enum"):
        raise BadValue(f"{where} is a polars column of {name}")
    told = {"dtype": name}
    for word in ("time_unit", "time_zone", "precision", "scale"):
        if getattr(dtype, word, None) is not None:
            told[word] = getattr(dtype, word)
    return told


def _sparse(sparse: Any, value: Any, where: str) -> Description | None:
    if not hasattr(sparse, "issparse") or not sparse.issparse(value):
        return None
    if value.dtype.kind not in "biuf":
        raise BadValue(f"{where} is a sparse matrix of {value.dtype}")
    kind = "array" if type(value).__name__.endswith("array") else "matrix"
    return {"kind": "sparse", "format": value.format, "of": kind, "dtype": str(value.dtype), "width": value.shape[-1]}


_LIBRARIES = {"numpy": _numpy, "pandas": _pandas, "polars": _polars, "scipy.sparse": _sparse}

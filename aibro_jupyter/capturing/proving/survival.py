"""What a sample loses on its way: the value that arrives in the API, beside the one in the notebook."""

from __future__ import annotations

import math
from typing import Any

from aibro_jupyter.capturing.values.reach import type_name
from aibro_jupyter.modelio.forms import type_of


def lost(value: Any, arrived: Any, where: str) -> str:
    """Return the first place where the value that arrived differs in value, type or labels, in words; "" for none."""
    if _is_absent(value) and _is_absent(arrived):
        return ""
    if type(value) is not type(arrived) and not _alike_types(value, arrived):
        return f"{where}, {type_of(value)}, arrives as {type_of(arrived)}"
    if isinstance(value, dict):
        return _lost_in_dict(value, arrived, where)
    if isinstance(value, list | tuple):
        if len(value) != len(arrived):
            return f"{where} arrives with {len(arrived)} items instead of {len(value)}"
        found = (lost(one, other, f"{where}[{at}]") for at, (one, other) in enumerate(zip(value, arrived, strict=True)))
        return next((told for told in found if told), "")
    return _lost_in_special(value, arrived, where)


def _lost_in_dict(value: dict[Any, Any], arrived: dict[Any, Any], where: str) -> str:
    for key, one in value.items():
        if key not in arrived:
            return f"{where}: its key {key!r:.60} arrives as another"
        if told := lost(one, arrived[key], f"{where}[{key!r:.60}]"):
            return told
    return ""


def _lost_in_special(value: Any, arrived: Any, where: str) -> str:
    match type_name(value):
        case "numpy.ndarray" | "numpy.matrix":
            return _lost_in_array(value, arrived, where)
        case name if name.startswith("pandas.") and hasattr(value, "index") and hasattr(value, "iloc"):
            return _lost_in_table(value, arrived, where)
        case name if name.startswith("polars."):
            return "" if value.equals(arrived, null_equal=True) else f"{where} arrives with other cells"
        case name if name.startswith("scipy.sparse"):
            same = value.shape == arrived.shape and value.dtype == arrived.dtype and not (value != arrived).nnz
            return "" if same else f"{where} arrives with other cells"
    try:
        same = bool(value == arrived) or (value != value and arrived != arrived)
    except Exception:  # noqa: BLE001 - the comparison is somebody's own
        same = False
    return "" if same else f"{where}, {value!r:.60}, arrives as {arrived!r:.60}"


def _lost_in_array(value: Any, arrived: Any, where: str) -> str:
    if value.dtype.newbyteorder("=") != arrived.dtype and value.dtype.kind not in "US":
        return f"{where}, an array of {value.dtype}, arrives as one of {arrived.dtype}"
    if value.shape != arrived.shape:
        return f"{where}, an array of shape {value.shape}, arrives with {arrived.shape}"
    return _first_cell(value.ravel().tolist(), arrived.ravel().tolist(), where)


def _lost_in_table(value: Any, arrived: Any, where: str) -> str:
    import pandas

    if isinstance(value, pandas.Series):
        if str(value.dtype) != str(arrived.dtype):
            return f"{where}, a Series of {value.dtype}, arrives as one of {arrived.dtype}"
        told = _first_cell(value.tolist(), arrived.tolist(), where)
        return told or _lost_in_index(value.index, arrived.index, where)
    if list(value.columns) != list(arrived.columns) or value.columns.names != arrived.columns.names:
        return f"{where}: its columns, {_short(value.columns)}, arrive as {_short(arrived.columns)}"
    for at, name in enumerate(value.columns):
        if told := _lost_in_table(value.iloc[:, at], arrived.iloc[:, at], f"{where}[{name!r:.60}]"):
            return told
    return _lost_in_index(value.index, arrived.index, where)


def _lost_in_index(value: Any, arrived: Any, where: str) -> str:
    if value.names != arrived.names or value.nlevels != arrived.nlevels:
        return f"the index of {where} is called {_short(value.names)}, and arrives as {_short(arrived.names)}"
    for at in range(value.nlevels):
        one, other = value.get_level_values(at), arrived.get_level_values(at)
        if str(one.dtype) != str(other.dtype):
            return f"the index of {where}, of {one.dtype}, arrives as one of {other.dtype}"
        if told := _first_cell(one.tolist(), other.tolist(), f"the index of {where}"):
            return told
    return ""


def _first_cell(cells: list[Any], arrived: list[Any], where: str) -> str:
    if len(cells) != len(arrived):
        return f"{where} arrives with {len(arrived)} cells instead of {len(cells)}"
    if cells == arrived:
        return ""
    found = (
        lost(one, other, f"{where}, cell {at}") for at, (one, other) in enumerate(zip(cells, arrived, strict=True))
    )
    return next((told for told in found if told), "")


def _alike_types(value: Any, arrived: Any) -> bool:
    """Tell whether two types differ in nothing that code could ask: one is the library's own kind of the other."""
    names = {type_name(value), type_name(arrived)}
    return names <= {"dict", "collections.OrderedDict"} or names <= {"bytes", "memoryview"}


def _is_absent(value: Any) -> bool:
    """Tell whether it is one of the things that stand for no value: None, NaN, NaT or pandas.NA."""
    nan = isinstance(value, float) and math.isnan(value)
    return value is None or nan or type(value).__name__ in ("NaTType", "NAType")


def _short(names: Any) -> str:
    return ", ".join(map(str, list(names)[:6]))

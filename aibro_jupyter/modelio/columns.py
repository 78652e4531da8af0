"""One column of JSON or CSV cells -> a pandas array of the sample's dtype."""

from __future__ import annotations

import importlib
from typing import Any

from .faults import BadInput
from .scalars import bounds

_TRUTH: dict[Any, bool] = {
    True: True,
    False: False,
    "1": True,
    "0": False,
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def library(name: str) -> Any:
    """Return pandas or another library as the model's own environment has it."""
    return importlib.import_module(name)


def restored(cells: list[Any], column: dict[str, Any], where: str) -> Any:
    """Return the cells as the sample's dtype; a cell that does not fit raises ``BadInput`` with its place."""
    pandas = library("pandas")
    dtype = str(column.get("dtype", "object"))
    # NaN is no JSON, but json.dumps(frame.to_dict("records")) writes it, and means what null says.
    cells = [None if isinstance(cell, float) and cell != cell else cell for cell in cells]
    if dtype == "object":
        return pandas.Series(objects(cells, column, where), dtype="object")
    if dtype == "str" or dtype.startswith("string"):
        return _texts(cells, dtype, where)
    if dtype == "category":
        return _categories(cells, column, where)
    if dtype in ("bool", "boolean"):
        return pandas.array([_truth(cell, dtype, f"{where} {at}") for at, cell in enumerate(cells)], dtype=dtype)
    if dtype.startswith("datetime64"):
        return _moments(cells, dtype, where)
    if dtype.startswith("timedelta64"):
        return _spans(cells, dtype, where)
    if dtype.lower().startswith(("int", "uint", "float")):
        return _numbers(cells, column, dtype, where)
    try:
        return pandas.Series(pandas.array(cells, dtype=dtype))
    except (TypeError, ValueError) as error:
        raise BadInput(f"{where.split(',')[0]} is no {dtype}: {error}") from error


def objects(cells: list[Any], column: dict[str, Any], where: str) -> list[Any]:
    """Return cells that are any objects: each of the kind that the sample's were, and what it had for none.

    ``cells`` of the column is their kind, or a list of them by position for a row.
    """
    from . import restoring  # it needs columns itself, for tables inside of cells

    kinds = column.get("cells", {})
    made = list(cells)
    for at, cell in enumerate(cells if kinds else ()):
        kind = kinds[at] if isinstance(kinds, list) else kinds
        if cell is not None or kind == {"kind": "float"}:
            try:
                made[at] = restoring.restored(cell, kind)
            except BadInput as fault:
                raise BadInput(f"{where} {at}: {fault}") from fault
    absent = float("nan") if column.get("missing") == "nan" else None
    return [absent if cell is None else cell for cell in made]


def _texts(cells: list[Any], dtype: str, where: str) -> Any:
    pandas = library("pandas")
    for at, cell in enumerate(cells):
        if cell is not None and not isinstance(cell, str):
            raise BadInput(f"{where} {at}: {cell!r:.60} is not text")
    return pandas.Series(cells, dtype=dtype)


def _categories(cells: list[Any], column: dict[str, Any], where: str) -> Any:
    pandas = library("pandas")
    known = column.get("categories")
    if known is None:
        return pandas.Categorical(cells)
    if any(not isinstance(one, str) for one in known):
        # CSV has text only; the category it stands for is the one that is written so.
        by_text = {str(one): one for one in known}
        cells = [by_text.get(cell, cell) if isinstance(cell, str) else cell for cell in cells]
    for at, cell in enumerate(cells):
        if cell is not None and cell not in known:
            listed = ", ".join(repr(one) for one in known[:8]) + (", …" if len(known) > 8 else "")
            raise BadInput(f"{where} {at}: {cell!r:.60} is not one of {listed}")
    return pandas.Categorical(cells, categories=known, ordered=bool(column.get("ordered", False)))


def _truth(cell: Any, dtype: str, where: str) -> Any:
    if cell is None and dtype == "boolean":
        return None
    if isinstance(cell, (bool, int, float, str)) and cell in _TRUTH:
        return _TRUTH[cell]
    raise BadInput(f"{where}: {cell!r:.60} is not true or false")


def _moments(cells: list[Any], dtype: str, where: str) -> Any:
    pandas = library("pandas")
    utc = "," in dtype
    numbers = bool(cells) and all(cell is None or type(cell) in (int, float) for cell in cells)
    # Numbers are what pandas' own to_json writes: milliseconds since the epoch.
    old = pandas.__version__.startswith(("0.", "1."))
    options = {"unit": "ms"} if numbers else {} if old else {"format": "ISO8601"}
    read = pandas.to_datetime(pandas.Series(cells, dtype="object"), errors="coerce", utc=utc, **options)
    _first_lost(cells, read, where, "is no date or time (ISO 8601)")
    if utc:
        return read.dt.tz_convert(dtype.split(",")[1].strip(" ]")).astype(dtype)
    if getattr(read.dtype, "tz", None) is not None:
        raise BadInput(f"{where} 0: a time zone is given, and the model takes times without")
    return read.astype(dtype)


def _spans(cells: list[Any], dtype: str, where: str) -> Any:
    pandas = library("pandas")
    numbers = bool(cells) and all(cell is None or type(cell) in (int, float) for cell in cells)
    options = {"unit": "ms"} if numbers else {}
    read = pandas.to_timedelta(pandas.Series(cells, dtype="object"), errors="coerce", **options)
    _first_lost(cells, read, where, "is no duration")
    return read.astype(dtype)


def _numbers(cells: list[Any], column: dict[str, Any], dtype: str, where: str) -> Any:
    for at, cell in enumerate(cells):
        if cell is not None and not isinstance(cell, (int, float, str)):
            raise BadInput(f"{where} {at}: {cell!r:.60} is not a number")
    if dtype.lower().startswith("float"):
        return _floats(cells, dtype, where)
    read = [_number(cell, f"{where} {at}") for at, cell in enumerate(cells)]
    if column.get("widens") and any(isinstance(cell, float) for cell in read):
        return _floats(cells, "Float64" if dtype[:1].isupper() else "float64", where)
    return _whole(cells, read, dtype, where)


def _floats(cells: list[Any], dtype: str, where: str) -> Any:
    pandas = library("pandas")
    read = pandas.to_numeric(pandas.Series(cells, dtype="object"), errors="coerce")
    _first_lost(cells, read, where, "is not a number")
    try:
        return read.astype(dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"{where.split(',')[0]} does not fit {dtype}: {error}") from error


def _whole(cells: list[Any], read: list[Any], dtype: str, where: str) -> Any:
    """Return whole numbers, exactly: a float, as which pandas reads them beside a null, ends at 2**53."""
    pandas, nullable = library("pandas"), dtype[:1].isupper()
    low, high = bounds(dtype)
    for at, cell in enumerate(read):
        if cell is None and not nullable:
            raise BadInput(f"{where} {at}: null, and {dtype} has no place for it")
        if isinstance(cell, float):
            raise BadInput(f"{where} {at}: {cells[at]!r:.60} is not a whole number")
        if cell is not None and not low <= cell <= high:
            raise BadInput(f"{where} {at}: {cells[at]!r:.60} does not fit {dtype}")
    return pandas.Series(pandas.array(read, dtype=dtype))


def _number(cell: Any, where: str) -> int | float | None:
    """Return a cell as the whole number it is, else as a float; text is read."""
    if cell is None or type(cell) is int:
        return cell
    try:
        if isinstance(cell, str):
            try:
                return int(cell)
            except ValueError:
                cell = float(cell)
    except ValueError as error:
        if str(cell).lower() in ("nan", "nat"):
            return None
        raise BadInput(f"{where}: {cell!r:.60} is not a number") from error
    if isinstance(cell, float) and cell != cell:
        return None
    return int(cell) if isinstance(cell, bool) or cell.is_integer() else float(cell)


def _first_lost(cells: list[Any], read: Any, where: str, complaint: str) -> None:
    """Complain of the first cell that was something and became nothing."""
    for at, gone in enumerate(read.isna()):
        cell = cells[at]
        if gone and cell is not None and cell == cell and str(cell).lower() not in ("nan", "nat"):
            raise BadInput(f"{where} {at}: {cell!r:.60} {complaint}")

"""JSON or CSV -> DataFrame, Series and rows as the sample had them: columns, order, dtypes and labels restored.

pandas is that of the model's own environment, imported when first needed.
"""

from __future__ import annotations

import difflib
from typing import Any

from . import columns
from .faults import BadInput
from .scalars import spoken
from .values import named


def dataframe(given: Any, parameter: dict[str, Any]) -> Any:
    """Return a DataFrame from records, a dict of columns, a list of rows, or pandas' own "split" form."""
    wanted = parameter["columns"]
    keys = [level["key"] for level in parameter.get("index", ())]
    found, rows = by_column(given, [named(column["name"]) for column in wanted], keys)
    return frame(found, rows, parameter)


def series(given: Any, parameter: dict[str, Any]) -> Any:
    """Return a Series from a list, from an object of label to value, or from lists of both (index and data)."""
    pandas = columns.library("pandas")
    keys = [level["key"] for level in parameter.get("index", ())]
    labels: dict[str, list[Any]] = {}
    if isinstance(given, dict) and given.keys() == {"index", "data"} and isinstance(given["data"], list):
        values = given["data"]
        labels = _labels(given["index"], keys, len(values))
    elif isinstance(given, dict):
        values = list(given.values())
        labels = {keys[0]: list(given)} if len(keys) == 1 else {}
    else:
        values = given
    if not isinstance(values, list):
        raise BadInput(f"expected a list, not {spoken(given)}")
    name = parameter.get("series_name", parameter.get("name"))
    made = pandas.Series(columns.restored(values, parameter, "position"), name=name)
    return _under(labels, parameter, made)


def row(given: Any, parameter: dict[str, Any]) -> Any:
    """Return a row of a table: a Series under its columns, from an object by column or a list in their order."""
    pandas = columns.library("pandas")
    names = parameter["columns"]
    if isinstance(given, list):
        if len(given) != len(names):
            raise BadInput(f"the row has {len(given)} values, and the columns are {len(names)}: {', '.join(names)}")
        given = dict(zip(names, given))  # noqa: B905 - strict= is younger than some models' Pythons
    if not isinstance(given, dict):
        raise BadInput(f"expected an object by column, not {spoken(given)}")
    check_names(list(given), names)
    made = columns.restored([given[name] for name in names], parameter, "value")
    return pandas.Series(list(made), index=names, dtype=getattr(made, "dtype", None), name=parameter.get("series_name"))


def frame(found: dict[str, list[Any]], rows: int, parameter: dict[str, Any]) -> Any:
    """Return a DataFrame of these cells by column, labels among them."""
    pandas = columns.library("pandas")
    wanted = parameter["columns"]
    made = {}
    for at, column in enumerate(wanted):
        name = named(column["name"])
        made[at] = columns.restored(found[name], column, f"column {name!r}, row")
    whole = pandas.DataFrame(made, index=range(rows))
    whole.columns = pandas.Index([column["name"] for column in wanted])
    return _under(found, parameter, whole)


def _under(found: dict[str, list[Any]], parameter: dict[str, Any], table: Any) -> Any:
    """Put the labels on a table's rows; where the model reads them, a body must have them."""
    levels = parameter.get("index", [])
    if not levels:
        return table
    if any(level["key"] not in found for level in levels):
        if all(level.get("optional") for level in levels):
            return table
        keys = " and ".join(repr(level["key"]) for level in levels)
        raise BadInput(f"the labels of the rows are missing, and the model reads them: send them as {keys}")
    pandas = columns.library("pandas")
    arrays = [
        pandas.Index(columns.restored(found[level["key"]], level, f"label {level['key']!r}, row"), name=level["name"])
        for level in levels
    ]
    table.index = arrays[0] if len(arrays) == 1 else pandas.MultiIndex.from_arrays(arrays)
    return table


def by_column(given: Any, names: list[str], keys: list[str] | None = None) -> tuple[dict[str, list[Any]], int]:
    """Return the cells by column and the number of rows; ``keys`` are columns of labels that may be there too."""
    keys = keys or []
    if isinstance(given, dict) and _is_split(given, names):
        found, rows = _rows(given["data"], [named(name) for name in given["columns"]], names, keys)
        return {**_labels(given.get("index"), keys, rows), **found}, rows
    if isinstance(given, dict):
        check_names(list(given), names, keys)
        lists = {name: list(cells.values()) if isinstance(cells, dict) else cells for name, cells in given.items()}
        return _same_length({name: cells if isinstance(cells, list) else [cells] for name, cells in lists.items()})
    if not isinstance(given, list):
        raise BadInput(f"expected rows (a list of objects), not {spoken(given)}")
    if all(isinstance(row, list) for row in given):
        return _rows(given, names, names, [])
    for number, row in enumerate(given):
        if not isinstance(row, dict):
            raise BadInput(f"row {number} is {spoken(row)}, and the row before it is not")
        check_names(list(row), names, keys, f"row {number}: ")
    with_keys = [key for key in keys if given and all(key in row for row in given)]
    return {name: [row[name] for row in given] for name in [*names, *with_keys]}, len(given)


def _is_split(given: dict[str, Any], names: list[str]) -> bool:
    return given.keys() >= {"columns", "data"} and isinstance(given["data"], list) and "data" not in names


def _labels(given: Any, keys: list[str], rows: int) -> dict[str, list[Any]]:
    """Return the cells of an index by level; of a model that reads none they are left out."""
    if not keys or not isinstance(given, list):
        return {}
    if len(given) != rows:
        raise BadInput(f"the index has {len(given)} labels, and the rows are {rows}")
    if len(keys) == 1:
        return {keys[0]: given}
    for number, label in enumerate(given):
        if not isinstance(label, list) or len(label) != len(keys):
            raise BadInput(f"label {number} is {label!r:.60}, and {', '.join(keys)} are expected")
    return {key: [label[at] for label in given] for at, key in enumerate(keys)}


def _rows(rows: list[Any], order: list[str], names: list[str], keys: list[str]) -> tuple[dict[str, list[Any]], int]:
    check_names(order, names, keys)
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(order):
            has = f"has {len(row)} values" if isinstance(row, list) else f"is {spoken(row)}"
            raise BadInput(f"row {number} {has}, and the columns are {len(order)}: {', '.join(order)}")
    return {name: [row[at] for row in rows] for at, name in enumerate(order)}, len(rows)


def _same_length(by_column: dict[str, list[Any]]) -> tuple[dict[str, list[Any]], int]:
    lengths = {name: len(cells) for name, cells in by_column.items()}
    first = next(iter(lengths.values()), 0)
    for name, length in lengths.items():
        if length != first:
            raise BadInput(f"column {name!r} has {length} values, and the first column {first}")
    return by_column, first


def check_names(given: list[str], names: list[str], keys: list[str] | None = None, where: str = "") -> None:
    """Refuse columns that are not the model's, and name one of those that are missing."""
    missing = [name for name in names if name not in given]
    strange = [name for name in given if name not in names and name not in (keys or [])]
    if missing:
        near = difflib.get_close_matches(missing[0], strange, n=1)
        hint = f" (there is {near[0]!r})" if near else ""
        raise BadInput(f"{where}column {missing[0]!r} is missing{hint}; the columns are {', '.join(names)}")
    if strange:
        raise BadInput(f"{where}column {strange[0]!r} is not one of the model's: {', '.join(names)}")

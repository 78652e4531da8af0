"""Objects of many libraries as plain Python, on their way to JSON."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

AS_THEY_ARE = frozenset((int, str, bool, type(None)))
FLOAT = frozenset((float,))


def by_field(value: Any) -> dict[str, Any] | None:
    """Return a dataclass, a pydantic model or an attrs object as a dict by field; None for anything else."""
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
    if hasattr(kind, "model_fields") and callable(getattr(value, "model_dump", None)):
        return dict(value.model_dump())
    if hasattr(kind, "__fields__") and callable(getattr(value, "dict", None)):
        return dict(value.dict())
    if hasattr(kind, "__attrs_attrs__"):
        return {field.name: getattr(value, field.name) for field in kind.__attrs_attrs__}
    return None


def with_nan(table: Any) -> list[Any]:
    """Return the rows of a polars table; NaN is text in them, for beside it polars has cells that are missing."""
    rows = table.to_dicts() if hasattr(table, "to_dicts") else table.to_list()

    def told(cell: Any) -> Any:
        return "NaN" if isinstance(cell, float) and math.isnan(cell) else cell

    return [{name: told(cell) for name, cell in row.items()} if isinstance(row, dict) else told(row) for row in rows]


def triples(matrix: Any) -> dict[str, Any]:
    """Return a sparse matrix as its cells that are not zero: coordinates, and what is there."""
    found = matrix.tocoo()
    at = found.coords if hasattr(found, "coords") else (found.row, found.col)
    return {"shape": list(found.shape), "row": at[0].tolist(), "col": at[-1].tolist(), "data": found.data.tolist()}


def levels(index: Any) -> list[list[Any]]:
    """Return the labels of a pandas index, level by level."""
    return [index.get_level_values(at).tolist() for at in range(index.nlevels)]


def in_order(values: Any) -> list[Any]:
    """Return a set in an order that is the same in every process."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=repr)


def type_of(value: Any) -> str:
    """Return a value's type with its article, as people write it: an int, a decimal.Decimal."""
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def is_json(value: Any, most: int) -> bool:
    """Tell whether a value is what JSON has: dict, list, str, int, finite float, bool and None alone, at most so deep.

    It may say no of one that is: this is for the many that need no more than to be written.
    """
    kind = type(value)
    if kind is dict:
        if not all(type(key) is str for key in value):
            return False
        value = value.values()
    elif kind is not list:
        return kind in AS_THEY_ARE or (kind is float and math.isfinite(value))
    kinds = set(map(type, value))
    if kinds <= AS_THEY_ARE:
        return True
    if kinds == FLOAT:
        return all(map(math.isfinite, value))
    return most > 0 and all(is_json(item, most - 1) for item in value)

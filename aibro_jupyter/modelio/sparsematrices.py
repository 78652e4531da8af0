"""JSON -> a sparse matrix of scipy: coordinates and what is there, or plain nested lists."""

from __future__ import annotations

from typing import Any

from . import arrays, columns
from .faults import BadInput

LARGEST = 2**31
"""Rows. Chosen: a matrix of no cells takes memory for each of its rows too, and a caller names any number."""


def restored(given: Any, parameter: dict[str, Any]) -> Any:
    """Return a matrix of the sample's format and dtype with as many columns, and any number of rows."""
    sparse = columns.library("scipy.sparse")
    wide = int(parameter["width"])
    if isinstance(given, dict):
        shape = _numbers(given, "shape")
        row, col, data = _numbers(given, "row"), _numbers(given, "col"), given.get("data")
        if not isinstance(data, list) or not len(row) == len(col) == len(data) or len(shape) != 2:
            raise BadInput("expected shape [rows, columns], and row, col and data of one length")
        if not 0 <= shape[0] <= min(LARGEST, 1_000 * (len(data) + 1_000)):
            raise BadInput(f"{shape[0]} rows are too many for {len(data)} values")
        cells = arrays.ndarray(data, {"dtype": parameter["dtype"], "ndim": 1, "shape": [None]})
        if any(not 0 <= at < shape[0] for at in row) or any(not 0 <= at < shape[1] for at in col):
            raise BadInput("a value lies outside of the shape")
        made = sparse.coo_matrix((cells, (row, col)), shape=tuple(shape))
    else:
        dense = arrays.ndarray(given, {"dtype": parameter["dtype"], "ndim": 2, "shape": [None, wide]})
        made = sparse.coo_matrix(dense)
    if made.shape[1] != wide:
        raise BadInput(f"expected {wide} columns, got {made.shape[1]}")
    kind = getattr(sparse, f"{parameter['format']}_{parameter['of']}")
    return kind(made.asformat(parameter["format"]))


def _numbers(given: dict[str, Any], name: str) -> list[int]:
    found = given.get(name)
    if not isinstance(found, list) or not all(type(one) is int for one in found):
        raise BadInput(f"expected {name!r} as a list of whole numbers")
    return found

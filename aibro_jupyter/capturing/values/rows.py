"""Rows of data that would leave with a value: how many there are, and how a value does without those nobody reads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from functools import partial
from types import SimpleNamespace
from typing import Any

from aibro_jupyter.capturing.values.guards import PRIVATE_ROWS, is_frame

_FRAME = frozenset({"columns", "dtypes", "shape[1]"})
_SERIES = frozenset({"name", "dtype", "cat.categories", "cat.ordered"})
_ARRAY = frozenset({"dtype", "ndim", "shape[1]"})
"""Attributes that a table, a column or an array has without a single row."""
_DEPTH = 3
_MOST = 100
"""Chosen, both: so deep, and into so many parts of a container, it is looked for tables."""


def rows_told(value: Any, is_ours: Callable[[Any], bool], user: str) -> str:
    """Return what to say of the rows in a value that go along: of its largest table, array or collection; "" of few.

    Models, which are more than their data, are not looked into.
    """
    count, what, holder = _largest(value, is_ours, _DEPTH)
    kind = type(holder).__name__
    where = f"{what} of this {kind}" if holder is value else f"{what} of a {kind} in it"
    return f"all {count} {where} go into the repo; keep only what {user} needs" if count > PRIVATE_ROWS else ""


def _largest(value: Any, is_ours: Callable[[Any], bool], depth: int) -> tuple[int, str, Any]:
    if isinstance(value, type) or hasattr(value, "fit") or hasattr(value, "predict"):
        return 0, "", value
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return int(shape[0]) if shape and isinstance(shape[0], int) else 0, "rows", value
    own = len(value) if isinstance(value, list | tuple | set | frozenset | deque | dict) else 0
    inside = _parts(value, is_ours)[:_MOST] if depth else []
    return max(
        [(own, "items", value), *(_largest(part, is_ours, depth - 1) for part in inside)], key=lambda one: one[0]
    )


def _parts(value: Any, is_ours: Callable[[Any], bool]) -> list[Any]:
    match value:
        case dict():
            return list(value.values())
        case list() | tuple() | deque():
            return list(value)
        case partial():
            return [*value.args, *value.keywords.values()]
        case SimpleNamespace():
            return list(vars(value).values())
    return list(vars(value).values()) if is_ours(type(value)) and hasattr(value, "__dict__") else []


def without_rows(value: Any, chains: Collection[str]) -> Any:
    """Return a value as small as the attributes allow that code reads of it; the value itself if it needs all.

    ``chains`` are those attributes as the code has them ("columns.tolist", '["data"]'); "" stands for any other use.
    """
    read = frozenset(chains)
    heads = {chain.partition(".")[0] for chain in read}
    kind, module = type(value).__name__, (type(value).__module__ or "").partition(".")[0]
    if not read or "" in read:
        return value
    if is_frame(value) and heads <= _FRAME:
        return value.iloc[:0] if "dtypes" in heads or kind != "DataFrame" else type(value)(columns=value.columns)
    if (module, kind) == ("pandas", "Series") and {".".join(one.split(".")[:2]) for one in read} <= _SERIES:
        return value.iloc[:0]
    if (module, kind) == ("polars", "DataFrame") and heads <= {"columns", "dtypes", "schema"}:
        return value.clear()
    if (module, kind) == ("numpy", "ndarray") and heads <= _ARRAY and value.ndim:
        return value[:0]
    if (module, kind) == ("sklearn", "Bunch"):
        words = {head.removeprefix('["').removesuffix('"]') for head in heads}  # an item of it is an attribute too
        return type(value)(**{key: value[key] for key in value if key in words}) if words <= value.keys() else value
    if isinstance(value, SimpleNamespace) and heads <= vars(value).keys():
        return SimpleNamespace(**{key: one for key, one in vars(value).items() if key in heads})
    return value

"""Long lists, tuples, sets and dicts of texts and numbers, as JSON that a person can read and compare."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, Unsuitable, shown

_MOST_BYTES = 32 * 1024 * 1024
"""Chosen: what is larger nobody reads, and a pickle of it loads several times as fast."""
_MOST_DIGITS = 4000
"""Of a whole number: Python refuses to read longer ones from text."""
_DEPTH = 50
_INT_KEYS = "{int(key): value for key, value in {read}.items()}"


class JsonSaver(Saver):
    """Plain containers of plain values, where reading the file gives the very same types, order and keys."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is such a container; ``save`` looks what is in it."""
        return type(value) in (list, tuple, set, frozenset, dict) and len(value) > 0

    def save(self, value: Any, stem: Path) -> Saved:
        """Write one item a line."""
        try:
            held, load = _as_json(value)
        except (TypeError, ValueError):  # what has no order; a number with too many digits
            raise Unsuitable from None
        if not _Exact().holds(held):
            raise Unsuitable
        path = stem.with_name(f"{stem.name}.json")
        try:
            encoding = "" if _write(path, held) else 'encoding="utf-8"'
        except (_TooLarge, UnicodeEncodeError):  # UTF-8 has no half of a pair of surrogates
            path.unlink()
            raise Unsuitable from None
        load = load.replace("{read}", f'json.loads(Path("{shown(path)}").read_text({encoding}))')
        return Saved(files=(path,), load=f"{{name}} = {load}", imports=("import json", "from pathlib import Path"))


class _TooLarge(Exception):
    """Nobody would read that."""


def _as_json(value: Any) -> tuple[list[Any] | dict[Any, Any], str]:
    """Return what JSON can hold of a container, and what makes the container of that: ``tuple({read})``."""
    if isinstance(value, dict):
        if all(type(key) is int for key in value):
            return {str(key): one for key, one in value.items()}, _INT_KEYS
        return value, "{read}"
    if isinstance(value, set | frozenset):
        if len({type(one) for one in value}) > 1:
            raise TypeError
        return sorted(value), f"{type(value).__name__}({{read}})"
    if all(type(one) is tuple for one in value):
        rows = "tuple(row) for row in {read}"
        return [list(one) for one in value], f"tuple({rows})" if type(value) is tuple else f"[{rows}]"
    return (list(value), "tuple({read})") if type(value) is tuple else (value, "{read}")


class _Exact:
    """Tells whether JSON holds a value exactly: no type or key that it changes, no object that occurs twice."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def holds(self, value: Any, depth: int = _DEPTH) -> bool:
        match value:
            case None | bool():
                return True
            case float():
                return type(value) is float and math.isfinite(value)
            case int():
                return type(value) is int and value.bit_length() < _MOST_DIGITS * math.log2(10)
            case str():
                return type(value) is str
            case list() | dict() if type(value) in (list, dict) and depth and id(value) not in self._seen:
                self._seen.add(id(value))
                if isinstance(value, dict) and not all(type(key) is str for key in value):
                    return False
                return all(self.holds(one, depth - 1) for one in (value.values() if type(value) is dict else value))
        return False


def _write(path: Path, value: list[Any] | dict[str, Any]) -> bool:
    """Write a container, one item a line; tell whether all of it is ASCII."""
    left, right = "{}" if isinstance(value, dict) else "[]"
    size, plain, before = 0, True, f"{left}\n"
    with path.open("wb") as file:
        for line in _lines(value):
            size += len(line)
            if size > _MOST_BYTES:
                raise _TooLarge
            plain = plain and line.isascii()
            file.write(f"{before}{line}".encode())
            before = ",\n"
        file.write(f"\n{right}\n".encode())
    return plain


def _lines(value: list[Any] | dict[str, Any]) -> Iterator[str]:
    written = partial(json.dumps, ensure_ascii=False, allow_nan=False)
    if isinstance(value, dict):
        return (f"{written(key)}: {written(one)}" for key, one in value.items())
    return map(written, value)

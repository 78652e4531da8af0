"""Values written as Python: readable, diffable, and equal to what the notebook holds."""

from __future__ import annotations

import logging
import math
import threading
import typing
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from aibro_jupyter.capturing.values.arrays import written_array, written_columns
from aibro_jupyter.capturing.values.constructed import NameOf, call_of, named
from aibro_jupyter.capturing.values.savers.expressions import expression
from aibro_jupyter.capturing.values.scalars import scalar
from aibro_jupyter.capturing.values.tablescalars import table_scalar

_LIMIT = 4096
_WIDTH = 100
"""Chosen, both: a longer literal reads worse than a file, and a longer line than several."""


@dataclass(kw_only=True)
class Written:
    """An expression, and the import statements it needs."""

    text: str
    imports: dict[str, None] = field(default_factory=dict)


class _NotPlain(Exception):
    """The value is better kept in a file."""


@dataclass(kw_only=True)
class _Writing:
    """An expression under way."""

    name_of: NameOf
    """How functions and classes are named."""
    limit: int
    """Characters: what must be longer is given up before it is written."""
    imports: dict[str, None] = field(default_factory=dict)
    """The import statements needed so far."""

    def callee(self, called: Any, statement: str) -> str:
        """Return what a module, class or function is called; ``statement`` imports it if the notebook does not."""
        if (name := named(called, self.name_of)) is not None:
            return name
        self.imports[statement] = None
        bound = statement.rsplit(" ", 1)[1]
        whole = statement.startswith("from ") or isinstance(called, ModuleType)
        return bound if whole else f"{bound}.{called.__name__}"


def literal(value: Any, *, limit: int = _LIMIT, name_of: NameOf | None = None) -> Written | None:
    """Return an expression that makes an equal value of the same type; None when a file suits it better.

    ``name_of`` gives the names of the notebook's own functions and classes, so that a value may refer to them.
    """
    if found := expression(value):
        return Written(text=found[0], imports={found[1]: None})
    writing = _Writing(name_of=name_of or _nobody, limit=limit)
    try:
        text = _text(value, writing, (), 0)
    except (_NotPlain, RecursionError):
        return None
    return Written(text=text, imports=writing.imports) if len(text) <= limit else None


def _nobody(_value: Any) -> None:
    """Name nothing."""
    return


def _text(value: Any, writing: _Writing, inside: tuple[int, ...], indent: int) -> str:
    if id(value) in inside or _shortest(value) > writing.limit:
        raise _NotPlain
    match value:
        case None | bool():
            return repr(value)
        case float() if type(value) is float and not math.isfinite(value):
            return f'float("{value}")'
        case str() if type(value) is str and indent == 0 and "\n" in value and len(value) > 60:
            return _paragraph(value)
        case int() | float() | complex() | str() | bytes() if type(value) in (int, float, complex, str, bytes):
            return _quoted(value)
        case slice():
            parts = [value.start, value.stop, *([value.step] if value.step is not None else [])]
            return f"slice({', '.join(_text(part, writing, inside, 0) for part in parts)})"
        case list() | tuple() | set() | frozenset() | dict() if type(value) in (list, tuple, set, frozenset, dict):
            return _container(value, writing, (*inside, id(value)), indent)
    return _constructed(value, writing, inside)


def _shortest(value: Any) -> int:
    """Return how many characters a text, bytes or a number needs at least."""
    if type(value) is int:
        return value.bit_length() * 3 // 10  # the digits, or one less
    return len(value) if type(value) in (str, bytes) else 0


def _quoted(value: Any) -> str:
    text = repr(value)
    if isinstance(value, str) and text[0] == "'" and '"' not in text and "\\" not in text:
        return f'"{text[1:-1]}"'
    return text


def _paragraph(value: str) -> str:
    plain = "\\" not in value and '"""' not in value and not value.endswith('"') and "\r" not in value
    printable = all(char.isprintable() or char == "\n" for char in value)
    return f'"""{value}"""' if plain and printable else repr(value)


def _container(value: Any, writing: _Writing, inside: tuple[int, ...], indent: int) -> str:
    if len(value) > _LIMIT // 3:
        raise _NotPlain
    deeper = indent + 4
    if isinstance(value, dict):
        pairs = ((_text(k, writing, inside, deeper), _text(v, writing, inside, deeper)) for k, v in value.items())
        return _laid("{", [f"{key}: {item}" for key, item in pairs], "}", indent)
    parts = [_text(part, writing, inside, deeper) for part in value]
    match value:
        case list():
            return _laid("[", parts, "]", indent)
        case tuple():
            return f"({parts[0]},)" if len(parts) == 1 else _laid("(", parts, ")", indent)
        case set():
            return _laid("{", sorted(parts), "}", indent) if parts else "set()"
    return _laid("frozenset({", sorted(parts), "})", indent) if parts else "frozenset()"


def _laid(left: str, parts: list[str], right: str, indent: int) -> str:
    one_line = left + ", ".join(parts) + right
    if len(one_line) + indent <= _WIDTH and "\n" not in one_line:
        return one_line
    if len(one_line) > _LIMIT:
        raise _NotPlain
    pad = " " * (indent + 4)
    if all(len(part) <= 24 and "\n" not in part for part in parts) and len(parts) > 12:
        return "\n".join([left, *_filled(parts, pad), " " * indent + right])
    return "\n".join([left, *(f"{pad}{part}," for part in parts), " " * indent + right])


def _filled(parts: list[str], pad: str) -> list[str]:
    lines = [pad]
    for part in parts:
        if len(lines[-1]) + len(part) + 2 > _WIDTH and lines[-1].strip():
            lines.append(pad)
        lines[-1] += f"{part}, "
    return [line.rstrip() for line in lines]


def _constructed(value: Any, writing: _Writing, inside: tuple[int, ...]) -> str:
    kind, imports = type(value), writing.imports
    if kind is range or kind is type(Ellipsis) or kind is type(NotImplemented):
        return repr(value)
    if kind is object and not inside:
        return "object()"
    if kind is logging.Logger:
        imports["import logging"] = None
        return f"logging.getLogger({value.name!r})"
    if kind.__module__ in ("typing", "types") and (text := _type_alias(value)):
        imports |= {"import typing": None} if "typing." in text else {}
        return text
    if kind in (type(threading.Lock()), type(threading.RLock())) and " unlocked " in repr(value).replace("<", " "):
        imports["import threading"] = None
        return "threading.RLock()" if kind is type(threading.RLock()) else "threading.Lock()"
    if found := expression(value):
        imports[found[1]] = None
        return found[0]
    if not inside and (array := written_array(value, lambda part: _text(part, writing, inside, 0))):
        imports["import numpy as np"] = None
        return array
    if not inside and (table := written_columns(value, lambda part: _text(part, writing, inside, 0))):
        imports["import pandas as pd"] = None
        return table
    deeper = (*inside, id(value))

    def part_of(part: Any) -> str:
        return _text(part, writing, deeper, 0)

    made = scalar(value, part_of, writing.callee) or table_scalar(value, part_of, writing.callee)
    if made is None:
        made = call_of(value, part_of, writing.name_of, writing.callee)
    if made is None:
        raise _NotPlain
    return made


def _type_alias(value: Any) -> str:
    """Return a type such as ``list[float]`` or ``typing.Optional[int]``, if its text says all."""
    text = repr(value)
    try:
        same = eval(text, {"typing": typing}) == value  # noqa: S307 - the text is what typing itself wrote
    except (NameError, SyntaxError, TypeError, AttributeError):
        return ""
    return text if same else ""

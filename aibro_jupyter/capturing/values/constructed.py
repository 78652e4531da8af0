"""Objects that are written as the call that makes them: enum members, records, partials, named functions."""

from __future__ import annotations

import builtins
import collections
import dataclasses
import enum
import functools
from collections.abc import Callable
from typing import Any

NameOf = Callable[[Any], str | None]
"""The expression by which the repo's code reaches a function or class; None when nothing does."""
Text = Callable[[Any], str]
_BUILTIN = frozenset(name for name in vars(builtins) if not name.startswith("_"))
_NUMBERS = {int: "int", float: "float", str: "str", list: "list", dict: "dict", set: "set", bool: "bool"}


def named(value: Any, name_of: NameOf) -> str | None:
    """Return the name of a function or class, builtin or the notebook's own; None when it is neither."""
    own = getattr(value, "__name__", None)
    if isinstance(own, str) and own in _BUILTIN and getattr(builtins, own) is value:
        return own
    return name_of(value)


def call_of(value: Any, text: Text, name_of: NameOf, imports: dict[str, None]) -> str | None:
    """Return the expression that makes an equal object; None when no simple one does.

    ``imports`` gets the statements that the expression needs.
    """
    kind = type(value)
    if isinstance(value, type) or callable(value):
        if (name := named(value, name_of)) is not None:
            return name
        return _partial(value, text, imports) if kind is functools.partial else None
    if isinstance(value, enum.Enum):
        known = kind.__members__.get(value.name) is value if isinstance(value.name, str) else False
        return f"{name}.{value.name}" if known and (name := named(kind, name_of)) else None
    if (
        isinstance(value, tuple)
        and hasattr(kind, "_fields")
        and kind.__new__.__qualname__ == f"{kind.__name__}.__new__"
    ):
        return _call(
            named(kind, name_of), [f"{key}={text(part)}" for key, part in zip(kind._fields, value, strict=True)]
        )
    if dataclasses.is_dataclass(value):
        return _record(value, text, name_of)
    return _collection(value, text, imports)


def _record(value: Any, text: Text, name_of: NameOf) -> str | None:
    kind, fields = type(value), dataclasses.fields(value)
    plain = not hasattr(kind, "__post_init__") and all(field.init for field in fields)
    made_for_it = (
        getattr(kind.__init__, "__code__", None) is not None and kind.__init__.__code__.co_filename == "<string>"
    )
    names = [field.name for field in fields]
    if not plain or not made_for_it or not hasattr(value, "__dict__") or set(vars(value)) != set(names):
        return None
    return _call(named(kind, name_of), [f"{name}={text(getattr(value, name))}" for name in names])


def _partial(value: functools.partial[Any], text: Text, imports: dict[str, None]) -> str | None:
    parts = [text(value.func), *map(text, value.args), *(f"{key}={text(one)}" for key, one in value.keywords.items())]
    imports["from functools import partial"] = None
    return _call("partial", parts)


def _collection(value: Any, text: Text, imports: dict[str, None]) -> str | None:
    match type(value):
        case collections.Counter:
            made = _call("Counter", [text(dict(value))])
        case collections.OrderedDict:
            made = _call("OrderedDict", [text(list(value.items()))])
        case collections.deque:
            made = _call(
                "deque", [text(list(value)), *([f"maxlen={value.maxlen}"] if value.maxlen is not None else [])]
            )
        case collections.defaultdict if value.default_factory in _NUMBERS:
            made = _call("defaultdict", [_NUMBERS[value.default_factory], text(dict(value))])
        case _:
            return None
    imports[f"from collections import {type(value).__name__}"] = None
    return made


def _call(name: str | None, arguments: list[str]) -> str | None:
    return f"{name}({', '.join(arguments)})" if name else None

"""Objects that are written as the call that makes them: enum members, records, partials, named functions."""

from __future__ import annotations

import builtins
import collections
import dataclasses
import enum
import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from aibro_jupyter.capturing.values.scalars import Callee, Text

NameOf = Callable[[Any], str | None]
"""The expression by which the repo's code reaches a function or class; None when nothing does."""
_BUILTIN = frozenset(name for name in vars(builtins) if not name.startswith("_"))


def named(value: Any, name_of: NameOf) -> str | None:
    """Return the name of a function or class, builtin or the notebook's own; None when it is neither."""
    own = getattr(value, "__name__", None)
    if isinstance(own, str) and own in _BUILTIN and getattr(builtins, own) is value:
        return own
    return name_of(value)


def call_of(value: Any, text: Text, name_of: NameOf, callee: Callee) -> str | None:
    """Return the expression that makes an equal object; None when no simple one does."""
    kind = type(value)
    if isinstance(value, type) or callable(value):
        if (name := named(value, name_of)) is not None:
            return name
        return _partial(value, text, callee) if kind is functools.partial else _method(value, text)
    if isinstance(value, enum.Enum):
        return _member(value, text, named(kind, name_of))
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
    if isinstance(value, BaseException):
        plain = kind.__module__ == "builtins" and not vars(value) and value.__cause__ is None
        return _call(kind.__name__, [text(one) for one in value.args]) if plain else None
    return _collection(value, text, name_of, callee)


def _member(value: enum.Enum, text: Text, name: str | None) -> str | None:
    if name is None:
        return None
    if isinstance(value.name, str) and type(value).__members__.get(value.name) is value:
        return f"{name}.{value.name}"
    if not isinstance(value, enum.Flag):
        return None
    parts = [member.name for member in type(value) if member in value]
    return " | ".join(f"{name}.{one}" for one in parts) if parts else _call(name, [text(value.value)])


def _method(value: Any, text: Text) -> str | None:
    """Return a method of a plain value: ``", ".join``, ``re.compile("a+").search``."""
    owner, name = getattr(value, "__self__", None), getattr(value, "__name__", "")
    if owner is None or isinstance(owner, ModuleType | type) or getattr(owner, name, None) != value:
        return None
    made = text(owner)
    return f"({made}).{name}" if isinstance(owner, int | float | complex) else f"{made}.{name}"


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


def _partial(value: functools.partial[Any], text: Text, callee: Callee) -> str | None:
    parts = [text(value.func), *map(text, value.args), *(f"{key}={text(one)}" for key, one in value.keywords.items())]
    return _call(callee(functools.partial, "from functools import partial"), parts)


def _collection(value: Any, text: Text, name_of: NameOf, callee: Callee) -> str | None:
    kind = type(value)
    match kind:
        case collections.Counter:
            parts = [text(dict(value))]
        case collections.OrderedDict:
            parts = [text(list(value.items()))]
        case collections.deque:
            parts = [text(list(value)), *([f"maxlen={value.maxlen}"] if value.maxlen is not None else [])]
        case collections.defaultdict:
            factory = "None" if value.default_factory is None else named(value.default_factory, name_of)
            if factory is None:
                return None
            parts = [factory, *([text(dict(value))] if value else [])]
        case _:
            return None
    return _call(callee(kind, f"from collections import {kind.__name__}"), parts)


def _call(name: str | None, arguments: list[str]) -> str | None:
    return f"{name}({', '.join(arguments)})" if name else None

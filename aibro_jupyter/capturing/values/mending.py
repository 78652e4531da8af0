"""Statements that make a value of what it was: ``cfg.OPTS["scale"] = 10``, as short as a person would write them."""

from __future__ import annotations

import ast
from typing import Any

from aibro_jupyter.capturing.session.fresh import Shapes
from aibro_jupyter.capturing.values.constructed import NameOf
from aibro_jupyter.capturing.values.values import literal


class Mending:
    """Writes the statements; ``imports`` has what they need."""

    def __init__(self, shapes: Shapes, name_of: NameOf) -> None:
        self._shapes = shapes
        self._name_of = name_of
        self.imports: dict[str, None] = {}

    def statements(self, target: str, value: Any, before: Any) -> list[str] | None:
        """Return what turns ``before``, a shape, into the value; None when no text can.

        Containers and objects are changed in place, for other modules may hold the same one.
        """
        match value, before:
            case dict(), ["builtins.dict", [*pairs]] if type(value) is dict:
                return self._dict(target, value, pairs)
            case list(), ["builtins.list", [*parts]] if type(value) is list:
                return self._list(target, value, parts)
            case set(), ["builtins.set", [*parts]] if type(value) is set:
                return self._set(target, value, parts)
            case _, ["object", str(kind), [*pairs]] if kind == f"{type(value).__module__}.{type(value).__qualname__}":
                return self._object(target, value, pairs)
        written = self._text(value)
        return None if written is None else [f"{target} = {written}"]

    def _text(self, value: Any) -> str | None:
        written = literal(value, name_of=self._name_of)
        if written is None:
            return None
        self.imports |= written.imports
        return written.text

    def _dict(self, target: str, value: dict[Any, Any], pairs: list[Any]) -> list[str] | None:
        old = {repr(key): shape for key, shape in pairs}
        new = {repr(self._shapes.of(key)): key for key in value}
        gone = [key for key, _ in pairs if repr(key) not in new]
        if any(key[0] != "value" for key in gone):
            return None
        lines = [f"del {target}[{self._text(ast.literal_eval(key[2]))}]" for key in gone]
        for shape, key in new.items():
            if old.get(shape) != self._shapes.of(value[key]):
                place = self._text(key)
                more = self.statements(f"{target}[{place}]", value[key], old.get(shape)) if place else None
                if more is None:
                    return None
                lines += more
        return lines

    def _object(self, target: str, value: Any, pairs: list[Any]) -> list[str] | None:
        old, lines = dict(pairs), [f"del {target}.{name}" for name, _ in pairs if name not in vars(value)]
        for name, one in vars(value).items():
            if old.get(name) != self._shapes.of(one):
                more = self.statements(f"{target}.{name}", one, old.get(name))
                if more is None:
                    return None
                lines += more
        return lines

    def _list(self, target: str, value: list[Any], parts: list[Any]) -> list[str] | None:
        kept = [self._shapes.of(one) for one in value[: len(parts)]] == parts
        added = value[len(parts) :] if kept else value
        written = self._text(added[0] if kept and len(added) == 1 else added)
        if written is None:
            return None
        if not kept:
            return [f"{target}[:] = {written}"]
        return [f"{target}.append({written})" if len(added) == 1 else f"{target}.extend({written})"]

    def _set(self, target: str, value: set[Any], parts: list[Any]) -> list[str] | None:
        added = {one for one in value if self._shapes.of(one) not in parts}
        whole = len(value) - len(added) == len(parts)
        made = added if whole else value
        written = self._text(next(iter(made)) if len(made) == 1 else made)
        if written is None:
            return None
        line = f"{target}.add({written})" if len(made) == 1 else f"{target}.update({written})"
        return [line] if whole else [f"{target}.clear()", line]

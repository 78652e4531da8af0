"""What modules hold right after they are imported: run by path in a clean process, imported where it is compared.

Reads ``{"path": [...], "modules": [...]}`` from standard input and writes the state of each module as JSON.
It knows nothing of the rest of this package, which need not be importable there.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import sys
from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_DEPTH = 8
_MOST = 5000
"""Chosen, both: how deep a value is looked into, and how many parts of a container are compared."""
_PLAIN = (bool, int, float, complex, str, bytes, type(None))


class Shapes:
    """Makes of values what can be compared between two processes, as JSON can carry it."""

    def __init__(self, own: Iterable[str]) -> None:
        self._own = frozenset(own)
        """The modules whose objects are looked into."""

    def state_of(self, module: ModuleType) -> dict[str, Any]:
        """Return the shape of each variable of a module, and of each plain attribute of its own classes (``A.k``)."""
        found: dict[str, Any] = {}
        for name, value in list(vars(module).items()):
            if name.startswith("__") or isinstance(value, ModuleType):
                continue
            found[name] = self.of(value)
            if isinstance(value, type) and value.__module__ == module.__name__ and value.__name__ == name:
                own = {key: one for key, one in list(vars(value).items()) if not key.startswith("__")}
                plain = {key: one for key, one in own.items() if isinstance(one, (*_PLAIN, list, dict, set, tuple))}
                found.update((f"{name}.{key}", self.of(one)) for key, one in plain.items())
        return found

    def of(self, value: Any, depth: int = _DEPTH) -> Any:
        """Return the shape of a value: its kind, and what is in it."""
        if isinstance(value, _PLAIN):
            return ["value", type(value).__name__, repr(value)]
        if isinstance(value, (FunctionType, BuiltinFunctionType, type)):
            return ["code", str(value.__module__), value.__qualname__]
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        if depth == 0:
            return ["other", kind]
        if isinstance(value, dict) and len(value) <= _MOST:
            return [kind, [[self.of(key, depth - 1), self.of(one, depth - 1)] for key, one in list(value.items())]]
        if isinstance(value, (list, tuple)) and len(value) <= _MOST:
            return [kind, [self.of(one, depth - 1) for one in list(value)]]
        if isinstance(value, (set, frozenset)) and len(value) <= _MOST:
            return [kind, sorted((self.of(one, depth - 1) for one in value), key=repr)]
        if type(value).__module__ == "numpy" and hasattr(value, "tobytes") and not value.dtype.hasobject:
            return ["array", str(value.dtype), list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]
        if type(value).__module__ in self._own and hasattr(value, "__dict__"):
            return ["object", kind, [[key, self.of(one, depth - 1)] for key, one in sorted(vars(value).items())]]
        return ["other", kind]


def main() -> None:
    """Import the modules that are asked for and tell what they hold; one that fails is left out."""
    asked = json.load(sys.stdin)
    sys.path[:] = asked["path"]
    told, shapes = {}, Shapes(asked["modules"])
    with contextlib.redirect_stdout(sys.stderr):
        for name in asked["modules"]:
            with contextlib.suppress(Exception):
                told[name] = shapes.state_of(importlib.import_module(name))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()

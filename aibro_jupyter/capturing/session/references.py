"""How code names an object of a library: as the notebook's own text does, ``pd.DataFrame.head``, else by its module."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType
from typing import Any

from aibro_jupyter.capturing.session.notebook import Notebook

_NOTHING = object()


class References:
    """Finds the expressions; the names that they begin with are variables of the notebook, or Python's own."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    def of(self, value: Any) -> str | None:
        """Return the expression that reaches a function, method or class; None when none is known."""
        own = getattr(value, "__name__", None)
        if not isinstance(own, str):
            return None
        for chain in self._said.get(own, ()) if not self._notebook.owns(value) else ():
            if same(self.meaning(chain), value):
                return ".".join(chain)
        return self._by_module(value)

    def assigned(self, name: str) -> list[tuple[str, ...]]:
        """Return what the newest assignments of that name say, where it is a chain: ``("pd", "DataFrame", "head")``."""
        found = []
        for cell in self._notebook.cells:
            for node in reversed(cell.tree.body) if cell.tree is not None else ():
                match node:
                    case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Attribute() as value) if bound == name:
                        found += [chain] if (chain := _chain(value)) else []
        return found

    def meaning(self, chain: tuple[str, ...]) -> Any:
        """Return what a chain of names reaches now; an object of nobody's when there is nothing."""
        found = self._notebook.namespace.get(chain[0], getattr(builtins, chain[0], _NOTHING))
        for part in chain[1:]:
            if not isinstance(found, ModuleType | type):
                return _NOTHING  # reading it might run anything
            found = getattr(found, part, _NOTHING)
        return found

    @cached_property
    def _said(self) -> dict[str, list[tuple[str, ...]]]:
        """Chains by their last name, those of the newest cell first."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for cell in self._notebook.cells:
            for node in ast.walk(cell.tree) if cell.tree is not None else ():
                if isinstance(node, ast.Attribute) and (chain := _chain(node)):
                    known = found.setdefault(node.attr, [])
                    if chain not in known:
                        known.append(chain)
        for known in found.values():
            known.sort(key=lambda chain: chain[0].startswith("_"))
        return found

    def _by_module(self, value: Any) -> str | None:
        path = getattr(value, "__qualname__", "") or value.__name__
        home = getattr(value, "__module__", None)
        owner = getattr(value, "__objclass__", None) or getattr(value, "__self__", None)
        if isinstance(owner, type):
            home, path = owner.__module__, f"{owner.__qualname__}.{value.__name__}"
        if not isinstance(home, str) or "<locals>" in path:
            return None
        if home == "builtins" or (home == self._notebook.module and "." in path):
            return path if same(self.meaning(tuple(path.split("."))), value) else None
        for module in _prefixes(home):
            if same(_reached(module, path), value) and (name := self._notebook.name_of(module)):
                return f"{name}.{path}"
        return None


def same(found: Any, value: Any) -> bool:
    """Tell whether they are one object; a method that is bound anew each time it is read is one of one owner."""
    if found is value:
        return True
    owner = getattr(value, "__self__", None)
    return isinstance(owner, type) and getattr(found, "__self__", None) is owner and bool(found == value)


def _prefixes(home: str) -> Iterator[ModuleType]:
    parts = home.split(".")
    for length in range(1, len(parts) + 1):
        if isinstance(module := sys.modules.get(".".join(parts[:length])), ModuleType):
            yield module


def _reached(module: ModuleType, path: str) -> Any:
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, _NOTHING)
    return found


def _chain(node: ast.expr) -> tuple[str, ...]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return (node.id, *parts) if isinstance(node, ast.Name) else ()

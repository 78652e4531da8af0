"""The import statement that binds a name to a live object: as the notebook wrote it, else the shortest true one."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from aibro_jupyter.capturing.session.localmodules import local_path
from aibro_jupyter.capturing.session.notebook import Notebook

_MISSING = object()
_FIXED = (bool, int, float, complex, str, bytes, type(None), frozenset)


def import_of(notebook: Notebook, name: str, value: Any, chains: set[str]) -> list[str] | None:
    """Return the statements that bind ``name`` to that object; None when no import does.

    ``chains`` are the attribute chains read from the name: ``import a`` alone may not make ``a.b.c`` reachable.
    """
    if isinstance(value, ModuleType):
        return _module(notebook, name, value, chains)
    if _defined_in(value, notebook):
        return None
    for statement in notebook.imports(name):
        if not _stays_the_same(value) and local_path(statement.module):
            continue
        if statement.name == "*":
            if getattr(sys.modules.get(statement.module), name, _NOTHING) is value:
                return [f"from {statement.module} import {name}"]
        elif statement.resolves_to(value):
            return [statement.statement]
    return _found(name, value)


def _module(notebook: Notebook, name: str, value: ModuleType, chains: set[str]) -> list[str] | None:
    written = [one.statement for one in notebook.imports(name) if one.name == name and one.resolves_to(value)]
    dotted = [text for text in dict.fromkeys(written) if text.startswith(f"import {name}.")]
    if written and dotted:
        needed = [text for text in dotted if _uses(text.removeprefix(f"import {name}."), chains)]
        return sorted(needed) or [f"import {name}"]
    if written:
        return [written[0], *_submodules(name, value, chains)]
    if sys.modules.get(value.__name__) is not value:
        return None
    parent, _, last = value.__name__.rpartition(".")
    if value.__name__ == name:
        return [f"import {name}", *_submodules(name, value, chains)]
    return [f"from {parent} import {name}" if parent and last == name else f"import {value.__name__} as {name}"]


def _uses(path: str, chains: set[str]) -> bool:
    return any(chain == path or chain.startswith(f"{path}.") for chain in chains)


def _submodules(name: str, value: ModuleType, chains: set[str]) -> list[str]:
    if value.__name__ != name or not hasattr(value, "__path__"):
        return []
    found = set()
    for chain in chains:
        module, longest = name, ""
        for part in chain.split("."):
            module = f"{module}.{part}"
            if module not in sys.modules:
                break
            longest = module
        if longest:
            found.add(f"import {longest}")
    return sorted(found)


def _defined_in(value: Any, notebook: Notebook) -> bool:
    return getattr(value, "__module__", None) == notebook.module and not isinstance(value, _FIXED)


def _stays_the_same(value: Any) -> bool:
    """Tell whether importing again gives an equal thing: not so for objects that a local module filled."""
    return isinstance(value, (*_FIXED, type, FunctionType, BuiltinFunctionType)) or type(value).__name__ in _WRAPPERS


def _found(name: str, value: Any) -> list[str] | None:
    module, own = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(own, str):
        return None
    if not isinstance(value, type | FunctionType | BuiltinFunctionType) and type(value).__name__ not in _WRAPPERS:
        return None
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        public = ".".join(parts[:length])
        if getattr(sys.modules.get(public), own, _NOTHING) is value:
            return [f"from {public} import {own}" + (f" as {name}" if name != own else "")]
    return None


_NOTHING = object()
_WRAPPERS = frozenset({"ufunc", "_lru_cache_wrapper", "_ArrayFunctionDispatcher", "cython_function_or_method"})


def names_free(notebook: Notebook, statements: Iterable[str]) -> bool:
    """Tell whether the names that import statements bind mean the same in the notebook, or nothing."""
    for statement in statements:
        bound = statement.rsplit(" ", 1)[1]
        held = notebook.namespace.get(bound, _MISSING)
        if held is not _MISSING and not isinstance(held, ModuleType | type):
            return False
        if statement.startswith("from "):
            _, module, _, name, *_ = statement.split()
            if held is not getattr(sys.modules.get(module), name, _MISSING):
                return False
        if isinstance(held, ModuleType) and statement.split()[1] != held.__name__:
            return False
    return True

"""Notebook classes and functions made importable while they are pickled, and put back as they were."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

HOME = "notebook_code"
"""The module that pickles name; never ``__main__``, and never predict, which may run under another name."""

_ATTRIBUTES = ("__module__", "__qualname__", "__name__")


@contextmanager
def importable(code: Mapping[str, Any], moved: Iterable[type] = ()) -> Iterator[None]:
    """For as long as this lasts pickle finds each function or class in the module ``notebook_code`` by its name.

    ``moved`` are classes of modules that were loaded again since; they are found in their modules, as they were.
    """
    before = sys.modules.get(HOME)
    module = ModuleType(HOME)
    kept = [(value, {key: getattr(value, key) for key in _ATTRIBUTES}) for value in code.values()]
    newer = [
        (sys.modules[cls.__module__], cls.__name__, getattr(sys.modules[cls.__module__], cls.__name__)) for cls in moved
    ]
    try:
        for (home, name, _), cls in zip(newer, moved, strict=True):
            setattr(home, name, cls)
        for name, value in code.items():
            setattr(module, name, value)
            _set(value, {"__module__": HOME, "__qualname__": name, "__name__": name})
        sys.modules[HOME] = module
        yield
    finally:
        for home, name, cls in newer:
            setattr(home, name, cls)
        for value, attributes in kept:
            _set(value, attributes)
        if before is None:
            sys.modules.pop(HOME, None)
        else:
            sys.modules[HOME] = before


def _set(value: Any, attributes: Mapping[str, str]) -> None:
    for key, text in attributes.items():
        if getattr(value, key) == text:
            continue
        if isinstance(value, type):
            type.__setattr__(value, key, text)
        else:
            setattr(value, key, text)

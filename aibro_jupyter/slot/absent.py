"""Installed packages that are not there for a model, to see whether it can do without them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any


def without_modules(names: Iterable[str]) -> None:
    """Let top-level modules be absent from now on: neither an import nor ``importlib.util.find_spec`` finds them."""
    absent = frozenset(names)
    if absent:
        sys.meta_path[:] = [_Finder(finder, absent) for finder in sys.meta_path]


class _Finder:
    """What a finder finds, but for some top-level modules."""

    def __init__(self, finder: Any, absent: frozenset[str]) -> None:
        self._finder = finder
        self._absent = absent

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return None if name.partition(".")[0] in self._absent else self._finder.find_spec(name, path, target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)

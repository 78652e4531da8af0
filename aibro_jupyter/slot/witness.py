"""Who imported what while a model was proved: it tells the optional back-ends that are really used."""

from __future__ import annotations

import builtins
import importlib
import os
import sys
from typing import Any

_LAZY = "pandas.compat._optional"
"""Where pandas asks for a back-end by name at the moment it is needed."""


class Witness:
    """Wraps the import functions of this process, and remembers (importer, imported) by top-level module."""

    def __init__(self, repo: str) -> None:
        self._inside = os.path.join(repo, "")
        self._seen: dict[tuple[str, str], None] = {}

    def watch(self) -> None:
        """Begin; everything imported so far is the slot's own."""
        plain, by_name = builtins.__import__, importlib.import_module

        def watched(
            name: str,
            globals: Any = None,  # noqa: A002
            locals: Any = None,  # noqa: A002
            fromlist: Any = (),
            level: int = 0,
        ) -> Any:
            found = plain(name, globals, locals, fromlist, level)
            if level == 0 and globals:
                self._note(globals, name)
            return found

        def watched_by_name(name: str, package: str | None = None) -> Any:
            found = by_name(name, package)
            frame = sys._getframe(1)
            needed = frame.f_locals.get("errors", "raise") == "raise"
            if frame.f_globals.get("__name__") != _LAZY:
                self._note(frame.f_globals, name)
            elif needed:
                self._seen["", name.partition(".")[0]] = None
            return found

        builtins.__import__ = watched
        importlib.import_module = watched_by_name

    def _note(self, importer: Any, name: str) -> None:
        file = importer.get("__file__") or ""
        who = "" if file.startswith(self._inside) else str(importer.get("__name__", "")).partition(".")[0]
        what = name.partition(".")[0]
        if who != what and what not in sys.stdlib_module_names and who not in sys.stdlib_module_names:
            self._seen[who, what] = None

    def told(self) -> list[list[str]]:
        """Return [importer, imported] pairs; the importer is "" where the repo itself, or pandas for it, asked."""
        return [[who, what] for who, what in self._seen if what in sys.modules]

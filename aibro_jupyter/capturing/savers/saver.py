"""The contract of a saver: one kind of value, its own file format, and the line that loads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a saver wrote, and how predict.py gets it back."""

    files: tuple[Path, ...]
    load: str
    """Source with ``{name}`` for the variable; it may have several lines and runs in the repo's folder."""
    imports: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    """Top-level modules that loading needs beside those imports."""


class Saver(Protocol):
    """Saves one kind of value; third parties add theirs under the entry point group ``aibro_jupyter.savers``."""

    def handles(self, value: Any) -> bool:
        """Tell whether the value is of this saver's kind; must not import anything heavy."""
        ...

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the value to ``stem`` plus a suffix and return how to load an equal one; the value is not changed."""
        ...


def module_root(value: Any) -> str:
    """Return the top-level package that a value's type comes from."""
    return (type(value).__module__ or "").partition(".")[0]


def shown(path: Path) -> str:
    """Return a model file's path as predict.py writes it."""
    return f"model/{path.name}"

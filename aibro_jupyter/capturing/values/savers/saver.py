"""The contract of a saver: one kind of value, its own file format, and the line that loads it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a saver wrote, and how predict.py gets it back."""

    files: tuple[Path, ...]
    load: str
    """Source with ``{name}`` for the variable; it may have several lines and runs in the repo's folder.

    ``{made}`` stands for the notebook's own call that made the value, where the saver wants the constructor.
    """
    imports: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    """Top-level modules that loading needs beside those imports."""
    code: tuple[str, ...] = ()
    """The notebook's own functions and classes that ``load`` names."""
    warnings: tuple[str, ...] = ()
    """What the owner should know, without the variable's name."""


class Unsuitable(Exception):
    """A value does not survive a saver's format; the next saver is asked, and the message is for nobody."""


class CannotSaveError(Exception):
    """No saver will do: the capture is refused with this reason and fix."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


class Saver(ABC):
    """Saves one kind of value; third parties add theirs under the entry point group ``aibro_jupyter.savers``."""

    by_itself: bool = False
    """Whether the value keeps its own format even inside a list, tuple or dict."""

    @abstractmethod
    def handles(self, value: Any) -> bool:
        """Tell whether the value is of this saver's kind; must not import anything heavy."""

    @abstractmethod
    def save(self, value: Any, stem: Path) -> Saved:
        """Write the value to ``stem`` plus a suffix and return how to load an equal one; the value is not changed.

        Raises ``Unsuitable`` to leave it to the next saver, ``CannotSaveError`` to have the capture refused.
        """

    def inside(self, value: Any) -> list[Any] | None:  # noqa: ARG002 - the contract's parameter
        """Return what may refer to the notebook's own code, where pickling the value would not show it.

        None: what pickle sees is all there is.
        """
        return None

    def names(self, value: Any) -> list[str]:  # noqa: ARG002 - the contract's parameter
        """Return names that the value looks up in the module that loads it."""
        return []

    def wants_constructor(self, value: Any) -> bool:  # noqa: ARG002 - the contract's parameter
        """Tell whether loading repeats the call that made the value."""
        return False

    def remade(self, value: Any, call: str, saved: Saved) -> Saved:  # noqa: ARG002 - the contract's parameters
        """Return how to load what was saved with the call that made it, ``{made}``, where that is as good.

        It is asked only where ``may_be_remade``; files that are not needed then are deleted.
        """
        return saved

    def may_be_remade(self, value: Any) -> bool:  # noqa: ARG002 - the contract's parameter
        """Tell whether loading may repeat the call that made the value, where a cell still tells it."""
        return False

    def as_served(self, value: Any) -> Callable[[], None] | None:  # noqa: ARG002 - the contract's parameter
        """Put the value into the state in which it will serve; return how to undo that and what calls will change.

        None: there is nothing to do.
        """
        return None


def module_root(value: Any) -> str:
    """Return the top-level package that a value's type comes from."""
    return (type(value).__module__ or "").partition(".")[0]


def derives_from(value: Any, root: str, name: str) -> bool:
    """Tell whether a class of that name, from that top-level package, is among a value's classes."""
    return any(kind.__name__ == name and kind.__module__.partition(".")[0] == root for kind in type(value).__mro__)


def shown(path: Path) -> str:
    """Return a model file's path as predict.py writes it."""
    return f"model/{path.name}"


def files_below(folder: Path) -> tuple[Path, ...]:
    """Return every file that a framework wrote into a folder."""
    return tuple(sorted(_walk(folder)))


def _walk(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())

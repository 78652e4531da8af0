"""What a value holds, as pickle sees it: the notebook's functions and classes, modules, refused objects, secrets."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.values.arrays import is_array
from aibro_jupyter.capturing.values.deep import with_room
from aibro_jupyter.capturing.values.guards import Obstacle, Secrets, bound_to_process
from aibro_jupyter.capturing.values.savers import registry

_LONG_TEXT = 2**20
"""Chosen: so many characters pickle need not encode, which would keep a second copy of a text beside it."""


@dataclass(kw_only=True)
class Reached:
    """Everything found inside one value."""

    code: list[Any] = field(default_factory=list)
    """Functions and classes of the notebook, in the order met."""
    modules: dict[str, None] = field(default_factory=dict)
    """Modules that the pickle names."""
    names: dict[str, None] = field(default_factory=dict)
    """Names that a value looks up in the module that loads it."""
    ids: set[int] = field(default_factory=set)
    """Of models and objects of the notebook's classes, and of what the caller watches for."""
    refusals: list[tuple[str, Obstacle]] = field(default_factory=list)
    """Type name and reason of each object that cannot be saved."""
    moved: list[type] = field(default_factory=list)
    """Classes whose module was loaded again since, so that it has another class of that name."""
    failure: str = ""
    """Why pickle gave up, if it did."""


def reach(name: str, value: Any, is_ours: Callable[[Any], bool], secrets: Secrets, watch: set[int]) -> Reached:
    """Return what pickling a variable's value would touch; nothing is kept of the pickle, and it is left as it is.

    ``watch`` has the ids of objects whose presence inside the value matters to the caller.
    """
    scans: list[_Scan] = []

    def dump() -> None:
        scans.append(_Scan(is_ours, secrets, watch))
        scans[-1].look_at(name, value)

    try:
        with_room(dump)
    except RecursionError:
        scans[-1].found.failure = "it is nested too deeply"
    except Exception as error:  # noqa: BLE001 - any object's own __reduce__ may raise anything
        scans[-1].found.failure = str(error).splitlines()[0] if str(error) else type(error).__name__
    scan = scans[-1]
    for hidden in scan.hidden:
        _look(hidden, scan.found, is_ours, secrets)
    return scan.found


def _look(hidden: Any, found: Reached, is_ours: Callable[[Any], bool], secrets: Secrets) -> None:
    """Add the code inside what an object's own ``__getstate__`` may have turned into bytes; the rest is its affair."""
    scan = _Scan(is_ours, secrets, set())
    scan.found.code = found.code
    with suppress(Exception):
        scan.dump(hidden)
    found.modules |= scan.found.modules


class _Sink(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)


class _Scan(pickle.Pickler):
    def __init__(self, is_ours: Callable[[Any], bool], secrets: Secrets, watch: set[int]) -> None:
        super().__init__(_Sink(), protocol=5, buffer_callback=lambda _: None)
        self.found = Reached()
        self._is_ours = is_ours
        self._secrets = secrets
        self._watch = watch
        self._last_text = ""
        self.hidden: list[Any] = []
        """What own objects hold that pickle themselves."""
        self._usual: set[type] = set()

    def look_at(self, name: str, value: Any) -> None:
        """Scan what a variable holds."""
        if why := self._secrets.under(name, value):
            self.found.refusals.append((type_name(value), why))
        self.dump((name, value))

    def persistent_id(self, value: Any) -> str | None:
        if isinstance(value, dict | tuple) and (why := self._secrets.under("", value)):
            self.found.refusals.append((type_name(value), why))
        if isinstance(value, str):
            if len(value) >= 8 and (why := self._secrets.why(value, self._last_text)):
                self.found.refusals.append(("str", why))
            self._last_text = value
            return "text" if len(value) > _LONG_TEXT else None
        self._last_text = ""
        if id(value) in self._watch or (not isinstance(value, type) and self._has_identity(value)):
            self.found.ids.add(id(value))
        if isinstance(value, int | float | tuple | list | dict | type | FunctionType):
            return None
        if why := bound_to_process(value):
            self.found.refusals.append((type_name(value), why))
            return "refused"
        return None

    def _has_identity(self, value: Any) -> bool:
        """Tell whether two values that hold this object must go on holding the same one: models and own objects."""
        return hasattr(value, "fit") or hasattr(value, "transform") or self._is_ours(type(value))

    def reducer_override(self, value: Any) -> Any:
        if is_array(value) and not (value.flags.contiguous or value.flags.f_contiguous or value.dtype.hasobject):
            return value[:0].__reduce_ex__(5)  # of others pickle makes a copy, and no number refers to anything
        if not isinstance(value, type | FunctionType) and type(value) not in self._usual:
            parts = registry.inside(value)
            if parts is not None:
                return tuple, ([part for part in parts if not self._is_elsewhere(part)],)
            names = registry.names(value)
            self.found.names |= dict.fromkeys(names)
            if not names:
                self._usual.add(type(value))
            if self._is_ours(type(value)) and "__getstate__" in vars(type(value)):
                self.hidden += vars(value).values()
        if not isinstance(value, type | FunctionType) and "__wrapped__" not in getattr(value, "__dict__", {}):
            return NotImplemented
        if self._is_ours(value):
            if not any(value is known for known in self.found.code):
                self.found.code.append(value)
            return str, ("ours",)
        self.found.modules.setdefault(str(value.__module__))
        if isinstance(value, type) and newer_of(value) is not None:
            self.found.moved.append(value)
            return str, ("moved",)
        return NotImplemented

    def _is_elsewhere(self, part: Any) -> bool:
        """Tell whether it is code that another module has, and note which one."""
        elsewhere = isinstance(part, type | FunctionType) and not self._is_ours(part)
        if elsewhere:
            self.found.modules.setdefault(str(part.__module__))
        return elsewhere


def newer_of(cls: type) -> type | None:
    """Return the class that took the place of this one when its module was loaded again; None if it has its place."""
    found = getattr(sys.modules.get(cls.__module__), cls.__qualname__, cls)
    return found if isinstance(found, type) and found is not cls else None


def type_name(value: Any) -> str:
    """Return a value's type as people write it: ``_thread.lock``, ``dict``."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"

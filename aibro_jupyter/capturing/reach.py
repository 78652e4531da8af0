"""What a value holds, as pickle sees it: the notebook's functions and classes, modules, refused objects, secrets."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.guards import Refusal, Secrets, bound_to_process


@dataclass(kw_only=True)
class Reached:
    """Everything found inside one value."""

    code: list[Any] = field(default_factory=list)
    """Functions and classes of the notebook, in the order met."""
    modules: dict[str, None] = field(default_factory=dict)
    """Modules that the pickle names."""
    ids: set[int] = field(default_factory=set)
    """Of models and objects of the notebook's classes, and of what the caller watches for."""
    refusals: list[tuple[str, Refusal]] = field(default_factory=list)
    """Type name and reason of each object that cannot be saved."""
    failure: str = ""
    """Why pickle gave up, if it did."""


def reach(value: Any, is_ours: Callable[[Any], bool], secrets: Secrets, watch: set[int]) -> Reached:
    """Return what pickling a value would touch; nothing is kept of the pickle and the value is left as it is.

    ``watch`` has the ids of objects whose presence inside the value matters to the caller.
    """
    scan = _Scan(is_ours, secrets, watch)
    try:
        scan.dump(value)
    except RecursionError:
        scan.found.failure = "it is nested too deeply"
    except Exception as error:  # noqa: BLE001 - any object's own __reduce__ may raise anything
        scan.found.failure = str(error).splitlines()[0] if str(error) else type(error).__name__
    return scan.found


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

    def persistent_id(self, value: Any) -> str | None:
        if isinstance(value, str):
            if len(value) >= 8 and (why := self._secrets.why(value, self._last_text)):
                self.found.refusals.append(("str", why))
            self._last_text = value
            return None
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
        if not isinstance(value, type | FunctionType) and "__wrapped__" not in getattr(value, "__dict__", {}):
            return NotImplemented
        if self._is_ours(value):
            if not any(value is known for known in self.found.code):
                self.found.code.append(value)
            return str, ("ours",)
        self.found.modules.setdefault(str(value.__module__))
        return NotImplemented


def type_name(value: Any) -> str:
    """Return a value's type as people write it: ``_thread.lock``, ``dict``."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"

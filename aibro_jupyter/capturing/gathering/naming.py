"""By what expression the repo's code reaches an object that the notebook, or a library it imports, has a name for."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from aibro_jupyter.capturing.gathering.finder import FIXED
from aibro_jupyter.capturing.gathering.patches import is_its_own
from aibro_jupyter.capturing.session.imports import import_of
from aibro_jupyter.capturing.session.items import Gathered
from aibro_jupyter.capturing.session.kernelonly import KERNEL_ONLY, injected
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.session.references import References
from aibro_jupyter.capturing.session.source import function_segment
from aibro_jupyter.capturing.session.wrappers import wrapped_functions


class Naming:
    """Finds the expressions. What they name must come along: it is put into ``named``, and read by its ``chains``."""

    def __init__(
        self, notebook: Notebook, gathered: Gathered, by_id: Mapping[int, str], chains: dict[str, set[str]]
    ) -> None:
        self._notebook, self._gathered, self._by_id, self._chains = notebook, gathered, by_id, chains
        self._references = References(notebook)

    def name(self, value: Any, named: dict[str, Any], besides: str = "") -> str | None:
        """Return the expression for a module, function, class or method; None when the repo has none.

        ``besides`` is a name that is not to be used: the one that the expression is for.
        """
        if isinstance(value, ModuleType):
            name = self._notebook.name_of(value)
            return self._noted(name, named) if name else None
        own = self._own_name(value, named)
        if own == besides:
            named.pop(besides, None)
            own = None
        return own or self._reference(value, named) or self._lambda(value, named)

    def assigned(self, name: str, value: Any, named: dict[str, Any]) -> str | None:
        """Return what a cell assigned to a name, where it was the library's own before the notebook changed that.

        Values are made before the changes: ``_head = pd.DataFrame.head``, then ``pd.DataFrame.head = mine``.
        """
        for *owner, attribute in self._references.assigned(name):
            holder = self._references.meaning(tuple(owner))
            if isinstance(holder, ModuleType | type) and is_its_own(holder, attribute, value, self._notebook):
                return self._noted(".".join([*owner, attribute]), named)
        return None

    def is_renamed(self, name: str, value: Any) -> bool:
        """Tell whether a name was assigned what a library has under its own: ``f = np.linalg.norm``."""
        if isinstance(value, ModuleType) or self._notebook.imports(name):
            return False
        if getattr(value, "__name__", name) == name and not self._references.assigned(name):
            return False
        return self._references.of(value) is not None

    def is_method(self, value: Any) -> bool:
        """Tell whether it is a function that a class of the notebook has: ``plus = Model.plus``."""
        return isinstance(value, FunctionType) and "." in (self._references.of(value) or "")

    def _own_name(self, value: Any, named: dict[str, Any]) -> str | None:
        own = getattr(value, "__name__", None)
        made = bool(wrapped_functions(self._notebook, value)) if callable(value) else False
        if not (made or isinstance(value, type | FunctionType | BuiltinFunctionType)) or not isinstance(own, str):
            return None
        name = self._by_id.get(id(value), own)
        if self._notebook.namespace.get(name) is not value:
            result = self._notebook.namespace.get(own)
            if any(one is value for one in wrapped_functions(self._notebook, result)):
                self._gathered.undecorated[id(value)] = own
                named[own] = result
                return own
            name = self._notebook.name_of(value) if made or not self._notebook.owns(value) else name
        if self._notebook.namespace.get(name) is not value:
            return None
        if not (made or self._notebook.owns(value)) and self.is_renamed(name, value):
            return None
        if not (made or self._notebook.owns(value)) and import_of(self._notebook, name, value, set()) is None:
            return None
        named[name] = value
        return name

    def _reference(self, value: Any, named: dict[str, Any]) -> str | None:
        if (text := self._references.of(value)) is not None:
            return self._noted(text, named)
        owner, method = getattr(value, "__self__", None), getattr(value, "__name__", "")
        if owner is None or isinstance(owner, (ModuleType, type, *FIXED)) or getattr(owner, method, None) != value:
            return None
        if (text := self._references.of(owner)) is not None:
            return self._noted(f"{text}.{method}", named)
        name = self._by_id.get(id(owner)) or self._notebook.name_of(owner)
        if not name or self._notebook.namespace.get(name) is not owner:
            return None
        return self._noted(f"{name}.{method}", named)

    def _noted(self, text: str, named: dict[str, Any]) -> str:
        root, _, rest = text.partition(".")
        if root in self._notebook.namespace:
            value = self._notebook.namespace[root]
            named[root] = value
            self._chains.setdefault(root, set()).add(rest if isinstance(value, ModuleType) else "")
        return text

    def _lambda(self, value: Any, named: dict[str, Any]) -> str | None:
        """Return the text of a lambda that has no name and holds nothing."""
        if not isinstance(value, FunctionType) or value.__name__ != "<lambda>" or value.__closure__:
            return None
        segment = function_segment(self._notebook, value, "_") if self._notebook.owns(value) else None
        if segment is None or segment.binds or segment.compiled or "\n" in segment.text or value.__defaults__:
            return None
        read = [name for name in segment.uses.every() if not self._is_builtin(name)]
        unsafe = {name for name in read if name in KERNEL_ONLY or name not in self._notebook.namespace}
        if unsafe or segment.uses.strings or segment.uses.rebound:
            return None  # what is missing is refused, and texts that are names of files looked for, in definitions
        for name in read:
            named[name] = self._notebook.namespace[name]
            self._chains.setdefault(name, set()).update(segment.uses.chains.get(name, {""}))
        return segment.text

    def _is_builtin(self, name: str) -> bool:
        """Tell whether a name is Python's own: not what IPython adds, nor what the notebook put over it."""
        known = hasattr(builtins, name) and name not in (*KERNEL_ONLY, "display")
        held = self._notebook.namespace.get(name)
        return known and (held is None or injected(held))

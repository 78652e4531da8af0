"""What values bring along: notebook classes and functions that pickles name, refused objects, other values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aibro_jupyter.capturing.session.items import Gathered, Held
from aibro_jupyter.capturing.session.names import alike
from aibro_jupyter.capturing.values import guards
from aibro_jupyter.capturing.values.arrays import is_array
from aibro_jupyter.capturing.values.reach import newer_of, reach, type_name

Wanted = tuple[str, Any, str]
"""A name, its object, and who asks for it."""


class Contents:
    """Looks into values; what it finds is gathered too, and code that must come along is returned."""

    def __init__(
        self, gathered: Gathered, namespace: Mapping[str, Any], secrets: guards.Secrets, is_ours: Callable[[Any], bool]
    ) -> None:
        self._gathered = gathered
        self._namespace = namespace
        self._secrets = secrets
        self._is_ours = is_ours
        self._owners: dict[int, str] = {}
        """Id of an object inside a value -> the first value that holds it."""

    def scan(self, item: Held, by_id: Mapping[int, str]) -> list[Wanted]:
        """Return the notebook's functions and classes inside a value; refuse what cannot be saved."""
        watch = {key for key, name in by_id.items() if name != item.name and self._is_filed(name)}
        found = reach(item.name, item.value, self._is_ours, self._secrets, watch)
        for kind, why in found.refusals:
            if not (item.literal or "").startswith("threading."):
                inner = kind if kind not in ("str", "dict", "tuple") else type_name(item.value)
                self._gathered.refuse(item.name, item.cell, why.reason, why.fix, inner)
        if item.literal is not None:
            return []
        self._gathered.modules |= set(found.modules)
        self._gathered.reached |= {module.partition(".")[0] for module in found.modules}
        if found.failure and not found.refusals:
            reason = f"it cannot be saved: {found.failure}"
            self._gathered.refuse(item.name, item.cell, reason, "make it inside the function", type_name(item.value))
        for key in found.ids:
            owner = by_id.get(key) or self._owners.setdefault(key, item.name)
            if owner != item.name:
                self._gathered.shared.append((owner, item.name))
                self._into_file(owner)
        for cls in found.moved:
            self._moved(cls, item)
        looked_up = [name for name in found.names if name in self._namespace]
        self._gathered.extra |= set(looked_up)
        wanted = [(name, self._namespace[name], item.name) for name in looked_up]
        return [*wanted, *(one for value in found.code for one in self._rehome(value, item, by_id))]

    def _moved(self, cls: type, item: Held) -> None:
        newer = newer_of(cls)
        if newer is not None and alike(cls, newer):
            self._gathered.moved.append(cls)
            return
        reason = f"the module {cls.__module__} was reloaded since, and its class {cls.__name__} is another one by now"
        self._gathered.refuse(
            item.name, item.cell, reason, f"run the cell that makes {item.name} again", type_name(item.value)
        )

    def _is_filed(self, name: str) -> bool:
        item = self._gathered.items.get(name)
        return isinstance(item, Held) and (item.literal is None or is_array(item.value))

    def _into_file(self, name: str) -> None:
        """Keep an array in the file of what else holds it: a line of code would make it another array."""
        item = self._gathered.items.get(name)
        if isinstance(item, Held) and is_array(item.value):
            item.literal, item.imports = None, ()

    def _rehome(self, value: Any, item: Held, by_id: Mapping[int, str]) -> list[Wanted]:
        if any(value is known for known in self._gathered.rehomed.values()):
            return []
        name = by_id.get(id(value)) or self._free_name(value)
        self._gathered.rehomed[name] = value
        current = self._namespace.get(value.__name__)
        if isinstance(value, type) and isinstance(current, type) and current is not value:
            self._gathered.stale[name] = item.name
        return [(name, value, item.name)]

    def _free_name(self, value: Any) -> str:
        wanted = value.__name__ if value.__name__.isidentifier() else "lambda_1"
        count = 1
        while wanted in self._gathered.items or wanted in self._gathered.rehomed or self._is_other(wanted, value):
            count += 1
            wanted = f"{wanted.rstrip('0123456789').rstrip('_')}_{count}"
        return wanted

    def _is_other(self, name: str, value: Any) -> bool:
        return name in self._namespace and self._namespace[name] is not value and not isinstance(value, type)

"""How a live function or class is written in the repo, and what the names in it mean that are no globals."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from types import CellType, FunctionType
from typing import Any

from aibro_jupyter.capturing.gathering.defaults import brought_back, stale
from aibro_jupyter.capturing.gathering.factories import given_to
from aibro_jupyter.capturing.session.generated import generated_segment, read_from
from aibro_jupyter.capturing.session.localmodules import made_in_local_module
from aibro_jupyter.capturing.session.names import Uses
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.session.source import (
    Segment,
    assigned_segment,
    class_segment,
    closure,
    enclosed_in_factory,
    function_segment,
)
from aibro_jupyter.capturing.session.wrappers import wrapped_functions, wrapping_segment
from aibro_jupyter.capturing.values.byvalue import compiled_segment

FIXED = (int, float, complex, str, bytes, bool, type(None), tuple, frozenset)
Found = tuple[Segment | None, Mapping[str, Any]]
"""A definition's text, and the objects behind names that are not globals: what a closure or a factory holds."""


class Finder:
    """Finds sources; it remembers which variables of closures became globals of the repo's modules."""

    def __init__(self, notebook: Notebook, values: Mapping[str, Any]) -> None:
        self._notebook = notebook
        self._values = values
        self._claimed: dict[str, CellType] = {}
        """Variable of a closure that became a global -> the cell it stands for."""
        self._made: dict[str, str] = {}
        """Closure that another one's factory makes too -> that other one."""

    def source(self, name: str, value: Any, function: FunctionType | None) -> Found:
        """Return how a function or class is written; None when that is nowhere to be found."""
        if function is None:
            return self._class(name, value)
        if (maker := self._made.get(name)) is not None:
            made = Segment(text="", binds=name, cell="", order=(0, 0), uses=Uses(early={maker: None}))
            return made, {}
        if not self._notebook.owns(function) and (text := generated_segment(function, name, self._cell(name))):
            return text
        segment = wrapping_segment(self._notebook, name, value) or function_segment(self._notebook, function, name)
        plain = value is function and self._notebook.owns(function)
        if segment is not None and not (plain or segment.decorated) and wrapped_functions(self._notebook, value):
            return None, {}  # only the function inside is known, not what made this of it
        if segment is None and self._notebook.owns(function):
            segment = compiled_segment(function, name)
        whole = segment is None or segment.decorated or segment.compiled
        held = {} if whole else closure(function)
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        if not any(self._clashes(variable, one, cells[variable]) for variable, one in held.items()):
            self._claimed |= {variable: cells[variable] for variable in held}
            foreign = segment is not None and made_in_local_module(function)
            return segment, {**read_from(function, segment.uses), **held} if foreign and segment is not None else held
        return self._together(name, function)

    def knows(self, name: str, value: Any, function: FunctionType) -> bool:
        """Tell whether what stands on a function that is not the notebook's own can be written all the same."""
        if wrapped_functions(self._notebook, value) or made_in_local_module(function):
            return True
        return bool(generated_segment(function, name, "") or wrapping_segment(self._notebook, name, value))

    def _cell(self, name: str) -> str:
        return self._notebook.bound_in(name)

    def _class(self, name: str, cls: type) -> Found:
        segment = class_segment(self._notebook, cls)
        if segment is None or segment.source is None:
            return assigned_segment(self._notebook, name, cls), {}
        given = given_to(cls, segment.source)
        if not given:
            return (None if given is None else segment), {}
        cells = {variable: CellType(one) for variable, one in given.items()}
        if segment.binds == name and not any(self._clashes(one, given[one], cells[one]) for one in given):
            self._claimed |= cells
            return segment, given
        return self._in_factory({name: segment}, given)

    def _together(self, name: str, function: FunctionType) -> Found:
        """Return a closure in a factory of its own, with those others that have variables in common with it."""
        cells = {id(cell) for cell in function.__closure__ or ()}
        others = {
            other: one
            for other, one in list(self._notebook.namespace.items())
            if isinstance(one, FunctionType) and one is not function and not other.startswith("_")
            if cells & {id(cell) for cell in one.__closure__ or ()}
        }
        segments: dict[str, Segment] = {}
        held: dict[str, Any] = {}
        for own, one in {name: function, **others}.items():
            segment = function_segment(self._notebook, one, own, apart=True)
            if segment is None:
                return None, {}
            segments[own] = segment
            held |= closure(one)
        self._made |= dict.fromkeys(others, name)
        return self._in_factory(segments, held)

    def _in_factory(self, segments: Mapping[str, Segment], held: Mapping[str, Any]) -> Found:
        name = next(iter(segments))
        names = {variable: f"{name}_{variable}" for variable in held}
        return enclosed_in_factory(segments, names), {names[variable]: one for variable, one in held.items()}

    def _clashes(self, variable: str, value: Any, cell: CellType) -> bool:
        """Tell whether a closure's variable would be taken for another thing if it were a global of the module."""
        if variable in self._claimed:
            return self._claimed[variable] is not cell
        known = self._values.get(variable, self._notebook.namespace.get(variable, value))
        plain = isinstance(value, FIXED) and type(known) is type(value) and known == value
        return known is not value and not plain

    def with_defaults(
        self, function: FunctionType, segment: Segment, enclosed: Mapping[str, Any]
    ) -> tuple[Segment, str]:
        """Return the definition with the defaults that the function has by now, and why that is not possible."""

        def now(text: str) -> Any:
            return enclosed.get(text, self._notebook.namespace.get(text, getattr(builtins, text, None)))

        if segment.compiled or not (parameter := stale(function, segment, now)):
            return segment, ""
        made = brought_back(function, segment, now)
        if made is not None:
            return made, ""
        text = dict(segment.defaults)[parameter]
        return segment, f"its default {parameter}={text} holds an earlier value of '{text}'"


def dispatched(value: Any, notebook: Notebook) -> list[FunctionType]:
    """Return the notebook's functions that a ``functools.singledispatch`` function chooses from."""
    registry = getattr(value, "registry", None) if hasattr(value, "dispatch") else None
    found = dict.fromkeys(registry.values()) if registry is not None else {}
    base = getattr(value, "__wrapped__", None)
    return [one for one in found if isinstance(one, FunctionType) and one is not base and notebook.owns(one)]

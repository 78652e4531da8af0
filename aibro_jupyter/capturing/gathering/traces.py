"""Calling the user's function without leaving a trace in the notebook."""

from __future__ import annotations

import copy
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from functools import partial
from types import CellType, FunctionType
from typing import Any

from aibro_jupyter.capturing.gathering.livestate import Undo, inside, restorer, weight
from aibro_jupyter.capturing.gathering.surroundings import put_back_all
from aibro_jupyter.capturing.values.savers import registry

_MOST = 20_000
_MOST_BYTES, _LARGE_BYTES = 2**26, 2**24
"""Chosen, all: so many objects are looked at, and so many bytes of numbers copied, of none larger, before each call."""
_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes})
_MISSING = object()
_BESIDE = ("__warningregistry__",)
"""What a call writes into the notebook's names though no code binds it: which warnings were shown once."""


@contextmanager
def untouched(
    namespace: Mapping[str, Any],
    values: Iterable[Any],
    rebound: Iterable[str],
    functions: Iterable[Any],
    is_ours: Callable[[Any], bool],
    variables: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Afterwards all around a call is what it was: globals, closures, the values' contents, settings, random numbers.

    Contents are containers, arrays that are not large, whether a network trains, and the attributes of functions,
    classes, learners and objects whose class is the notebook's own. Meanwhile the environment has ``variables`` too.
    """
    undo: list[Undo] = []
    try:
        # Taken down one by one: what a step of them has changed already is undone if the next one fails.
        for step in _steps(namespace, list(values), rebound, list(functions), is_ours):
            undo.append(step)  # noqa: PERF402 - what extend() keeps of a failed iteration is its own affair
        os.environ.update(variables or {})
        yield
    finally:
        for step in reversed(undo):
            # What fails keeps no other from being undone, nor hides what the call raised.
            with suppress(Exception):
                step()


def _steps(
    namespace: Mapping[str, Any],
    values: list[Any],
    rebound: Iterable[str],
    functions: list[Any],
    is_ours: Callable[[Any], bool],
) -> Iterator[Undo]:
    yield from put_back_all()
    for name in (*rebound, *_BESIDE):
        yield _rebinding(namespace, name)
    for one in functions:
        if isinstance(one, FunctionType):
            yield partial(_give_defaults, one, one.__defaults__, one.__kwdefaults__)
            yield from map(_cell, one.__closure__ or ())
    yield from _standing_in(namespace, values)
    yield from _contents([*values, *functions, *(namespace.get(name) for name in _BESIDE)], is_ours)


def _rebinding(namespace: Mapping[str, Any], name: str) -> Undo:
    before = namespace.get(name, _MISSING)

    def undo() -> None:
        if isinstance(namespace, MutableMapping):
            namespace.pop(name, None) if before is _MISSING else namespace.update({name: before})

    return undo


def _give_defaults(function: FunctionType, placed: Any, named: Any) -> None:
    function.__defaults__, function.__kwdefaults__ = placed, named


def _cell(cell: CellType) -> Undo:
    try:
        before = cell.cell_contents
    except ValueError:
        return lambda: None
    return lambda: setattr(cell, "cell_contents", before)


def _standing_in(namespace: Mapping[str, Any], values: list[Any]) -> Iterator[Undo]:
    """Have copies stand in for iterators such as ``itertools.count()``, which nothing sets back, and yield the undo."""
    for name, value in list(namespace.items()):
        is_read = type(value).__module__ == "itertools" and any(value is one for one in values)
        if is_read and isinstance(namespace, MutableMapping):
            yield _rebinding(namespace, name)
            with suppress(TypeError):
                namespace[name] = copy.deepcopy(value)


def _contents(values: Iterable[Any], is_ours: Callable[[Any], bool]) -> Iterator[Undo]:
    """Yield how to restore every object reached from the values; at most so many are looked at."""
    queue, seen, left = deque(values), set[int](), _MOST_BYTES
    while queue and len(seen) < _MOST:
        value = queue.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        size = weight(value)
        if size <= min(left, _LARGE_BYTES):
            left -= size
            if (undo := restorer(value, is_ours)) is not None:
                yield undo
        if (undo := registry.as_served(value)) is not None:
            yield undo
        queue += (one for one in inside(value, is_ours) if type(one) not in _ATOMS)

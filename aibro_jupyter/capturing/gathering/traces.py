"""Calling the user's function without leaving a trace in the notebook."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from types import CellType, FunctionType
from typing import Any

from aibro_jupyter.capturing.session.settings import put_back
from aibro_jupyter.capturing.values.savers import registry

_MOST = 20_000
_SMALL_BYTES = 2**20
"""Chosen, both: so many objects are looked at, and arrays up to this size copied, before each call of the function."""
_MISSING = object()
Undo = Callable[[], object]


@contextmanager
def untouched(
    namespace: Mapping[str, Any],
    values: Iterable[Any],
    rebound: Iterable[str],
    functions: Iterable[Any],
    is_ours: Callable[[Any], bool],
    variables: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Afterwards random generators, rebound globals, closures and the values' contents are what they were.

    Contents are containers, small arrays, whether a network trains, and the attributes of objects whose class is the
    notebook's own. So are the folder and the environment; meanwhile that has ``variables`` too.
    """
    functions = [one for one in functions if isinstance(one, FunctionType)]
    undo = [*_global_random(), *(_rebinding(namespace, name) for name in rebound)]
    undo += [_cell(cell) for one in functions for cell in one.__closure__ or ()]
    defaults = [(one.__defaults__, one.__kwdefaults__) for one in functions]
    undo += [*_contents([*values, *defaults], is_ours), *_surroundings()]
    os.environ.update(variables or {})
    try:
        yield
    finally:
        for step in undo:
            step()


def _global_random() -> list[Undo]:
    state = random.getstate()
    undo: list[Undo] = [lambda: random.setstate(state)]
    if numpy_random := sys.modules.get("numpy.random"):
        legacy = numpy_random.get_state()
        undo.append(lambda: numpy_random.set_state(legacy))
    if torch := sys.modules.get("torch"):
        set_state, set_grad = torch.set_rng_state, torch.set_grad_enabled
        tensors, grad = torch.get_rng_state(), torch.is_grad_enabled()
        undo += [lambda: set_state(tensors), lambda: set_grad(grad)]
    return undo


def _surroundings() -> list[Undo]:
    folder, variables = os.getcwd(), dict(os.environ)

    def environment() -> None:
        for name in set(os.environ) - set(variables):
            del os.environ[name]
        os.environ.update(variables)

    return [lambda: os.chdir(folder), environment, *put_back()]


def _rebinding(namespace: Mapping[str, Any], name: str) -> Undo:
    before = namespace.get(name, _MISSING)

    def undo() -> None:
        if isinstance(namespace, MutableMapping):
            namespace.pop(name, None) if before is _MISSING else namespace.update({name: before})

    return undo


def _cell(cell: CellType) -> Undo:
    try:
        before = cell.cell_contents
    except ValueError:
        return lambda: None
    return lambda: setattr(cell, "cell_contents", before)


def _contents(values: Iterable[Any], is_ours: Callable[[Any], bool]) -> list[Undo]:
    """Return how to restore every object reached from the values; at most so many are looked at."""
    queue, seen = list(values), set[int]()
    undo: list[Undo] = []
    while queue and len(seen) < _MOST:
        value = queue.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        undo += [found for found in (_restorer(value, is_ours), registry.as_served(value)) if found is not None]
        queue += _inside(value, is_ours)
    return undo


def _inside(value: Any, is_ours: Callable[[Any], bool]) -> list[Any]:
    match value:
        case dict():
            return list(value.values())
        case list() | tuple() | set() | frozenset():
            return list(value)
    return list(vars(value).values()) if _is_own_object(value, is_ours) else []


def _is_own_object(value: Any, is_ours: Callable[[Any], bool]) -> bool:
    return not isinstance(value, type | FunctionType) and is_ours(type(value)) and hasattr(value, "__dict__")


def _restorer(value: Any, is_ours: Callable[[Any], bool]) -> Undo | None:
    match value:
        case dict():
            return _refill(value, dict(value), value.update)
        case set():
            return _refill(value, set(value), value.update)
        case list():
            return _refill(value, list(value), value.extend)
        case random.Random():
            state = value.getstate()
            return lambda: value.setstate(state)
    if hasattr(value, "bit_generator"):
        generator, state = value.bit_generator, value.bit_generator.state
        return lambda: setattr(generator, "state", state)
    if type(value).__module__.startswith("pandas") and type(value).__name__ in ("DataFrame", "Series"):
        return _pandas(value)
    if type(value).__name__ == "ndarray" and value.nbytes <= _SMALL_BYTES and value.flags.writeable:
        kept = value.copy()
        return lambda: value.__setitem__(..., kept)
    if isinstance(getattr(value, "training", None), bool) and callable(getattr(value, "modules", None)):
        # Beside its own mode a network has one in each layer.
        modes = [(layer, layer.training) for layer in value.modules()]
        own = _own_state(value, is_ours)

        def undo() -> None:
            if own is not None:
                own()
            for layer, mode in modes:
                layer.training = mode

        return undo
    return _own_state(value, is_ours)


def _own_state(value: Any, is_ours: Callable[[Any], bool]) -> Undo | None:
    return _refill(vars(value), dict(vars(value)), vars(value).update) if _is_own_object(value, is_ours) else None


def _pandas(value: Any) -> Undo | None:
    if not hasattr(value, "_update_inplace") or sum(_numbers(value.memory_usage(index=True))) > _SMALL_BYTES:
        return None
    kept = value.copy()

    def undo() -> None:
        if not (value.shape == kept.shape and value.equals(kept)):
            value._update_inplace(kept)

    return undo


def _numbers(value: Any) -> list[int]:
    return [int(one) for one in value] if hasattr(value, "__iter__") else [int(value)]


def _refill(value: Any, kept: Any, fill: Callable[[Any], None]) -> Undo:
    def undo() -> None:
        now, before = _parts(value), _parts(kept)
        if len(now) == len(before) and all(one is other for one, other in zip(now, before, strict=True)):
            return
        value.clear()
        fill(kept)

    return undo


def _parts(value: Any) -> list[Any]:
    return [part for pair in value.items() for part in pair] if isinstance(value, dict) else list(value)

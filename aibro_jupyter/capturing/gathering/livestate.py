"""The content of one live object, and how to give it back what it holds now."""

from __future__ import annotations

import array
import collections
import copyreg
import io
import operator
import random
import types
from collections.abc import Callable, Mapping
from functools import partial
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import derives_from

Undo = Callable[[], object]
_MISSING = object()
_REFILLED: dict[type, type] = {
    **{one: one for one in (dict, list, set, collections.deque, collections.OrderedDict)},
    collections.defaultdict: dict,
    collections.Counter: dict,
}
"""A container -> the type by whose own methods it is refilled."""
_OF_ATTRIBUTES = (types.SimpleNamespace, collections.ChainMap, collections.UserDict, collections.UserList)


def restorer(value: Any, is_ours: Callable[[Any], bool]) -> Undo | None:
    """Return what gives an object its content back; None when it has none, or none that can be given back for sure.

    Containers of libraries' own types keep books beside their content: those stay as the call left them.
    """
    if type(value) in _REFILLED:
        return _refill(value, _REFILLED[type(value)])
    attributes = _attributes(value, is_ours)
    if (base := _container(value, is_ours)) is not None:
        return _all(_refill(value, base), attributes)
    if isinstance(value, random.Random):
        return partial(value.setstate, value.getstate())
    if type(value) in (bytearray, array.array):
        return partial(_rewrite, value, value[:])
    if _is_open_buffer(value):
        return partial(_rewind, value, value.tell(), value.getvalue())
    if type(value).__name__ == "_lru_cache_wrapper":
        return value.cache_clear if value.cache_info().currsize == 0 else None
    if derives_from(value, "torch", "Module"):
        # Beside its own mode a network has one in each layer.
        modes = [partial(setattr, layer, "training", layer.training) for layer in value.modules()]
        return _all(*modes, attributes)
    return attributes or _of_numbers(value)


def weight(value: Any) -> int:
    """Return how many bytes are copied to keep an object's content; of containers 0, for their parts are kept."""
    if type(value) in _REFILLED:
        return 0
    if isinstance(value, bytearray | array.array):
        return memoryview(value).nbytes
    if _is_open_buffer(value):
        return len(value.getvalue())
    if type(value).__name__ == "ndarray":
        return int(value.nbytes)
    if _is_table(value):
        used = value.memory_usage(index=True)
        return int(used.sum() if hasattr(used, "sum") else used)
    return 0


def inside(value: Any, is_ours: Callable[[Any], bool]) -> list[Any]:
    """Return what an object holds that a call may change."""
    held: list[Any] = []
    if type(value) not in _REFILLED:
        held += vars(value).values() if has_state(value, is_ours) else []
        held += [getattr(value, name, None) for name in _slots(value, is_ours)]
    kind = type(value)  # and not isinstance(): a proxy says that it is what it stands for
    if issubclass(kind, dict):
        return [*dict.values(value), *held]
    if issubclass(kind, list | tuple | set | frozenset | collections.deque):
        return [*value, *held]
    if kind is FunctionType:
        return [value.__defaults__, value.__kwdefaults__, *held]
    return [value.args, value.keywords, *held] if kind is partial else held


def has_state(value: Any, is_ours: Callable[[Any], bool]) -> bool:
    """Tell whether the attributes of an object are its whole state: of plain Python, not of a framework's."""
    if not isinstance(getattr(value, "__dict__", None), Mapping) or isinstance(value, types.ModuleType):
        return False
    if isinstance(value, type | FunctionType):
        return is_ours(value)
    kind = type(value)
    if derives_from(value, "keras", "Layer") and not value.built:
        return False  # its first call builds it, and what it is built of knows that
    learner = hasattr(kind, "get_params") and hasattr(kind, "fit")
    return learner or issubclass(kind, _OF_ATTRIBUTES) or is_ours(kind)


def _container(value: Any, is_ours: Callable[[Any], bool]) -> Any:
    """Return the type by whose methods a container is refilled that is of the notebook's own kind."""
    kind = type(value)
    if not issubclass(kind, tuple(_REFILLED)) or not is_ours(kind):
        return None
    return next((_REFILLED[one] for one in kind.__mro__ if one in _REFILLED), None)


def _refill(value: Any, base: Any) -> Undo:
    """Return what refills a container by the methods of its base, which no class of its own has changed."""
    kept = _copied(value, base)

    def undo() -> None:
        now = _copied(value, base)
        if _same(now, kept):
            return
        try:
            _fill(value, base, kept)
        except BaseException:
            _fill(value, base, now)
            raise

    return undo


def _copied(value: Any, base: Any) -> Any:
    """Return the content in a container that is plain."""
    return dict(base.items(value)) if issubclass(base, dict) else list(base.__iter__(value))


def _same(now: Any, kept: Any) -> bool:
    if len(now) != len(kept) or not all(map(operator.is_, now, kept)):
        return False
    return not isinstance(now, dict) or all(map(operator.is_, now.values(), kept.values()))


def _fill(value: Any, base: Any, content: Any) -> None:
    if base is list:
        list.__setitem__(value, slice(None), content)
        return
    base.clear(value)
    (base.extend if base is collections.deque else base.update)(value, content)


def _attributes(value: Any, is_ours: Callable[[Any], bool]) -> Undo | None:
    """Return what gives attributes back their values; those of a class go through the class."""
    slots = [partial(_put_back, value, name, getattr(value, name, _MISSING)) for name in _slots(value, is_ours)]
    if not has_state(value, is_ours):
        return _all(*slots) if slots else None
    if not isinstance(value, type):
        return _all(_refill(vars(value), dict), *slots)
    kept = dict(vars(value))

    def undo() -> None:
        for name in [*vars(value)]:
            if name not in kept and not name.startswith("__"):
                type.__delattr__(value, name)
        for name, before in kept.items():
            if vars(value).get(name, _MISSING) is not before:
                type.__setattr__(value, name, before)

    return undo


def _slots(value: Any, is_ours: Callable[[Any], bool]) -> list[str]:
    return copyreg._slotnames(type(value)) if is_ours(type(value)) else []  # type: ignore[attr-defined]


def _put_back(value: Any, name: str, before: Any) -> None:
    now = getattr(value, name, _MISSING)
    if now is before:
        return
    if before is _MISSING:
        object.__delattr__(value, name)
    else:
        object.__setattr__(value, name, before)


def _of_numbers(value: Any) -> Undo | None:
    """Return what restores a generator of random numbers, an array or a table."""
    kind, module = type(value).__name__, type(value).__module__.partition(".")[0]
    if module == "numpy" and kind == "Generator":
        return partial(setattr, value.bit_generator, "state", value.bit_generator.state)
    if module == "numpy" and kind == "RandomState":
        return partial(value.set_state, value.get_state(legacy=False))
    if module == "numpy" and kind == "ndarray" and value.flags.writeable:
        return partial(value.__setitem__, ..., value.copy())
    return _table(value) if _is_table(value) else None


def _is_table(value: Any) -> bool:
    kind = type(value)
    return kind.__module__.startswith("pandas") and kind.__name__ in ("DataFrame", "Series")


def _table(value: Any) -> Undo | None:
    if not hasattr(value, "_update_inplace"):
        return None
    kept = value.copy()

    def undo() -> None:
        if not (value.shape == kept.shape and value.equals(kept)):
            value._update_inplace(kept)

    return undo


def _rewrite(value: Any, content: Any) -> None:
    if value != content:
        value[:] = content


def _is_open_buffer(value: Any) -> bool:
    return isinstance(value, io.BytesIO | io.StringIO) and not value.closed


def _rewind(file: Any, place: int, content: Any) -> None:
    if file.getvalue() != content:
        file.seek(0)
        file.truncate()
        file.write(content)
    file.seek(place)


def _all(*steps: Undo | None) -> Undo:
    def undo() -> None:
        for step in steps:
            if step is not None:
                step()

    return undo

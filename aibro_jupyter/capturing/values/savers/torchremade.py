"""A PyTorch module that the notebook's own call makes again: then only its weights need a file."""

from __future__ import annotations

import pickle
import sys
from types import FunctionType, ModuleType
from typing import Any

from aibro_jupyter.capturing.values.rehome import HOME

_AT_HAND = (ModuleType, FunctionType, type, bool, int, float, str)
"""Kinds of globals that stand in the repo's code."""
_KEPT_APART = frozenset({"_parameters", "_buffers", "_modules", "training"})


def remakes(call: str, value: Any) -> bool:
    """Tell whether a constructor call, whose arguments are literals, makes a module of the same structure.

    It is made on PyTorch's ``meta`` device, where tensors have no memory, and no randomness is drawn for them. All
    that no file of weights holds must be the same: classes, attributes, hooks, and which parameters are one.
    """
    torch = sys.modules["torch"]
    kind = type(value)
    if not all(_needs_no_value(type(module)) for module in value.modules()):
        return False
    states = (torch.get_rng_state(), torch.is_grad_enabled())
    try:
        with torch.device("meta"):
            # The call is made of the class' own name and of literals alone (remade.py).
            made = eval(call, {"__builtins__": {}, kind.__name__: kind})  # noqa: S307
    except Exception:  # noqa: BLE001 - the constructor is somebody's own
        return False
    finally:
        torch.set_rng_state(states[0])
        torch.set_grad_enabled(states[1])
    return type(made) is kind and _alike(made, value)


def is_own(kind: type) -> bool:
    """Tell whether a class is the notebook's own, while it is saved under the module that it will have too."""
    return kind.__module__ in ("__main__", HOME)


def _needs_no_value(kind: type) -> bool:
    """Tell whether a constructor reads no variable of the notebook that comes back only while the model is loaded."""
    constructor = vars(kind).get("__init__")
    if not is_own(kind) or not isinstance(constructor, FunctionType):
        return True
    held = (constructor.__globals__.get(name) for name in constructor.__code__.co_names)
    return all(isinstance(one, _AT_HAND) for one in held if one is not None)


def _alike(made: Any, value: Any) -> bool:
    pairs = (dict(made.named_modules(remove_duplicate=False)), dict(value.named_modules(remove_duplicate=False)))
    if pairs[0].keys() != pairs[1].keys() or _ties(made) != _ties(value) or _tensors(made) != _tensors(value):
        return False
    for name, one in pairs[0].items():
        other, rest = pairs[1][name], _rest(one)
        if type(one) is not type(other) or rest is None or rest != _rest(other):
            return False
    return True


def _rest(module: Any) -> bytes | None:
    """Return what a module holds beside tensors and modules, as bytes that are the same for the same; None: unknown."""
    held = {name: part for name, part in vars(module).items() if name not in _KEPT_APART}
    if any(_holds_tensor(part) for part in held.values()):
        return None
    try:
        return pickle.dumps(held)
    except Exception:  # noqa: BLE001 - whatever pickling meets there
        return None


def _holds_tensor(part: Any) -> bool:
    return isinstance(part, sys.modules["torch"].Tensor)


def _tensors(module: Any) -> dict[str, tuple[Any, ...]] | None:
    """Return shape and dtype of what a file of weights holds; None where it does not hold all there is."""
    state = module.state_dict(keep_vars=True)
    named = {name for name, _ in module.named_buffers(remove_duplicate=False)}
    if not named <= state.keys() or not all(hasattr(tensor, "shape") for tensor in state.values()):
        return None
    return {name: (tuple(one.shape), one.dtype, one.requires_grad) for name, one in state.items()}


def _ties(module: Any) -> list[list[str]]:
    """Return the names of parameters that are one and the same tensor."""
    names: dict[int, list[str]] = {}
    for name, tensor in module.state_dict(keep_vars=True).items():
        names.setdefault(id(tensor), []).append(name)
    return sorted(names.values())

"""What was asked for: a function, or something callable made of one, and how ``run`` has to call it."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

from aibro_jupyter.capturing.session.source import unwrapped
from aibro_jupyter.errors import CaptureError


@dataclass(kw_only=True)
class Target:
    """A callable, the names it stands on, and its free parameters."""

    function: Any
    label: str
    """What people call it."""
    root: str
    """The name in predict.py that holds what load_model() returns."""
    call: str = ""
    """What follows the model in the call: empty, or ``.predict``."""
    names: dict[str, Any] = field(default_factory=dict)
    """Names and objects that must be there, whatever the namespace says."""
    positional: tuple[str, ...] = ()
    """Expressions a partial put in front."""
    keywords: dict[str, str] = field(default_factory=dict)
    """Parameter -> expression that a partial bound."""
    handwritten: bool = False
    """It is the notebook's own ``run(model)`` or ``run(model, data)``."""

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """Return the parameters still open, in order; ``*args`` alone count as one, else packed ones are left out."""
        signature = _signature(self.function)
        packed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        open_ones = {name: one for name, one in signature.parameters.items() if one.kind not in packed}
        if not open_ones and any(one.kind is one.VAR_POSITIONAL for one in signature.parameters.values()):
            return {"data": inspect.Parameter("data", inspect.Parameter.POSITIONAL_ONLY)}
        return {name: one for name, one in open_ones.items() if name not in self.keywords}

    @property
    def coroutine(self) -> bool:
        """Tell whether calling it gives something to await."""
        return inspect.iscoroutinefunction(_innermost(self.function))

    @property
    def generator(self) -> bool:
        """Tell whether calling it gives a generator."""
        return inspect.isgeneratorfunction(_innermost(self.function))


def namespace_of(function: Any) -> Mapping[str, Any]:
    """Return the variables of the notebook or script that a callable belongs to."""
    main = vars(sys.modules["__main__"])
    if callable(main.get("get_ipython")):
        return main
    plain = unwrapped(_innermost(function))
    return plain.__globals__ if plain is not None else main


def target_of(function: Any, namespace: Mapping[str, Any]) -> Target:
    """Return how to call a function, lambda, partial, bound method or callable object from a repo."""
    if not callable(function):
        raise CaptureError(
            f"cannot deploy {_short(function)}: it is a {type(function).__name__}, not a function",
            fix="write a function that takes the input and returns the answer, and deploy that",
        )
    if isinstance(function, functools.partial):
        return _partial(function, namespace)
    if isinstance(function, MethodType):
        owner = function.__self__
        name = _name_of(owner, namespace, "model")
        return Target(
            function=function,
            label=f"{name}.{function.__name__}",
            root=name,
            call=f".{function.__name__}",
            names={name: owner},
        )
    plain = unwrapped(function)
    own = str(getattr(plain or function, "__name__", "model"))
    name = _name_of(function, namespace, own if own.isidentifier() else "predict")
    target = Target(function=function, label=name, root=name, names={name: function})
    target.handwritten = name == "run" and next(iter(target.parameters), "") == "model"
    return target


def _partial(function: functools.partial[Any], namespace: Mapping[str, Any]) -> Target:
    inner = target_of(function.func, namespace)
    bound = list(zip(inner.parameters, function.args, strict=False)) + list(function.keywords.items())
    names = dict(inner.names)
    expressions: dict[str, str] = {}
    for parameter, value in bound:
        name = _name_of(value, namespace, parameter)
        if (name in names and names[name] is not value) or (name in namespace and namespace[name] is not value):
            name = f"{inner.root}_{parameter}"
        names[name] = value
        expressions[parameter] = name
    keywords = {**inner.keywords, **{name: expressions[name] for name in function.keywords}}
    positional = tuple(expressions[name] for name, _ in bound[: len(function.args)])
    label = _name_of(function, namespace, inner.label)
    return Target(
        function=function, label=label, root=inner.root, call=inner.call, names=names,
        positional=(*inner.positional, *positional), keywords=keywords,
    )  # fmt: skip


def _signature(function: Any) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        parameter = inspect.Parameter("data", inspect.Parameter.POSITIONAL_ONLY)
        return inspect.Signature([parameter])


def _innermost(function: Any) -> Any:
    while isinstance(function, functools.partial | MethodType):
        function = function.func if isinstance(function, functools.partial) else function.__func__
    return function


def _name_of(value: Any, namespace: Mapping[str, Any], default: str) -> str:
    """Return the name by which the notebook knows an object: its default name first, then the newest."""
    if namespace.get(default) is value:
        return default
    names = [name for name, held in list(namespace.items()) if held is value and not name.startswith("_")]
    return names[-1] if names and not isinstance(value, int | float | str | bool | type(None)) else default


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."

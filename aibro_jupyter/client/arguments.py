"""What Python alone may pass, to functions that people call: checked by kind, as options are."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from os import PathLike
from typing import Any, ParamSpec, TypeVar

from aibro_jupyter.client.kinds import LABELS, LAPSE, SECONDS, TEXT, Kind, amount, lapse, text, whole

P = ParamSpec("P")
T = TypeVar("T")


def _callable(value: Any) -> Callable[..., Any]:
    if not callable(value):
        raise TypeError
    return value  # type: ignore[no-any-return]  # callable() says so


def _place(value: Any) -> str | PathLike[str]:
    if not isinstance(value, str | PathLike):
        raise TypeError
    return value


def _places(value: Any) -> Any:
    return _place(value) if not isinstance(value, list | tuple) else [_place(one) for one in value]


def _files(value: Any) -> Any:
    return {text(name): _place(one) for name, one in value.items()} if isinstance(value, Mapping) else _place(value)


def _least(value: Any) -> int:
    return whole(value) if value != 0 or isinstance(value, bool) else 0


def _several(value: Any) -> list[Any]:
    if isinstance(value, str | bytes | Mapping):
        raise TypeError
    return list(value)


def _mapping(value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


TOKEN = replace(TEXT, wanted="a token, as text", example="os.environ['AIBRO_TOKEN']", private=True)
CALLED = Kind(wanted="a function", example="print", take=_callable)
PLACE = Kind(wanted="a path", example="'aibro_repo'", take=_place)
PLACES = Kind(wanted="a path or a list of paths", example="'aibro_repo'", take=_places)
FILES = Kind(wanted="a path, or paths by field name", example="'picture.png'", take=_files)
DIMENSIONS = replace(
    LABELS, wanted="dimensions such as '0,2', or 'image:0,2' of one parameter", example="'0,2'", metavar="DIMS"
)
GLOBS = replace(LABELS, wanted="a path or a list of paths, with * for any", example="['lang/*.json']", metavar="GLOB")
SEVERAL = Kind(wanted="a list", example="[X[:1], X[1:2]]", take=_several)
NAMESPACE = Kind(wanted="a dictionary of names", example="globals()", take=_mapping)
SECRET_VALUES = Kind(
    wanted="values by name", example="{'API_KEY': key}", private=True,
    take=lambda value: {text(name): text(secret) for name, secret in _mapping(value).items()},
)  # fmt: skip
AT = replace(LAPSE, wanted="a time in UTC seconds", example="time.time()")
TIMES = replace(
    AT, wanted="a list of times in UTC seconds", take=lambda value: [lapse(one) for one in _several(value)],
    example="[time.time()]",
)  # fmt: skip
LEAST = replace(SECONDS, wanted="a whole number of seconds, 0 or more", take=_least, example="60")
PRICES = Kind(
    wanted="dollars an hour by machine id", example="{'c5.large.od': 0.085}",
    take=lambda value: {text(name): amount(dollars) for name, dollars in _mapping(value).items()},
)  # fmt: skip


def checked(**kinds: Kind) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function take only values of these kinds, by parameter, or a parameter's own default.

    Anything else raises a ``BadRequest`` that names the parameter and says what to write.
    """

    def of(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> T:
            bound = signature.bind(*args, **kwargs)
            for name, kind in kinds.items():
                if name in bound.arguments and bound.arguments[name] is not signature.parameters[name].default:
                    bound.arguments[name] = kind.held(name, bound.arguments[name])
            return function(*bound.args, **bound.kwargs)

        return called

    return of

"""The notebook's own answers to the samples, and where two answers differ."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import importlib
import importlib.machinery
import importlib.util
import inspect
import io
import json
import math
import sys
import threading
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

_SLOT = "_aibro_slot_in_kernel"


def live_answer(function: Callable[..., Any], sample: Mapping[str, Any], fixed: Mapping[str, Any]) -> bytes:
    """Return the function's answer as the JSON a slot would send; whatever the function raises, it raises.

    It gets a copy of the sample, by parameter name; ``fixed`` are the arguments that are the notebook's own objects.
    """
    own = {**{name: copy.deepcopy(value) for name, value in sample.items()}, **fixed}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        answer = _call(function, own)
    return _encoded(answer)


def differences(expected: Any, got: Any, where: str = "answer") -> list[str]:
    """Return where two decoded JSON values differ; floats may differ by rounding (1e-6 relative)."""
    match expected, got:
        case dict(), dict() if expected.keys() == got.keys():
            return [line for key in expected for line in differences(expected[key], got[key], f"{where}[{key!r}]")]
        case list(), list() if len(expected) == len(got):
            pairs = enumerate(zip(expected, got, strict=True))
            return [line for at, (one, other) in pairs for line in differences(one, other, f"{where}[{at}]")]
        case bool(), bool():
            pass
        case ((int() | float()), (int() | float())) if not isinstance(expected, bool) and not isinstance(got, bool):
            if math.isclose(expected, got, rel_tol=1e-6, abs_tol=1e-9):
                return []
    return (
        []
        if expected == got and type(expected) is type(got)
        else [f"{where}: {_short(got)} instead of {_short(expected)}"]
    )


def _call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    placed, named = [], dict(arguments)
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return function(*arguments.values())
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if "data" in named and not any(parameter.kind in by_position for parameter in parameters.values()):
        placed.append(named.pop("data"))  # the one value of a function(*args)
    for name, parameter in parameters.items():
        if name not in named or parameter.kind not in by_position:
            break
        placed.append(named.pop(name))
    answer = function(*placed, **named)
    if inspect.isawaitable(answer):
        return _awaited(answer)
    return list(answer) if inspect.isgenerator(answer) else answer


def _awaited(answer: Any) -> Any:
    """Wait on a loop of its own: the notebook's is running already."""
    outcome: list[Any] = []

    async def wait() -> Any:
        return await answer

    def work() -> None:
        try:
            outcome.extend([True, asyncio.run(wait())])
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, whatever it is
            outcome.extend([False, error])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if not outcome[0]:
        raise outcome[1]
    return outcome[1]


def _encoded(value: Any) -> bytes:
    """Encode with the slot's own code, loaded by path as the slot loads it, so that both sides mean the same."""
    if _SLOT not in sys.modules:
        spec = importlib.machinery.ModuleSpec(_SLOT, None, is_package=True)
        spec.submodule_search_locations = [str(files("aibro_jupyter") / "slot")]
        sys.modules[_SLOT] = importlib.util.module_from_spec(spec)
    encoded: bytes = importlib.import_module(f"{_SLOT}.result").encoded(value)
    return encoded


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

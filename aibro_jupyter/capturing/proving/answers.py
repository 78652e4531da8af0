"""The notebook's own answers to the samples."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import inspect
import io
import threading
from collections.abc import Callable, Mapping
from typing import Any

from aibro_jupyter.modelio.values import encoded


def live_answer(function: Callable[..., Any], sample: Mapping[str, Any], fixed: Mapping[str, Any]) -> bytes:
    """Return the function's answer as the JSON a slot would send; whatever the function raises, it raises.

    It gets a copy of the sample, by parameter name; ``fixed`` are the arguments that are the notebook's own objects.
    """
    own = {**{name: copy.deepcopy(value) for name, value in sample.items()}, **fixed}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        answer = _call(function, own)
    return encoded(answer)


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

"""What a repo runs while it answers: copied beside predict.py, imported there in the place of its two functions.

It knows nothing of the rest of this package, which need not be importable there.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

_HERE = os.path.dirname(os.path.realpath(__file__))
_MOST = 20_000
"""Chosen: so many steps of one function are looked at; those after it, in a long loop, count as not run."""


class Watch:
    """Notes every function that runs, and of the repo's own each step."""

    def __init__(self, targets: list[list[str]]) -> None:
        self._targets = targets
        self._codes: set[CodeType] = set()
        self._steps: set[tuple[CodeType, int]] = set()
        self._counts: dict[CodeType, int] = {}
        self._importing = False

    def imported(self, name: str) -> Any:
        """Return a module of the repo, imported while its own code alone is watched: libraries run much of theirs."""
        self._importing = True
        try:
            return self.watching(importlib.import_module)(name)
        finally:
            self._importing = False

    def watching(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, watched."""

        @functools.wraps(function)
        def watched(*arguments: Any, **named: Any) -> Any:
            threading.settrace(self._called)
            sys.settrace(self._called)
            try:
                return function(*arguments, **named)
            finally:
                sys.settrace(None)
                threading.settrace(None)

        return watched

    def telling(self, function: Callable[..., Any]) -> Callable[..., str]:
        """Return the function, watched, with what was seen so far as its answer."""
        watched = self.watching(function)

        @functools.wraps(function)
        def told(*arguments: Any, **named: Any) -> str:
            error = ""
            try:
                watched(*arguments, **named)
            except Exception as raised:  # noqa: BLE001 - it is the model's own; the proof tells of it
                error = type(raised).__name__
            return json.dumps({"touched": self._touched(), "ran": sorted(self._ran()), "error": error})

        return told

    def _called(self, frame: FrameType, event: str, _arg: Any) -> Any:
        code = frame.f_code
        own = code.co_filename.startswith(_HERE) and code.co_filename != __file__
        if not self._importing:
            self._codes.add(code)
        if not own or event != "call" or self._counts.get(code, 0) > _MOST:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "opcode":
            code = frame.f_code
            self._steps.add((code, frame.f_lasti))
            self._counts[code] = self._counts.get(code, 0) + 1
            if self._counts[code] > _MOST:
                frame.f_trace_opcodes = False
                return None
        return self._step

    def _ran(self) -> Iterator[tuple[Any, ...]]:
        """Yield the places of the repo's own code that ran: file, first and last line, first and last column."""
        for code in {code for code, _ in self._steps}:
            places = list(code.co_positions())
            name = os.path.relpath(code.co_filename, _HERE)
            for at in {step for one, step in self._steps if one is code}:
                place = places[at // 2]
                if None not in place:
                    yield name, *place

    def _touched(self) -> list[int]:
        return [number for number, target in enumerate(self._targets) if self._is_touched(*target)]

    def _is_touched(self, module: str, owner: str, attribute: str) -> bool:
        """Tell whether an attribute's function ran, or code that names the attribute where it is none of Python's."""
        place = sys.modules.get(module)
        for part in owner.split(".") if owner else ():
            place = getattr(place, part, None)
        found = _static(place, attribute)
        codes = list(_codes(found)) if found is not None else []
        if codes and not isinstance(found, type):
            return any(code in self._codes for code in codes)
        return any(attribute in code.co_names or attribute in code.co_consts for code in self._codes)


def _static(owner: Any, attribute: str) -> Any:
    """Return an attribute as it stands in a module or class, without what reading it would make of it."""
    for one in owner.__mro__ if isinstance(owner, type) else (owner,):
        if attribute in getattr(one, "__dict__", {}):
            return vars(one)[attribute]
    return None


def _codes(value: Any) -> Iterator[CodeType]:
    """Yield the code of a function, below all that was wrapped around it."""
    if isinstance(value, property):
        for function in (value.fget, value.fset):
            yield from _codes(function) if function is not None else ()
        return
    for _ in range(20):
        inner = getattr(value, "__func__", None) or getattr(value, "__wrapped__", None)
        if inner is None:
            break
        value = inner
    if isinstance(value, FunctionType):
        yield value.__code__

"""An exception as its author should read it: from the first line of their own code on."""

from __future__ import annotations

import os
import traceback
from types import TracebackType
from typing import Any

_LONGEST_MESSAGE = 2000
"""Characters. Chosen: some libraries put whole tables into their messages."""
_HERE = os.path.dirname(os.path.abspath(__file__))
OURS = (_HERE, os.path.join(os.path.dirname(_HERE), "modelio"))
"""The folders of our own files."""


def told(error: BaseException, repo: str) -> dict[str, Any]:
    """Return type, message and traceback; the traceback has no frame of ours, and paths as they are in the repo."""
    text = "".join(_formatted(error))
    return {
        "type": _type_name(error),
        "message": _message(error)[:_LONGEST_MESSAGE],
        "traceback": text.replace(repo + os.sep, ""),
    }


def _formatted(error: BaseException) -> list[str]:
    try:
        return traceback.format_exception(type(error), error, _theirs(error.__traceback__))
    except Exception as broken:  # noqa: BLE001 - formatting runs the model's own __str__, which may raise anything
        return [f"{_type_name(error)} (its description raised {_type_name(broken)})\n"]


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """Drop the frames on top that are ours or the import system's."""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not (os.path.dirname(name) in OURS or name.startswith("<frozen importlib") or _of_the_library(name)):
            return trace
        trace = trace.tb_next
    return None


def _of_the_library(name: str) -> bool:
    return name in (os.path.join(os.path.dirname(os.__file__), "importlib", "__init__.py"),) or (
        os.path.dirname(name) == os.path.join(os.path.dirname(os.__file__), "asyncio")
    )


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the model's own __str__ may raise anything
        return ""

"""Defaults of another time: a function keeps those of the moment its definition ran, and what calls did to them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import replace
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.session.names import uses
from aibro_jupyter.capturing.session.source import Segment, defaults_of
from aibro_jupyter.capturing.values.values import literal

_FIXED = (int, float, complex, str, bytes, bool, type(None), tuple, frozenset)


def stale(function: FunctionType, segment: Segment, now: Callable[[str], Any]) -> str:
    """Return the first parameter whose default is not what the definition would give it now; empty when all are."""
    for parameter, text in segment.defaults if not segment.decorated else ():
        then = inspect.signature(function).parameters[parameter].default
        if _is_stale(then, text, now):
            return parameter
    return ""


def brought_back(function: FunctionType, segment: Segment, now: Callable[[str], Any]) -> Segment | None:
    """Return the definition with the defaults the function has by now written out; None when they are not plain."""
    tree = ast.parse(segment.text, mode="exec" if segment.binds else "eval")
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    node = next(one for one in ast.walk(tree) if isinstance(one, kinds))
    lines = segment.text.split("\n")
    for argument, default in reversed(list(defaults_of(node))):
        texts = [text for name, text in segment.defaults if name == argument]
        then = inspect.signature(function).parameters[argument].default
        if default is None or not texts or not _is_stale(then, texts[0], now):
            continue
        written = literal(then)
        if written is None or written.imports or "\n" in written.text or default.lineno != default.end_lineno:
            return None
        line = lines[default.lineno - 1].encode()
        made = line[: default.col_offset] + written.text.encode() + line[default.end_col_offset :]
        lines[default.lineno - 1] = made.decode()
    text = "\n".join(lines)
    compiled = compile(
        text if segment.binds else f"({text})", segment.cell, "exec", flags=segment.flags, dont_inherit=True
    )
    return replace(segment, text=text, uses=uses(compiled))


def _is_stale(then: Any, text: str, now: Callable[[str], Any]) -> bool:
    if not text.isidentifier():
        return not _still(text, then)
    found = now(text)
    return then is not found and not (isinstance(then, _FIXED) and type(then) is type(found) and then == found)


def _still(text: str, value: Any) -> bool:
    """Tell whether a container default is what its text makes; True when the text alone does not say."""
    try:
        return bool(ast.literal_eval(text) == value)
    except ValueError:
        return True

"""Functions that a library wrote and compiled, as sympy's lambdify does: the text, where the line cache has it."""

from __future__ import annotations

import builtins
import linecache
import re
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.session.names import Uses, nested, same_code, uses
from aibro_jupyter.capturing.session.source import Segment

_BUILTINS = frozenset(vars(builtins))


def generated_segment(function: FunctionType, name: str, cell: str) -> tuple[Segment, dict[str, Any]] | None:
    """Return a generated function as a definition of that name, and what the names in it mean; None without a text."""
    code = function.__code__
    if not code.co_filename.startswith("<") or function.__closure__ or function.__defaults__:
        return None
    source = "".join(linecache.getlines(code.co_filename)).strip("\n")
    text = source.replace(f"def {code.co_name}(", f"def {name}(", 1)
    try:
        whole = compile(text, cell, "exec", dont_inherit=True)
    except SyntaxError:
        return None
    if not text.startswith(f"def {name}(") or not any(same_code(code, one) for one in nested(whole)):
        return None
    meant = read_from(function, uses(whole))
    for hidden in [one for one in meant if one in _BUILTINS and getattr(builtins, one) is not meant[one]]:
        # numpy's absolute under the name abs would be that of every other function too
        plain = str(getattr(meant[hidden], "__name__", hidden))
        text = re.sub(rf"(?<![\w.]){hidden}(?=\()", plain, text)
        meant[plain] = meant.pop(hidden)
    found = uses(compile(text, cell, "exec", dont_inherit=True))
    return Segment(text=text, binds=name, cell=cell or "generated", order=(0, 0), uses=found), meant


def read_from(function: FunctionType, used: Uses) -> dict[str, Any]:
    """Return what the names in a function's text mean, as its own globals have them."""
    known = function.__globals__
    return {name: known[name] for name in used.every() if name in known}

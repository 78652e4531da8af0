"""Functions that a call made of others: ``fast = njit(slow)``, ``fib = lru_cache(None)(fib)``."""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import FunctionType, ModuleType
from typing import Any

from aibro_jupyter.capturing.session.localmodules import made_in_local_module
from aibro_jupyter.capturing.session.names import bound, nested, same_code, uses
from aibro_jupyter.capturing.session.notebook import Cell, Notebook, outside_functions
from aibro_jupyter.capturing.session.source import Segment, closure, function_segment, inner_functions, unwrapped

_FIXED = (int, float, complex, str, bytes, bool, type(None), tuple, frozenset)


@dataclass(frozen=True, kw_only=True)
class _Statement:
    """An assignment of a call to a name."""

    cell: Cell
    name: str
    call: ast.Call

    @property
    def text(self) -> str:
        return f"{self.name} = {ast.get_source_segment(self.cell.text, self.call)}"

    def names(self) -> list[str]:
        """Return the names that it reads."""
        inside = ast.walk(self.call)
        return list(dict.fromkeys(one.id for one in inside if isinstance(one, ast.Name) and type(one.ctx) is ast.Load))

    def has(self, functions: list[FunctionType]) -> bool:
        """Tell whether one of the functions is a lambda that stands in the call itself."""
        codes = list(nested(compile(ast.Expression(self.call), self.cell.label, "eval", dont_inherit=True)))
        return any(same_code(one.__code__, code) for one in functions for code in codes)


def wrapped_functions(notebook: Notebook, value: Any) -> list[FunctionType]:
    """Return the notebook's own functions that a callable was made of, nearest first; [] for a plain function."""
    return [one for one in _own_functions(notebook, value) if one is not value]


def _own_functions(notebook: Notebook, value: Any) -> list[FunctionType]:
    outer = unwrapped(value) if not isinstance(value, type) else None
    return [one for one in (outer, *inner_functions(outer)) if notebook.owns(one)] if outer is not None else []


def wrapping_segment(notebook: Notebook, name: str, value: Any) -> Segment | None:
    """Return the assignment that made a callable of the notebook's functions; None when there is none, or it is stale.

    A function that lost its name since, most often to what was made of it, is defined right above.
    """
    made_of = wrapped_functions(notebook, value)
    chain = list(_assignments(notebook, name)) if made_of or _is_from_elsewhere(notebook, value) else []
    if not chain or any(_rebound_since(notebook, one, value) for one in chain):
        return None
    read = dict.fromkeys(used for one in chain for used in one.names())
    hidden = {used: _lost(notebook, used, made_of, itself=used == name) for used in read}
    lost = [one for one in hidden.values() if one is not None]
    known = any(_is_part(notebook, used, made_of) for used in read) or any(one.has(made_of) for one in chain)
    if len(lost) > 1 or (made_of and not lost and not known):
        return None
    blocks = [one.text for one in reversed(chain)]
    text, above = "\n".join(blocks), None
    if lost:
        above = function_segment(notebook, lost[0], lost[0].__name__)
        if above is None or not above.binds:
            return None
        text = f"{above.text}\n\n\n{text}"
    found = uses(compile(text, chain[0].cell.label, "exec", flags=above.flags if above else 0, dont_inherit=True))
    wrapped = [used for used in read if used in found.early and _is_part(notebook, used, made_of)]
    for used in wrapped:
        del found.early[used]
        found.later.setdefault(used)
    call = chain[0].call
    made = Segment(
        text=text, binds=name, cell=chain[0].cell.label, order=(chain[0].cell.number, call.lineno), uses=found,
        decorated=True, after=tuple(wrapped), hides=above.binds if above else "",
    )  # fmt: skip
    return replace(made, future_annotations=above.future_annotations) if above else made


def _is_from_elsewhere(notebook: Notebook, value: Any) -> bool:
    """Tell whether a library's function made it while it ran: ``jit = numba.njit(fastmath=True)``."""
    if not isinstance(value, FunctionType) or "<locals>" not in value.__qualname__ or notebook.owns(value):
        return False
    return not (made_in_local_module(value) and _has_state(value))


def _has_state(function: FunctionType) -> bool:
    """Tell whether calls may have changed what a function closes over, so that a new one would be another."""
    steps = dis.get_instructions(function.__code__)
    rebinds = any(one.opname == "STORE_DEREF" and one.argval in function.__code__.co_freevars for one in steps)
    return rebinds or any(isinstance(one, dict | list | set) and one for one in closure(function).values())


def _assignments(notebook: Notebook, name: str) -> Iterator[_Statement]:
    """Yield the newest ``name = call(...)``; if it reads the name itself, those before it too, newest first."""
    for cell in notebook.cells:
        if cell.tree is None or cell.code is None or name not in bound(cell.code):
            continue
        for node in reversed(list(outside_functions(cell.tree))):
            match node:
                case ast.Assign(targets=targets, value=ast.Call() as call) if name in map(_named, targets):
                    found = _Statement(cell=cell, name=name, call=call)
                case ast.AnnAssign(target=target, value=ast.Call() as call) if _named(target) == name:
                    found = _Statement(cell=cell, name=name, call=call)
                case ast.FunctionDef(name=target) | ast.AsyncFunctionDef(name=target) if target == name:
                    return
                case ast.Assign() | ast.AnnAssign() | ast.For() | ast.With() | ast.AugAssign() if _binds(node, name):
                    return
                case _:
                    continue
            yield found
            if name not in found.names():
                return


def _named(target: ast.expr) -> str:
    return target.id if isinstance(target, ast.Name) else ""


def _binds(node: ast.AST, name: str) -> bool:
    """Tell whether a statement itself, not one inside it, binds a name."""
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    targets = [one.optional_vars for one in node.items] if isinstance(node, ast.With) else targets
    parts = [part for target in targets if target is not None for part in ast.walk(target)]
    return any(isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Store) for part in parts)


def _lost(notebook: Notebook, name: str, made_of: list[FunctionType], *, itself: bool) -> FunctionType | None:
    """Return the innermost function of that name, if it is not any more what the name means."""
    if not itself and _is_part(notebook, name, made_of):
        return None
    return next((one for one in reversed(made_of) if one.__name__ == name), None)


def _is_part(notebook: Notebook, name: str, made_of: list[FunctionType]) -> bool:
    """Tell whether a name means one of those functions, or what was made of it."""
    now = _own_functions(notebook, notebook.namespace.get(name))
    return any(one is other or same_code(one.__code__, other.__code__) for one in made_of for other in now)


def _rebound_since(notebook: Notebook, statement: _Statement, value: Any) -> bool:
    """Tell whether a value that the statement reads is another one by now, so that it would make something else."""
    for name in statement.names():
        now = notebook.namespace.get(name)
        if callable(now) or isinstance(now, ModuleType) or name not in notebook.namespace:
            continue
        for cell in notebook.cells:
            if cell.number <= statement.cell.number:
                break
            if cell.code is not None and name in bound(cell.code):
                return not _holds(value, now)
    return False


def _holds(value: Any, part: Any) -> bool:
    """Tell whether one of a callable's closures has that very value."""
    functions = [one for one in (unwrapped(value),) if one is not None]
    for function in [*functions, *(inner for one in functions for inner in inner_functions(one))]:
        for held in closure(function).values():
            if held is part or (isinstance(part, _FIXED) and type(held) is type(part) and held == part):
                return True
    return False

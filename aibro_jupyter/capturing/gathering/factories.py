"""Classes that a function made: the values that the function gave them, read back from the live class."""

from __future__ import annotations

import ast
import inspect
from types import CodeType
from typing import Any

from aibro_jupyter.capturing.session.names import nested
from aibro_jupyter.capturing.session.notebook import Cell
from aibro_jupyter.capturing.session.source import closure, unwrapped

_UNKNOWN = object()


def given_to(cls: type, cell: Cell) -> dict[str, Any] | None:
    """Return what a class defined inside a function took from it, by name; None when some of it cannot be told."""
    if cell.tree is None or cell.code is None or "<locals>" not in cls.__qualname__:
        return {}
    node = next(
        (one for one in ast.walk(cell.tree) if isinstance(one, ast.ClassDef) and one.name == cls.__name__), None
    )
    if node is None:
        return {}
    found = {name: _value(name, cls, node) for name in sorted(_taken(cls, node, cell.code))}
    return None if any(value is _UNKNOWN for value in found.values()) else found


def _taken(cls: type, node: ast.ClassDef, whole: CodeType) -> set[str]:
    """Return the variables of the function around a class that its body, methods, bases and decorators read."""
    outside = [*node.bases, *node.keywords, *node.decorator_list]
    read = {one.id for part in outside for one in ast.walk(part) if isinstance(one, ast.Name)}
    for outer in nested(whole):
        for const in outer.co_consts:
            if isinstance(const, CodeType) and const.co_qualname == cls.__qualname__:
                own = {*outer.co_varnames, *outer.co_cellvars}
                return (set(const.co_freevars) - {"__class__"}) | (read & own)
    return set()


def _value(name: str, cls: type, node: ast.ClassDef) -> Any:
    for base, live in zip(node.bases, getattr(cls, "__orig_bases__", cls.__bases__), strict=False):
        if isinstance(base, ast.Name) and base.id == name:
            return live
    for member in vars(cls).values():
        inner = member.__func__ if isinstance(member, staticmethod | classmethod) else member
        function = unwrapped(inner.fget if isinstance(inner, property) else inner)
        if function is not None and name in (held := closure(function)):
            return held[name]
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Name(id=read)) if read == name:
                return vars(cls).get(bound, _UNKNOWN)
            case ast.FunctionDef(name=method):
                function = unwrapped(vars(cls).get(method))
                parameters = inspect.signature(function).parameters if function is not None else {}
                for argument, default in _defaults(statement):
                    if isinstance(default, ast.Name) and default.id == name and argument in parameters:
                        return parameters[argument].default
    return _UNKNOWN


def _defaults(node: ast.FunctionDef) -> list[tuple[str, ast.expr | None]]:
    placed = [*node.args.posonlyargs, *node.args.args]
    pairs: list[tuple[str, ast.expr | None]] = [
        (argument.arg, default)
        for argument, default in zip(reversed(placed), reversed(node.args.defaults), strict=False)
    ]
    return [
        *pairs,
        *((one.arg, default) for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)),
    ]

"""Where a value was changed in place after the cell that made it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from aibro_jupyter.capturing.session.notebook import Cell

_CHANGING = frozenset(
    {
        "append",
        "extend",
        "insert",
        "update",
        "add",
        "pop",
        "remove",
        "clear",
        "setdefault",
        "sort",
        "reverse",
        "discard",
    }
)


def changed_in(cells: Iterable[Cell], name: str) -> str:
    """Return the newest cell that changed a variable's value in place, if it ran after the one that bound it."""
    newest = ""
    for cell in cells:
        if cell.tree is None or cell.code is None:
            continue
        if name not in cell.code.co_names:
            continue
        if any(_binds(node, name) for node in _outside_definitions(cell.tree)):
            return newest
        if not newest and any(changes(node, name) for node in _outside_definitions(cell.tree)):
            newest = cell.label
    return ""


def _outside_definitions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from _outside_definitions(child)


def _binds(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


def changes(node: ast.AST, name: str) -> bool:
    """Tell whether a statement or call changes a variable's value in place: an item, an attribute, ``append()``."""
    match node:
        case ast.Subscript(ctx=ast.Store() | ast.Del(), value=owner) | ast.Attribute(ctx=ast.Store(), value=owner):
            return _root(owner) == name
        case ast.Call(func=ast.Attribute(attr=attribute, value=owner)):
            return _root(owner) == name and attribute in _CHANGING
    return False


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""

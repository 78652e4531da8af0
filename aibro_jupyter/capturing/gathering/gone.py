"""A name that code reads and nobody has: where it went, and what brings it back."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from aibro_jupyter.capturing.session.names import bound
from aibro_jupyter.capturing.session.notebook import Cell, Notebook


def gone(notebook: Notebook, name: str) -> tuple[str, str]:
    """Return what became of a name, as the end of "no such variable now: …" ("" if nothing tells), and what to do."""
    made = next((cell for cell in notebook.cells if cell.code is not None and name in bound(cell.code)), None)
    deleted = next((cell for cell in notebook.cells if _deletes(cell, name)), None)
    if deleted is not None and made is not None and deleted.number >= made.number:
        if deleted.number == made.number:
            return f"{made.label} makes and deletes it", f"take `del {name}` out of {made.label} and run it again"
        return (
            f"{deleted.label} deleted it after {made.label} made it",
            f"run {made.label} again, and not {deleted.label}",
        )
    if made is not None:
        told = f"{made.label} would make it, and did not come to that line"
        return told, f"run {made.label} again, to its end"
    if inner := _inner(notebook, name):
        function, cell = inner
        told = f"it is a variable inside {function}(), {cell.label}, and is gone when that returns"
        return told, f"have {function}() return it, and keep it: {name} = {function}(...)"
    near = difflib.get_close_matches(name, [one for one in notebook.namespace if not one.startswith("_")], 1, 0.75)
    if near:
        return f"there is '{near[0]}'", f"write {near[0]}, if that is meant; else run the cell that defines '{name}'"
    return "", f"run the cell that defines '{name}'"


def _deletes(cell: Cell, name: str) -> bool:
    if "run_line_magic('reset'" in cell.text:
        return True
    nodes = _outside_functions(cell.tree) if cell.tree is not None else ()
    return any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Del) for node in nodes)


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from _outside_functions(child)


def _inner(notebook: Notebook, name: str) -> tuple[str, Cell] | None:
    """Return the newest function that has a variable of that name, and its cell."""
    for cell in notebook.cells:
        for node in ast.walk(cell.tree) if cell.tree is not None else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _binds(node, name):
                return node.name, cell
    return None


def _binds(function: ast.AST, name: str) -> bool:
    stored = (node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return any(node.id == name for node in stored)

"""The sample that nobody named: the arguments of the function's last call in the session, cut to a few rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.values.guards import is_frame

_ROWS = 5
"""Chosen: enough to see that rows are independent, little enough to stand in a repo."""
_SURELY_ROWS = 100
"""An array this long is taken for rows; a shorter one may be a single picture."""
_HARMLESS = frozenset(
    {"head", "tail", "copy", "iloc", "loc", "to_dict", "to_numpy", "tolist", "reshape", "values", "T", "drop"}
)
_PLAIN = (
    ast.Name, ast.Constant, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Dict, ast.UnaryOp, ast.USub, ast.Load,
)  # fmt: skip


def last_call(notebook: Notebook, name: str) -> tuple[tuple[Any, ...], dict[str, Any], str] | None:
    """Return positional and named arguments and the cell of the newest call; None when there is none to be trusted.

    Only expressions that read variables and slice them are evaluated: nothing is computed again.
    """
    for cell in notebook.cells:
        for call in reversed(list(_calls(cell.tree, name))) if cell.tree else []:
            try:
                placed = tuple(_cut(_value(one, notebook)) for one in call.args)
                named = {str(one.arg): _cut(_value(one.value, notebook)) for one in call.keywords}
            except Exception:  # noqa: BLE001, S112 - a variable may be gone, or slicing may raise anything
                continue
            return placed, named, cell.label
    return None


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        match node:
            case ast.Call(func=func, args=args, keywords=keywords) if ast.unparse(func) == name and (args or keywords):
                yield node
        yield from _calls(node, name)


def _value(node: ast.expr, notebook: Notebook) -> Any:
    if not all(_harmless(part) for part in ast.walk(node)):
        raise ValueError("it would compute something")
    code = compile(ast.Expression(node), "<sample>", "eval")
    return eval(code, {"__builtins__": {}}, dict(notebook.namespace))  # noqa: S307 - names, constants and slices only


def _harmless(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=attribute):
            return attribute in _HARMLESS
        case ast.Call(func=ast.Attribute(attr=attribute)):
            return attribute in _HARMLESS
        case ast.keyword():
            return True
    return isinstance(node, _PLAIN)


def _cut(value: Any) -> Any:
    if is_frame(value) or (type(value).__module__.startswith("pandas") and hasattr(value, "iloc")):
        return value.iloc[:_ROWS]
    if type(value).__name__ == "ndarray" and getattr(value, "ndim", 0) > 1 and len(value) > _SURELY_ROWS:
        return value[:_ROWS]
    if isinstance(value, list) and len(value) > _ROWS and all(isinstance(one, str | dict) for one in value):
        return value[:_ROWS]
    return value

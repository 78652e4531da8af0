"""How an object was made: the notebook's own constructor call, with the values that its arguments have now."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from aibro_jupyter.capturing.values.values import literal


class _Ran(Protocol):
    @property
    def tree(self) -> ast.Module | None:
        """Return the syntax tree of a text that ran."""
        ...


def constructor_call(cells: Iterable[_Ran], name: str, value: Any, namespace: Mapping[str, Any]) -> str:
    """Return the call that last made ``name`` of its class, every argument a literal; empty when no cell tells."""
    wanted = type(value).__name__
    for cell in cells:
        for node in reversed(list(ast.walk(cell.tree)) if cell.tree is not None else []):
            match node:
                case ast.Assign(targets=[ast.Name(id=found)], value=ast.Call(func=ast.Name(id=made)) as call):
                    if found == name and made == wanted:
                        return _written_out(call, namespace)
    return ""


def _written_out(call: ast.Call, namespace: Mapping[str, Any]) -> str:
    if any(isinstance(argument, ast.Starred) for argument in call.args) or not all(word.arg for word in call.keywords):
        return ""
    parts = [("", argument) for argument in call.args] + [(f"{word.arg}=", word.value) for word in call.keywords]
    texts = [(name, _argument(argument, namespace)) for name, argument in parts]
    if any(text is None for _, text in texts):
        return ""
    return f"{ast.unparse(call.func)}({', '.join(f'{name}{text}' for name, text in texts)})"


def _argument(node: ast.expr, namespace: Mapping[str, Any]) -> str | None:
    if isinstance(node, ast.Name):
        written = literal(namespace.get(node.id)) if node.id in namespace else None
        return written.text if written is not None and not written.imports else None
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]) if hasattr(namespace.get(name), "__len__"):
            return str(len(namespace[name]))
    try:
        return repr(ast.literal_eval(node))
    except ValueError:
        return None

"""A constant as its author wrote it: the very expression, where it still says what the variable holds."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aibro_jupyter.capturing.session.notebook import Cell
from aibro_jupyter.capturing.values.values import literal

_MOST = 6000
"""Characters. Chosen: some more than a literal may have, for an author's own layout is longer."""
_CALLS = {
    "dict": dict,
    "set": set,
    "frozenset": frozenset,
    "list": list,
    "tuple": tuple,
    "range": range,
    "float": float,
}
_SETS = frozenset({"set", "frozenset"})
_PLAIN = (
    ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.UAdd, ast.Load, ast.keyword,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AsWritten:
    """An expression, and the comment behind it."""

    text: str
    comment: str = ""


def as_written(cells: Iterable[Cell], name: str, value: Any) -> AsWritten | None:
    """Return the newest statement's expression for a name; None unless running it makes what the variable holds."""
    known = literal(value)
    for cell in cells:
        if cell.tree is None or cell.code is None or name not in cell.code.co_names:
            continue
        found = [one for node in cell.tree.body if (one := _assigned(node, name)) is not None]
        if not found:
            continue
        made = _evaluated(found[-1])
        if made is None or known is None or (again := literal(made[0])) is None or again.text != known.text:
            return None
        return _alone(cell.text, found[-1])
    return None


def _assigned(node: ast.stmt, name: str) -> ast.expr | None:
    match node:
        case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name:
            return value
        case ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value) if bound == name:
            return value
    return None


def _evaluated(node: ast.expr) -> tuple[Any] | None:
    """Return what an expression of constants makes, in a tuple; None when it reads anything else."""
    if not all(_is_plain(part) for part in ast.walk(node)) or _ordered_by_hash(node):
        return None
    try:
        code = compile(ast.Expression(node), "<constant>", "eval")
        return (eval(code, {"__builtins__": {}}, _CALLS),)  # noqa: S307 - constants and arithmetic only
    except (ArithmeticError, TypeError, ValueError, MemoryError):
        return None


def _ordered_by_hash(node: ast.expr) -> bool:
    """Tell whether a sequence is made of a set: another process would put it in another order."""
    sets = [part for part in ast.walk(node) if isinstance(part, ast.Set) or getattr(part, "id", "") in _SETS]
    outer = [part for part in ast.walk(node) if getattr(part, "id", "") in ("list", "tuple", "dict")]
    return bool(sets and (outer or any(isinstance(part, ast.Starred) for part in ast.walk(node))))


def _is_plain(node: ast.AST) -> bool:
    match node:
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return not any(_is_long(side) for side in (left, right))
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=power)):
            return isinstance(power, int | float) and abs(power) <= 64
        case ast.Pow() | ast.BinOp() | ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="split")):
            return not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Pow)
        case ast.Attribute(value=ast.Constant(value=str()), attr="split"):
            return True
        case ast.Call(func=ast.Name(id=name)) | ast.Name(id=name):
            return name in _CALLS
    return isinstance(node, _PLAIN)


def _is_long(node: ast.expr) -> bool:
    return not (
        isinstance(node, ast.Constant | ast.UnaryOp | ast.BinOp) and not isinstance(_constant(node), str | bytes)
    )


def _constant(node: ast.expr) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def _alone(text: str, node: ast.expr) -> AsWritten | None:
    """Return the expression's own text and the comment behind it; None when more stands on its lines."""
    written = ast.get_source_segment(text, node)
    if written is None or len(written) > _MOST or "\x0c" in written or "\r" in written:
        return None
    lines = text.split("\n")
    last = (node.end_lineno or 1) - 1
    before = lines[node.lineno - 1][: node.col_offset]
    rest = lines[last].encode()[node.end_col_offset :].decode().strip()
    if before[:1].isspace() or ";" in before:
        return None
    if "\n" in written and written[0] not in "[{(" and not written.startswith(("dict(", "set(", '"""', "'''")):
        return None
    if not rest:
        return AsWritten(text=written)
    return AsWritten(text=written, comment=_comment(rest)) if rest.startswith("#") else None


def _comment(rest: str) -> str:
    tokens = list(tokenize.generate_tokens(io.StringIO(rest).readline))
    return tokens[0].string.lstrip("#").strip().rstrip(".#")

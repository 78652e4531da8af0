"""Code of a repo that the samples did not run: whether it does anything that might lead into a library."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Place = tuple[Any, ...]
"""File, first and last line, first and last column, as code objects have them."""
_OF_THE_NOTEBOOK = ("predict.py", "notebook_code.py")
_ROOTS = ("run", "load_model")
_MAKES = frozenset({"__init__", "__new__", "__post_init__"})
_HARMLESS = frozenset({"isinstance", "issubclass", "type", "id", "callable", "len"})
_DEEDS = (ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.Compare)


def may_call_more(texts: Mapping[str, str], ran: Collection[Place], plain: Collection[str] = ()) -> bool:
    """Tell whether code that may be reached, but did not run, calls or computes more than plain constants.

    ``texts`` are the repo's own files by name, ``plain`` its globals that hold Python's own containers. What only
    leads to an error is no answer and does not count; neither do calls of the repo's own functions, which are looked
    at themselves.
    """
    trees = {name: ast.parse(text) for name, text in texts.items()}
    functions = [one for name, tree in trees.items() for one in _functions(tree, name)]
    own = {one.name for one in functions} | {one.cls for one in functions}
    ends: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for file, first, last, left, right in ran:
        ends.setdefault((file, last, right), []).append((first, left))
    for one in _live(functions, _meanings(trees.values()), {(file, line) for file, line, *_ in ran}):
        known = set(plain) - _bound(one.node) if one.file in _OF_THE_NOTEBOOK else ()
        for node in _deeds(one.body):
            starts = ends.get((one.file, node.end_lineno, node.end_col_offset), [])
            visited = any(start >= (node.lineno, node.col_offset) for start in starts)
            if not visited and not _is_harmless(node, own, known):
                return True
    return False


@dataclass(frozen=True, kw_only=True, eq=False)
class _Function:
    file: str
    name: str
    """Empty of a lambda, which has none by which it would be called."""
    cls: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

    @property
    def body(self) -> list[Any]:
        return [self.node.body] if isinstance(self.node, ast.Lambda) else self.node.body


def _functions(node: ast.AST, file: str, cls: str = "") -> Iterator[_Function]:
    """Yield the functions of a module and the methods of its classes; those inside of others belong to them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield _Function(file=file, name=getattr(child, "name", ""), cls=cls, node=child)
        else:
            yield from _functions(child, file, child.name if isinstance(child, ast.ClassDef) else cls)


def _meanings(trees: Iterable[ast.Module]) -> dict[str, set[str]]:
    """Return the names that modules assign -> the names of what they assign to them: ``fast = njit(slow)``."""
    found: dict[str, set[str]] = {}
    for node in (node for tree in trees for node in tree.body):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name | ast.Attribute):
                found.setdefault(target.id if isinstance(target, ast.Name) else target.attr, set()).update(_named(node))
    return found


def _live(
    functions: list[_Function], meanings: Mapping[str, set[str]], lines: Collection[tuple[str, int]]
) -> list[_Function]:
    """Return the functions that ran, and those whose name stands in what answers a request or in another of them."""
    named = set(_ROOTS)
    live: list[_Function] = []
    while new := [one for one in functions if one not in live and (_has_run(one, lines) or _may_run(one, named))]:
        live += new
        found = {name for one in new for name in _named(one.node)}
        while found - named:
            named |= found
            found = {name for one in found for name in meanings.get(one, ())}
    return live


def _named(node: ast.AST) -> set[str]:
    """Return every name, attribute and text in a piece of code."""
    nodes = list(ast.walk(node))
    texts = {one.value for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return texts | {getattr(one, "id", None) or getattr(one, "attr", None) or "" for one in nodes}


def _has_run(one: _Function, lines: Collection[tuple[str, int]]) -> bool:
    return any((one.file, line) in lines for part in one.body for line in range(part.lineno, part.end_lineno + 1))


def _may_run(one: _Function, named: Collection[str]) -> bool:
    if one.cls and one.name in _MAKES:
        return one.cls in named
    return one.name in named or not one.name or (bool(one.cls) and one.name.startswith("__"))


def _deeds(nodes: list[Any]) -> Iterator[Any]:
    for node in nodes:
        if isinstance(node, ast.Raise | ast.Assert):
            continue
        if isinstance(node, _DEEDS) and not isinstance(getattr(node, "ctx", None), ast.Store):
            yield node
        yield from _deeds(_parts(node))


def _parts(node: ast.AST) -> list[ast.AST]:
    """Return what is evaluated inside of a node: no annotation, which is not."""
    match node:
        case ast.AnnAssign(target=target, value=value):
            return [target, *([value] if value is not None else [])]
        case ast.arguments(defaults=defaults, kw_defaults=named):
            return [*defaults, *(one for one in named if one is not None)]
        case ast.FunctionDef(args=args, body=body, decorator_list=decorators):
            return [args, *decorators, *body]
    return list(ast.iter_child_nodes(node))


def _bound(function: ast.AST) -> set[str]:
    """Return the names that are a function's own."""
    nodes = list(ast.walk(function))
    stored = {one.id for one in nodes if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)}
    return stored | {one.arg for one in nodes if isinstance(one, ast.arg)}


def _is_harmless(node: ast.expr, own: Collection[str], plain: Collection[str]) -> bool:
    match node:
        case (
            ast.Subscript(value=ast.Name(id=name))
            | ast.Attribute(value=ast.Name(id=name))
            | ast.Call(func=ast.Attribute(value=ast.Name(id=name)))
        ) if name in plain:
            return True
        case ast.Call(func=ast.Name(id=name)):
            kind = getattr(builtins, name, None)
            return name in own or name in _HARMLESS or (isinstance(kind, type) and issubclass(kind, BaseException))
        case ast.Compare(ops=ops):
            return all(isinstance(one, ast.Is | ast.IsNot) for one in ops)
        case ast.UnaryOp(op=op, operand=operand):
            return isinstance(op, ast.Not) or isinstance(operand, ast.Constant)
        case ast.BinOp(left=left, right=right):
            return isinstance(left, ast.Constant) and isinstance(right, ast.Constant)
        case ast.Attribute(value=ast.Constant()) | ast.Call(func=ast.Attribute(value=ast.Constant())):
            return True
    return False

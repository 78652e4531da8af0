"""What lives on between requests: globals that functions rebind, containers and class attributes that they change."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from aibro_jupyter.capturing.session.changes import changes
from aibro_jupyter.capturing.session.items import Defined, Gathered, Held

_MAKES = frozenset({"__init__", "__new__", "__post_init__", "__setstate__", "__del__"})
_LEAVES = "so the next request reads what one leaves; each instance, and each restart, begins with the notebook's"


def lasting(gathered: Gathered) -> Iterator[str]:
    """Yield a warning for each variable by which one request may change the answer to the next."""
    yield from _variables(gathered)
    yield from _objects(gathered)


def _variables(gathered: Gathered) -> Iterator[str]:
    at_import = {name for item in gathered.defined() for name in item.segment.uses.early}
    told: set[str] = set()
    for item in gathered.defined():
        segment = item.segment
        if item.name in at_import or segment.statement or segment.compiled:
            continue
        text = segment.text if segment.binds else f"({segment.text})"
        nodes = list(ast.walk(ast.parse(text)))
        for name in segment.uses.every():
            known = gathered.items.get(name)
            lives = isinstance(known, Held) or (isinstance(known, Defined) and isinstance(known.value, type))
            rebinds = name in segment.uses.rebound
            if name not in told and (rebinds or (lives and any(changes(node, name) for node in nodes))):
                told.add(name)
                cell = gathered.cell_of(name)
                what = "rebinds" if rebinds else "changes"
                told_of = f"{name} ({cell})" if cell else name
                yield f"{told_of}: {item.name}() {what} it, {_LEAVES}"


def _objects(gathered: Gathered) -> Iterator[str]:
    """Yield a warning for each object of a notebook's class that one of its methods changes, if that is called."""
    classes = {item.name: _methods(item) for item in gathered.defined() if isinstance(item.value, type)}
    called = _called(gathered, classes)
    for held in gathered.held():
        for kind in type(held.value).__mro__:
            methods = classes.get(kind.__name__, {}) if _is_of(gathered, kind) else {}
            changing = [name for name in methods if name in called - _MAKES and _changes_itself(methods[name])]
            if changing:
                told_of = f"{held.name} ({held.cell})" if held.cell else held.name
                yield f"{told_of}: its {changing[0]}() changes it, {_LEAVES}"
                break


def _is_of(gathered: Gathered, kind: type) -> bool:
    item = gathered.items.get(kind.__name__)
    return isinstance(item, Defined) and item.value is kind


def _methods(item: Defined) -> dict[str, ast.FunctionDef]:
    body = _tree(item).body
    parts = body[0].body if body and isinstance(body[0], ast.ClassDef) else []
    return {one.name: one for one in parts if isinstance(one, ast.FunctionDef)}


def _tree(item: Defined) -> ast.Module:
    text = item.segment.text if item.segment.binds and not item.segment.compiled else ""
    return ast.parse(text)


def _called(gathered: Gathered, classes: Mapping[str, Mapping[str, ast.FunctionDef]]) -> set[str]:
    """Return the names of methods that functions call, and those that these call in turn."""
    waiting: list[ast.AST] = [_tree(item) for item in gathered.defined() if item.name not in classes]
    found: set[str] = set()
    while waiting:
        nodes = list(ast.walk(waiting.pop()))
        named = {one.attr for one in nodes if isinstance(one, ast.Attribute)} - found
        if any(isinstance(one, ast.Call) and isinstance(one.func, ast.Name) for one in nodes):
            named |= {"__call__"} - found
        found |= named
        waiting += [methods[name] for methods in classes.values() for name in named if name in methods]
    return found


def _changes_itself(method: ast.FunctionDef) -> bool:
    own = next((one.arg for one in [*method.args.posonlyargs, *method.args.args]), "")
    return bool(own) and any(changes(node, own) for node in ast.walk(method))

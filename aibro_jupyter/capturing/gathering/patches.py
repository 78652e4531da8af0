"""What the notebook changed around it: attributes of libraries' modules and classes, environment variables."""

from __future__ import annotations

import ast
import builtins
import os
import sys
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from aibro_jupyter.capturing.gathering.registered import names_read
from aibro_jupyter.capturing.session.items import Defined, Gathered, Imported, Patch
from aibro_jupyter.capturing.session.names import uses
from aibro_jupyter.capturing.session.notebook import Cell, Notebook, cell_number
from aibro_jupyter.capturing.session.settings import Setting
from aibro_jupyter.capturing.session.source import Segment
from aibro_jupyter.capturing.values.contents import Wanted
from aibro_jupyter.capturing.values.guards import Secrets

_OWN_SETTINGS = ("options", "environ", "rcParams")
_MISSING = object()
_MADE_BY_CALLS = (FunctionType, MethodType, BuiltinFunctionType, type, property, partial)


def changes_of(
    notebook: Notebook, gathered: Gathered, secrets: Secrets, needed: Collection[str]
) -> list[Wanted] | None:
    """Gather what the notebook changed of libraries and the code names; return the names that the changes read.

    ``needed`` are targets that come along though no code names them. None: there is nothing more; what is left out
    is known to ``gathered`` then.
    """
    named = names_read(gathered) | {text for item in gathered.defined() for text in item.segment.uses.strings}
    wanted: list[Wanted] = []
    found, gathered.unneeded = False, []
    for patch in patches_of(notebook):
        if patch.target in gathered.items:
            continue
        known = _is_known(notebook, gathered, patch)
        if not (patch.target in needed or (known and patch.place[2] in named)):
            gathered.unneeded.append(replace(patch, known=known))
            continue
        found = True
        wanted += _added(notebook, gathered, patch)
        if why := secrets.in_code(patch.text):
            gathered.refuse(patch.target, patch.cell, why.reason, why.fix, "assignment")
    return wanted if found else None


def _is_known(notebook: Notebook, gathered: Gathered, patch: Patch) -> bool:
    """Tell whether the repo imports the library."""
    return isinstance(gathered.items.get(patch.root), Imported) or _top(notebook, patch.root) in gathered.roots()


def _added(notebook: Notebook, gathered: Gathered, patch: Patch) -> list[Wanted]:
    place = (cell_number(patch.cell), patch.line)
    segment = Segment(
        text=patch.text, binds=patch.target, cell=patch.cell, order=place, uses=patch.uses, statement=True
    )
    gathered.items[patch.target] = Defined(name=patch.target, value=None, segment=segment)
    told = "the notebook changed this in a library, and so does the repo"
    gathered.warnings.append(f"{patch.target} ({patch.cell}): {told}")
    names = [name for name in patch.uses.every() if name in notebook.namespace]
    return [(name, notebook.namespace[name], patch.target) for name in names]


def variables_of(notebook: Notebook, gathered: Gathered, secrets: Secrets) -> None:
    """Gather the environment variables that the notebook set and the code names."""
    strings = {text for item in gathered.defined() for text in item.segment.uses.strings}
    for name, cell in _variables_set(notebook).items():
        value = os.environ.get(name)
        if name in strings and value is not None and not (secrets.why(value, name) or secrets.under(name, value)):
            call = f"os.environ.setdefault({name!r}, {value!r})  # as set in the notebook"
            gathered.settings.append(Setting(needs="import os", call=call))
            gathered.warnings.append(
                f"{name} ({cell}): the notebook set this environment variable, and so does the repo"
            )


def _top(notebook: Notebook, name: str) -> str:
    """Return the top-level module that a module or a class belongs to."""
    value = notebook.namespace.get(name)
    home = value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", ""))
    return home.partition(".")[0]


def _variables_set(notebook: Notebook) -> dict[str, str]:
    """Return the environment variables that cells set by a literal name, with the cell."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        for node in ast.walk(cell.tree) if cell.tree is not None else ():
            match node:
                case ast.Subscript(value=place, slice=ast.Constant(value=str(name)), ctx=ast.Store()):
                    if ast.unparse(place).endswith("environ"):
                        found.setdefault(name, cell.label)
                case ast.Call(args=[ast.Constant(value="env"), ast.Constant(value=str(line))]):
                    found.setdefault(line.partition("=")[0].partition(" ")[0].strip(), cell.label)
    return found


def patches_of(notebook: Notebook) -> list[Patch]:
    """Return the notebook's assignments to attributes of modules and their classes, in the order they ran."""
    found: dict[str, Patch | None] = {}
    for cell in notebook.cells:
        for node in reversed(cell.tree.body) if cell.tree is not None else ():
            for target, place in _targets(node, notebook):
                if target not in found:
                    found[target] = _patch(notebook, cell, node, target, place)
    return [patch for patch in reversed(found.values()) if patch is not None]


def _patch(notebook: Notebook, cell: Cell, node: ast.stmt, target: str, place: tuple[str, str, str]) -> Patch | None:
    """Return a patch; None of a call, as in ``xgb.train = timed(xgb.train)``, that cannot be repeated."""
    text = ast.get_source_segment(cell.text, node) or ""
    read = uses(compile(text, cell.label, "exec", dont_inherit=True))
    if _is_call(node) and not all(name in notebook.namespace or hasattr(builtins, name) for name in read.every()):
        return None
    return Patch(text=text, target=target, place=place, cell=cell.label, line=node.lineno, uses=read)


def _is_call(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)


def _targets(node: ast.stmt, notebook: Notebook) -> Iterator[tuple[str, tuple[str, str, str]]]:
    target: ast.expr
    match node:
        case ast.Assign(targets=[target]):
            parts: list[str] = []
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[target, ast.Constant(value=str(last)), _])):
            parts = [last]
        case _:
            return
    while isinstance(target, ast.Attribute):
        parts.insert(0, target.attr)
        target = target.value
    if not isinstance(target, ast.Name) or not parts or any(part in _OWN_SETTINGS for part in parts):
        return
    owner = notebook.namespace.get(target.id)
    if not isinstance(owner, ModuleType) and not _of_a_library(owner, notebook):
        return
    for part in parts[:-1]:
        owner = getattr(owner, part, None)
    if not isinstance(owner, ModuleType | type) or (value := getattr(owner, parts[-1], _MISSING)) is _MISSING:
        return
    if _is_call(node) and not isinstance(value, _MADE_BY_CALLS):
        return  # what else a call made may have taken long, or data that is nowhere else
    if is_its_own(owner, parts[-1], value, notebook) or _has_another(node, value):
        return  # put back, or changed since
    place = (owner.__name__, "") if isinstance(owner, ModuleType) else (owner.__module__, owner.__qualname__)
    yield ".".join([target.id, *parts]), (*place, parts[-1])


def _has_another(node: ast.stmt, value: Any) -> bool:
    """Tell whether an attribute holds something else than the constant that was assigned to it."""
    match node:
        case (
            ast.Assign(value=ast.Constant(value=said)) | ast.Expr(value=ast.Call(args=[_, _, ast.Constant(value=said)]))
        ):
            return type(said) is not type(value) or said != value
    return False


def _of_a_library(owner: Any, notebook: Notebook) -> bool:
    return isinstance(owner, type) and owner.__module__ not in ("__main__", notebook.module, "builtins")


def is_its_own(owner: ModuleType | type, attribute: str, value: Any, notebook: Notebook) -> bool:
    """Tell whether a function or class is the one that its module or class was made with."""
    library = (owner.__name__ if isinstance(owner, ModuleType) else owner.__module__).partition(".")[0]
    inner = value
    while (wrapped := getattr(inner, "__wrapped__", None)) is not None:
        if notebook.owns(inner) or _home(inner).partition(".")[0] != library:
            return False
        inner = wrapped
    home, path = _home(inner), getattr(inner, "__qualname__", "")
    if notebook.owns(inner):
        return False
    if isinstance(owner, ModuleType):  # a package has what its modules define
        return path == attribute and f"{home}.".startswith(f"{owner.__name__}.")
    place: Any = sys.modules.get(home)
    for part in path.split(".")[:-1]:
        place = getattr(place, part, None)
    return path.endswith(f".{attribute}") and place in owner.__mro__


def _home(value: Any) -> str:
    """Return the module whose code a function is, whatever ``functools.wraps`` says of it; of a class its module."""
    found = value.__globals__.get("__name__") if isinstance(value, FunctionType) else getattr(value, "__module__", "")
    return str(found)

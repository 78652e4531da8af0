"""What the notebook changed around it: attributes of libraries' modules and classes, environment variables."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from aibro_jupyter.capturing.session.items import Defined, Gathered, Imported
from aibro_jupyter.capturing.session.names import Uses, uses
from aibro_jupyter.capturing.session.notebook import Notebook, cell_number
from aibro_jupyter.capturing.session.settings import Setting
from aibro_jupyter.capturing.session.source import Segment
from aibro_jupyter.capturing.values.contents import Wanted
from aibro_jupyter.capturing.values.guards import Secrets

_OWN_SETTINGS = ("options", "environ", "rcParams")
_MISSING = object()


@dataclass(frozen=True, kw_only=True)
class Patch:
    """An assignment such as ``np.float_ = np.float64`` that still holds."""

    text: str
    target: str
    """``np.float_``."""
    root: str
    """``np``."""
    cell: str
    uses: Uses


def changes_of(notebook: Notebook, gathered: Gathered, secrets: Secrets) -> list[Wanted]:
    """Gather what the notebook changed of what the code uses; return the names that the changes read."""
    wanted: list[Wanted] = []
    for patch in patches_of(notebook):
        known = isinstance(gathered.items.get(patch.root), Imported) or _top(notebook, patch.root) in gathered.roots()
        if not known or patch.target in gathered.items:
            continue
        place = (cell_number(patch.cell), 0)
        segment = Segment(
            text=patch.text, binds=patch.target, cell=patch.cell, order=place, uses=patch.uses, statement=True
        )
        gathered.items[patch.target] = Defined(name=patch.target, value=None, segment=segment)
        told = "the notebook changed this in a library, and so does the repo"
        gathered.warnings.append(f"{patch.target} ({patch.cell}): {told}")
        if why := secrets.in_code(patch.text):
            gathered.refuse(patch.target, patch.cell, why.reason, why.fix, "assignment")
        names = [name for name in patch.uses.every() if name in notebook.namespace]
        wanted += [(name, notebook.namespace[name], patch.target) for name in names]
    strings = {text for item in gathered.defined() for text in item.segment.uses.strings}
    for name, cell in _variables_of(notebook).items():
        value = os.environ.get(name)
        if name in strings and value is not None and not (secrets.why(value, name) or secrets.under(name, value)):
            call = f"os.environ.setdefault({name!r}, {value!r})  # as set in the notebook"
            gathered.settings.append(Setting(needs="import os", call=call))
            gathered.warnings.append(
                f"{name} ({cell}): the notebook set this environment variable, and so does the repo"
            )
    return wanted


def _top(notebook: Notebook, name: str) -> str:
    """Return the top-level module that a module or a class belongs to."""
    value = notebook.namespace.get(name)
    home = value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", ""))
    return home.partition(".")[0]


def _variables_of(notebook: Notebook) -> dict[str, str]:
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
    found: dict[str, Patch] = {}
    for cell in notebook.cells:
        for node in reversed(cell.tree.body) if cell.tree is not None else ():
            for target, root in _targets(node, notebook.namespace):
                if target not in found:
                    text = ast.get_source_segment(cell.text, node) or ""
                    read = uses(compile(text, cell.label, "exec", dont_inherit=True))
                    found[target] = Patch(text=text, target=target, root=root, cell=cell.label, uses=read)
    return list(reversed(found.values()))


def _targets(node: ast.stmt, namespace: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    target: ast.expr
    match node:
        case ast.Assign(targets=[target], value=value) if not isinstance(value, ast.Call):
            parts: list[str] = []
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[target, ast.Constant(value=str(last)), value])):
            parts = [last]
        case _:
            return
    while isinstance(target, ast.Attribute):
        parts.insert(0, target.attr)
        target = target.value
    if not isinstance(target, ast.Name) or not parts or any(part in _OWN_SETTINGS for part in parts):
        return
    owner = namespace.get(target.id)
    if not isinstance(owner, ModuleType) and not _of_a_library(owner, namespace):
        return
    for part in parts[:-1]:
        owner = getattr(owner, part, None)
    if isinstance(owner, ModuleType | type) and getattr(owner, parts[-1], _MISSING) is not _MISSING:
        yield ".".join([target.id, *parts]), target.id


def _of_a_library(owner: Any, namespace: Mapping[str, Any]) -> bool:
    return isinstance(owner, type) and owner.__module__ not in ("__main__", namespace.get("__name__"), "builtins")

"""Local modules that are not what their files say: state that cells changed comes along, edited code is refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from aibro_jupyter.capturing.session.drift import Changed, changed, edited, loaded_locals
from aibro_jupyter.capturing.session.fresh import Shapes
from aibro_jupyter.capturing.session.items import Defined, Gathered, Imported
from aibro_jupyter.capturing.session.localmodules import imported_roots
from aibro_jupyter.capturing.session.names import uses
from aibro_jupyter.capturing.session.notebook import Notebook, cell_number
from aibro_jupyter.capturing.session.source import Segment, function_segment
from aibro_jupyter.capturing.values.constructed import NameOf
from aibro_jupyter.capturing.values.contents import Wanted
from aibro_jupyter.capturing.values.guards import Secrets
from aibro_jupyter.capturing.values.mending import Mending
from aibro_jupyter.capturing.values.reach import type_name

_KEPT_BY_CALLS = re.compile(r"(?i)cache|memo|seen|calls|count|stats|history|timings|log")
"""Chosen: names under which modules keep what calls left, which a new process starts without."""


@dataclass(kw_only=True)
class Drifted:
    """What the comparison leads to."""

    wanted: list[Wanted] = field(default_factory=list)
    """Names that the changes read."""
    rebound: list[str] = field(default_factory=list)
    """Names that the notebook imported from a module whose own variable is another value by now."""


def drifted(
    notebook: Notebook, gathered: Gathered, secrets: Secrets, named: Mapping[str, Any], name_of: NameOf
) -> Drifted:
    """Gather what the kernel's local modules hold otherwise than a fresh import would; refuse what cannot come along.

    ``name_of`` names functions and classes of the notebook, and notes them in ``named``.
    """
    found = Drifted()
    inside = {root for item in gathered.defined() for root in imported_roots(item.segment.text)}
    modules = loaded_locals(sorted(gathered.roots() | inside))
    current = []
    for module in modules:
        if function := edited(module):
            file = Path(str(module.__file__)).name
            reason = f"{file} was edited after it was imported, and the kernel still runs the older {function}()"
            fix = f"importlib.reload({module.__name__}), then run the cells that import from it; or restart the kernel"
            gathered.refuse(module.__name__, "", reason, fix, "module")
        else:
            current.append(module)
    shapes = Shapes(module.__name__ for module in current)
    told: set[int] = set()
    for one in changed(current):
        if id(one.value) in told and one.before is not None and one.before[0] != "value":
            continue  # the same object under another name
        told.add(id(one.value))
        _mend(notebook, gathered, secrets, one, Mending(shapes, name_of), named, found)
    return found


def _mend(
    notebook: Notebook, gathered: Gathered, secrets: Secrets, one: Changed, mending: Mending,
    named: Mapping[str, Any], found: Drifted,
) -> None:  # fmt: skip
    name, attribute = one.module.__name__, one.path.rpartition(".")[2]
    cell = _cell_naming(notebook, attribute)
    where = f"{name}.{one.path}" + (f" ({cell})" if cell else "")
    private = attribute.startswith("_") and isinstance(one.value, dict | list | set)
    if not cell and (private or _KEPT_BY_CALLS.search(attribute)):
        gathered.warnings.append(f"{where}: calls have changed it since it was imported; the repo starts without that")
        return
    root, statement = _reached(gathered, notebook, one.module)
    before = set(named)
    lines = mending.statements(f"{root}.{one.path}", one.value, one.before)
    if lines is None:
        if not cell:
            gathered.warnings.append(f"{where}: it is not what a fresh import gives, and the repo has what that gives")
            return
        reason = f"{cell} changed it, and what it holds by now cannot be written as Python"
        fix = f"make it so in {Path(str(one.module.__file__)).name} itself, or set it inside the function"
        gathered.refuse(f"{name}.{one.path}", cell, reason, fix, type_name(one.value))
        return
    new = {key: value for key, value in named.items() if key not in before}
    themselves = {key for key, value in new.items() if _registers_itself(notebook, key, value, one.module)}
    lines = [line for line in lines if not themselves & set(uses(compile(line, "<line>", "exec")).early)]
    found.wanted += [(key, value, f"{root}.{one.path}") for key, value in new.items()]
    if isinstance(one.before, list) and one.before[0] in ("value", "other", "array"):
        found.rebound += _imported_from(gathered, one)
    if not lines:
        return
    text = "\n".join(lines)
    if why := secrets.inside(text):
        gathered.refuse(f"{name}.{one.path}", cell, why.reason, why.fix, type_name(one.value))
        return
    place = (cell_number(cell), 0)
    read = uses(compile(text, name, "exec", dont_inherit=True))
    imports = (*([statement] if statement else []), *mending.imports)
    segment = Segment(
        text=text, binds=f"{root}.{one.path}", cell=cell or "changed in the notebook", order=place, uses=read,
        imports=imports, statement=True,
    )  # fmt: skip
    gathered.items[segment.binds] = Defined(name=segment.binds, value=None, segment=segment)
    gathered.warnings.append(f"{where}: the notebook changed this in a local module, and so does the repo")


def _cell_naming(notebook: Notebook, attribute: str) -> str:
    """Return the newest cell that names an attribute, be it as a text; "" when none does."""
    for cell in notebook.cells:
        for node in ast.walk(cell.tree) if cell.tree is not None else ():
            if attribute in (getattr(node, "attr", None), getattr(node, "id", None), getattr(node, "value", None)):
                return cell.label
    return ""


def _reached(gathered: Gathered, notebook: Notebook, module: ModuleType) -> tuple[str, str]:
    """Return how the repo's code names a module, and the import that it needs for that; "" where it has one."""
    for name, item in gathered.items.items():
        if isinstance(item, Imported) and notebook.namespace.get(name) is module:
            return name, ""
    return module.__name__, f"import {module.__name__}"


def _registers_itself(notebook: Notebook, name: str, value: Any, module: ModuleType) -> bool:
    """Tell whether a decorator of that module, or what it is derived from, has put it where it was found."""
    if isinstance(value, type):
        return any(base.__module__ == module.__name__ for base in value.__mro__[1:])
    segment = function_segment(notebook, value, name) if isinstance(value, FunctionType) else None
    if segment is None or not segment.decorated:
        return False
    node = next(one for one in ast.walk(ast.parse(segment.text)) if isinstance(one, ast.FunctionDef))
    inside = [one for decorator in node.decorator_list for one in ast.walk(decorator)]
    live = [notebook.namespace.get(one.id) for one in inside if isinstance(one, ast.Name)]
    return any(one is module or getattr(one, "__module__", "") == module.__name__ for one in live)


def _imported_from(gathered: Gathered, one: Changed) -> list[str]:
    wanted = f"from {one.module.__name__} import {one.path}"
    return [
        name
        for name, item in gathered.items.items()
        if isinstance(item, Imported) and any(line.partition(" as ")[0] == wanted for line in item.statements)
    ]

"""Attributes of the notebook's classes that are not what the class body says: ``A.k = 5``, ``A.table["m"] = 3``."""

from __future__ import annotations

import abc
import ast
import textwrap
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.session.fresh import Shapes
from aibro_jupyter.capturing.session.items import Defined, Gathered
from aibro_jupyter.capturing.session.names import uses
from aibro_jupyter.capturing.session.notebook import Notebook, cell_number
from aibro_jupyter.capturing.session.source import Segment, function_segment
from aibro_jupyter.capturing.values.constructed import NameOf
from aibro_jupyter.capturing.values.contents import Wanted
from aibro_jupyter.capturing.values.mending import Mending
from aibro_jupyter.capturing.values.reach import type_name

_NONE = object()


def class_state(notebook: Notebook, gathered: Gathered, named: Mapping[str, Any], name_of: NameOf) -> list[Wanted]:
    """Gather what cells changed of the classes that come along; return the names that the changes read."""
    wanted: list[Wanted] = []
    for item in gathered.defined():
        if type(item.value) not in (type, abc.ABCMeta) or item.segment.binds != item.name:
            continue
        for attribute, value, before in _changed(notebook, item):
            target = f"{item.name}.{attribute}"
            if target in gathered.items:
                continue
            known = set(named)
            mending = Mending(Shapes(()), name_of)
            lines = mending.statements(target, value, before)
            cell = _cell_of(notebook, item.name, attribute)
            if lines is None and (written := _written(notebook, value)) is not None:
                lines = [f"{target} = {written.text}"]
                wanted += [
                    (one, notebook.namespace[one], target) for one in written.uses.every() if one in notebook.namespace
                ]
            if lines is None:
                reason = "it is not what the class body says, and what it holds by now cannot be written as Python"
                fix = f"say in the class body what {target} is, and run that cell"
                gathered.refuse(target, cell or item.segment.cell, reason, fix, type_name(value))
                continue
            new = {key: one for key, one in named.items() if key not in known}
            themselves = {key for key, one in new.items() if isinstance(one, type) and issubclass(one, item.value)}
            lines = [line for line in lines if not themselves & set(uses(compile(line, "<line>", "exec")).early)]
            wanted += [(key, one, target) for key, one in new.items()]
            if lines:
                _add(gathered, item, target, "\n".join(lines), cell, tuple(mending.imports))
    return wanted


def _add(gathered: Gathered, item: Defined, target: str, text: str, cell: str, imports: tuple[str, ...]) -> None:
    read = uses(compile(text, target, "exec", dont_inherit=True))
    number = cell_number(cell) or item.segment.order[0]
    segment = Segment(
        text=text, binds=target, cell=cell or item.segment.cell, order=(number, item.segment.order[1] + 1), uses=read,
        imports=imports, statement=True,
    )  # fmt: skip
    gathered.items[target] = Defined(name=target, value=None, segment=segment)
    gathered.along.setdefault(item.name, []).append(target)
    where = f"{target} ({cell})" if cell else target
    gathered.warnings.append(f"{where}: it is not what the class body says; the repo has it as it is now")


def _changed(notebook: Notebook, item: Defined) -> Iterator[tuple[str, Any, Any]]:
    """Yield the attributes that are not what the class body gives them, with value and the shape they had."""
    tree = ast.parse(textwrap.dedent(item.segment.text))
    node = next((one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)), None)
    if node is None:
        return  # a call made it, as namedtuple() does
    said = dict(_said(node))
    shapes = Shapes(())
    for name, value in list(vars(item.value).items()):
        if isinstance(value, FunctionType) and notebook.owns(value):
            if _cell_of(notebook, item.name, name, assigned=True) and not _is_method(value, item.value):
                yield name, value, None
        elif hasattr(type(value), "__get__") and name in said:
            continue  # a slot or a field, which only looks like an attribute of the class
        elif name in said:
            if said[name] is not _NONE and shapes.of(said[name]) != shapes.of(value):
                yield name, value, shapes.of(said[name])
        elif not name.startswith("__") and _cell_of(notebook, item.name, name):
            yield name, value, None


def _said(node: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    """Yield the names that a class body binds; a plain value with it where the text alone says that."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=expression):
                yield name, _plain(expression)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as expression):
                yield name, _plain(expression)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, _NONE
            case _:
                for one in ast.walk(statement):
                    if isinstance(one, ast.Name):
                        yield one.id, _NONE


def _plain(expression: ast.expr) -> Any:
    try:
        return ast.literal_eval(expression)
    except ValueError:
        return _NONE


def _is_method(function: FunctionType, cls: type) -> bool:
    return function.__code__.co_qualname.startswith(f"{cls.__qualname__}.")


def _written(notebook: Notebook, value: Any) -> Segment | None:
    """Return the text of a lambda that was put into a class; None of anything else."""
    segment = function_segment(notebook, value, "") if isinstance(value, FunctionType) else None
    return segment if segment is not None and not segment.binds else None


def _cell_of(notebook: Notebook, name: str, attribute: str, *, assigned: bool = False) -> str:
    """Return the newest cell that names an attribute of a class from outside, or assigns it; "" when none does."""
    for cell in notebook.cells:
        for node in ast.walk(cell.tree) if cell.tree is not None else ():
            match node:
                case ast.Attribute(attr=found, value=ast.Name(id=owner)) if (owner, found) == (name, attribute):
                    if not assigned or isinstance(node.ctx, ast.Store):
                        return cell.label
                case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id=owner), ast.Constant(value=found), _]):
                    if (owner, found) == (name, attribute):
                        return cell.label
    return ""

"""What nobody reads by name and is needed all the same: subclasses, accessors, what decorators put somewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from aibro_jupyter.capturing.gathering.order import needed
from aibro_jupyter.capturing.session.items import Defined, Gathered
from aibro_jupyter.capturing.session.names import nested
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.values.constructed import NameOf
from aibro_jupyter.capturing.values.contents import Wanted
from aibro_jupyter.capturing.values.values import literal

_IN_CHILDREN = frozenset({"Parallel", "ProcessPoolExecutor", "Pool", "Process", "get_reusable_executor"})
_WITH_CHILDREN = frozenset({"joblib", "multiprocessing", "concurrent", "loky"})


def registered(notebook: Notebook, gathered: Gathered) -> list[Wanted]:
    """Return classes and functions of the notebook that the code reaches through what they are registered in."""
    read = names_read(gathered)
    found = [*_subclasses(notebook, gathered)] if "__subclasses__" in read else []
    found += _accessors(notebook, read)
    return [(name, value, user) for name, value, user in found if name not in gathered.items]


def starts_processes(gathered: Gathered) -> bool:
    """Tell whether the code starts processes that import its module, so that its values must be there by then."""
    return bool(names_read(gathered) & _IN_CHILDREN and gathered.roots() & _WITH_CHILDREN)


def empty_what_fills_itself(gathered: Gathered, name_of: NameOf) -> None:
    """Write registries without what puts itself there when it is defined: ``STEPS = {}`` above ``@step``."""
    for item in gathered.held():
        if item.literal is None or type(item.value) not in (dict, list, set):
            continue
        themselves = {
            id(known.value): name
            for name in item.needs
            if isinstance(known := gathered.items.get(name), Defined) and item.name in needed(name, gathered)
        }
        taken = {key: name for key, name in gathered.undecorated.items() if name in item.needs}
        if others := set(taken.values()) - set(themselves.values()):
            name = sorted(others)[0]
            reason = f"it holds {name}() as it was before its decorator, which has no name any more"
            gathered.refuse(item.name, item.cell, reason, f"give the plain {name} a name of its own", "function")
        if not themselves:
            continue
        themselves |= taken
        left = _without(item.value, themselves)
        names = {id(_value_of(gathered, name)): name for name in item.needs}
        written = literal(left, name_of=lambda one, names=names: names.get(id(one)) or name_of(one))  # type: ignore[misc]
        if written is not None:
            item.literal, item.comment = written.text, ""
            item.needs = tuple(name for name in item.needs if name not in themselves.values())
            gathered.along.setdefault(item.name, []).extend(themselves.values())


def _value_of(gathered: Gathered, name: str) -> Any:
    return getattr(gathered.items.get(name), "value", None)


def _without(value: Any, gone: Mapping[int, str]) -> Any:
    if isinstance(value, dict):
        return {key: one for key, one in value.items() if not _holds(one, gone) and id(key) not in gone}
    return type(value)(one for one in value if not _holds(one, gone))


def _holds(value: Any, gone: Mapping[int, str]) -> bool:
    """Tell whether it is one of those, or a container that has one: ``{"run": f, "weight": 2}``."""
    match value:
        case dict():
            return any(_holds(one, gone) for one in value.values())
        case list() | tuple():
            return any(_holds(one, gone) for one in value)
    return id(value) in gone


def names_read(gathered: Gathered) -> set[str]:
    """Return every name and attribute that the gathered definitions read."""
    return {name for item in gathered.defined() for name in _names_in(item.segment.text, item.segment.binds)}


@cache
def _names_in(text: str, binds: str) -> frozenset[str]:
    code = compile(text if binds else f"({text})", "<definition>", "exec", dont_inherit=True)
    return frozenset(name for one in nested(code) for name in one.co_names)


def _subclasses(notebook: Notebook, gathered: Gathered) -> Iterator[Wanted]:
    for item in gathered.defined():
        below: list[type] = type.__subclasses__(item.value) if isinstance(item.value, type) else []
        for cls in below:
            if notebook.owns(cls) and notebook.namespace.get(cls.__name__) is cls:
                yield cls.__name__, cls, item.name


def _accessors(notebook: Notebook, read: set[str]) -> Iterator[Wanted]:
    """Yield what a decorator registers with a library under a text, where the code reads an attribute of that name."""
    for cell in notebook.cells:
        for node in cell.tree.body if cell.tree is not None else ():
            if not isinstance(node, ast.ClassDef | ast.FunctionDef):
                continue
            calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
            texts = {one.value for call in calls for one in call.args if isinstance(one, ast.Constant)}
            value = notebook.namespace.get(node.name)
            if texts & read and (isinstance(value, type) or callable(value)) and notebook.owns(value):
                yield node.name, value, ""

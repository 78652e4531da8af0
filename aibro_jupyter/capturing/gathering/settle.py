"""What depends on every use of a name: which part of a frame, which submodules, who owns a ``def``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from aibro_jupyter.capturing.session.imports import import_of
from aibro_jupyter.capturing.session.items import Alias, Defined, Gathered, Held, Imported
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.session.source import Segment, class_segment
from aibro_jupyter.capturing.values.reach import type_name


def settle(
    gathered: Gathered,
    notebook: Notebook,
    values: Mapping[str, Any],
    chains: Mapping[str, set[str]],
    cut: Callable[[Held, Iterable[str]], None],
) -> None:
    """Cut values to what is read of them, complete imports, and order definitions that had one name in turn.

    ``values`` has the live object of each name, ``chains`` the attribute chains that are read from it, by which
    ``cut`` leaves behind what nobody reads.
    """
    for name, item in list(gathered.items.items()):
        value, read = values.get(name), chains.get(name, set())
        match item:
            case Held():
                cut(item, read)
            case Imported() if isinstance(value, ModuleType):
                item.statements = import_of(notebook, name, value, read) or item.statements
            case Defined(segment=Segment(binds=binds, hides=hides)):
                for other in sorted({binds, hides} & set(values) - {name}):
                    _share_name(gathered, notebook, item, other, values[other])
    _tell_stale(gathered, notebook, values)


def _share_name(gathered: Gathered, notebook: Notebook, item: Defined, name: str, newer: Any) -> None:
    """Let a definition stand above the one that took its name afterwards, as it did in the notebook."""
    other = gathered.items.get(name)
    if isinstance(other, Defined) and other.segment.text == item.segment.text:
        gathered.items[item.name] = Alias(name=item.name, of=name)  # a class that was defined again, alike
    elif newer is item.value:
        return
    elif isinstance(other, Defined) and other.segment.text:
        other.segment = replace(other.segment, after=(*other.segment.after, item.name))
    else:
        reason = f"its definition is called {name}, and so is another object that is needed"
        fix = f"rename one of the two '{name}'"
        gathered.refuse(item.name, notebook.bound_in(item.name), reason, fix, type_name(item.value))


def _tell_stale(gathered: Gathered, notebook: Notebook, values: Mapping[str, Any]) -> None:
    """Name the classes that were defined anew, otherwise, while a value still is of the older one."""
    for name, user in gathered.stale.items():
        item, cls = gathered.items.get(name), values.get(name)
        newer = class_segment(notebook, notebook.namespace[cls.__name__]) if cls is not None else None
        if not isinstance(item, Defined) or (newer is not None and newer.text == item.segment.text):
            continue
        where = f"{user} ({gathered.cell_of(user) or 'a cell'})"
        later = newer.cell if newer is not None else notebook.bound_in(item.segment.binds)
        told = f"is of the class {item.segment.binds} of {item.segment.cell}, which was defined again afterwards"
        gathered.warnings.append(f"{where}: it {told}, otherwise, in {later}; the repo has the older one")

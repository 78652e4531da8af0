"""Where and when: which module an item lives in, what must exist early, and an order of definitions that runs."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType

from aibro_jupyter.capturing.session.items import Alias, Defined, Gathered, Held
from aibro_jupyter.capturing.session.source import closure


def spread(gathered: Gathered, by_id: Mapping[int, str], *, on_import: bool = False) -> None:
    """Let all that notebook_code.py's items need live there too, and mark what must exist while definitions run.

    ``by_id`` has the names of live objects, so that what a closure holds is found under its name. With ``on_import``
    all must: other processes import the module, and nobody calls its load_model() there.
    """
    if gathered.rehomed:
        _reach_all(gathered, by_id, [*gathered.rehomed, *gathered.extra], gathered.home)
    rebound = {name for item in gathered.defined() for name in item.segment.uses.rebound}
    if rebound & gathered.home:
        gathered.home |= set(gathered.items)  # a global that is assigned to has one module only
    early = [used for item in gathered.defined() for used in item.segment.uses.early]
    _reach_all(gathered, by_id, [*gathered.items] if on_import else early, gathered.early)


def _reach_all(gathered: Gathered, by_id: Mapping[int, str], start: list[str], reached: set[str]) -> None:
    queue = [name for name in start if name in gathered.items]
    while queue:
        name = queue.pop()
        if name not in reached:
            reached.add(name)
            queue += [used for used in _reads(gathered, by_id, name) if used in gathered.items]


def _reads(gathered: Gathered, by_id: Mapping[int, str], name: str) -> list[str]:
    match gathered.items[name]:
        case Defined(segment=segment, value=value):
            held = closure(value).values() if isinstance(value, FunctionType) else ()
            known = [by_id[id(one)] for one in held if id(one) in by_id]
            return [*segment.uses.every(), *segment.after, *known, *gathered.along.get(name, ())]
        case Alias(of=of):
            return [of]
        case Held(needs=needs):
            return list(needs)
    return []


def ordered(gathered: Gathered) -> list[str]:
    """Return all names that were gathered: what a definition needs while it runs first, helpers before their users."""
    done: dict[str, None] = {}
    for name in _by_place(gathered):
        _place(name, gathered, done, set())
    return list(done)


def _by_place(gathered: Gathered) -> list[str]:
    """Definitions in the notebook's order; before them the other items, values in the notebook's order too."""
    defined = [item for item in gathered.items.values() if isinstance(item, Defined)]
    rest = [item for item in gathered.items.values() if not isinstance(item, Defined)]
    rest.sort(key=lambda item: item.order if isinstance(item, Held) else (0, 0))
    return [item.name for item in rest] + [item.name for item in sorted(defined, key=lambda item: item.segment.order)]


def _place(name: str, gathered: Gathered, done: dict[str, None], above: set[str]) -> None:
    if name in done or name in above or name not in gathered.items:
        return
    for above_it in needed(name, gathered):
        _place(above_it, gathered, done, above | {name})
    done.setdefault(name)


def needed(name: str, gathered: Gathered) -> list[str]:
    """Return what must stand above an item: names read while it is defined, and all that those read when called."""
    match gathered.items[name]:
        case Alias(of=of):
            return [of]
        case Held(needs=needs):
            return list(needs)
        case Defined(segment=segment):
            found = dict.fromkeys([*segment.uses.early, *segment.after])
            queue = list(found)
            while queue:
                item = gathered.items.get(queue.pop())
                if isinstance(item, Defined):
                    new = [used for used in item.segment.uses.every() if used not in found and used != name]
                    found |= dict.fromkeys(new)
                    queue += new
            return list(found)
    return []

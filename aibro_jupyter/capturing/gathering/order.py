"""Where and when: which module an item lives in, what must exist early, and an order of definitions that runs."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType

from aibro_jupyter.capturing.session.items import Alias, Defined, Held, Plan
from aibro_jupyter.capturing.session.source import closure


def spread(plan: Plan, by_id: Mapping[int, str]) -> None:
    """Let all that notebook_code.py's items need live there too, and mark what must exist while definitions run.

    ``by_id`` has the names of live objects, so that what a closure holds is found under its name.
    """
    if plan.rehomed:
        _reach_all(plan, by_id, [*plan.rehomed, *plan.extra], plan.home)
    rebound = {name for item in plan.defined() for name in item.segment.uses.rebound}
    if rebound & plan.home:
        plan.home |= set(plan.items)  # a global that is assigned to has one module only
    _reach_all(plan, by_id, [used for item in plan.defined() for used in item.segment.uses.early], plan.early)


def _reach_all(plan: Plan, by_id: Mapping[int, str], start: list[str], reached: set[str]) -> None:
    queue = [name for name in start if name in plan.items]
    while queue:
        name = queue.pop()
        if name not in reached:
            reached.add(name)
            queue += [used for used in _reads(plan, by_id, name) if used in plan.items]


def _reads(plan: Plan, by_id: Mapping[int, str], name: str) -> list[str]:
    match plan.items[name]:
        case Defined(segment=segment, value=value):
            held = closure(value).values() if isinstance(value, FunctionType) else ()
            known = [by_id[id(one)] for one in held if id(one) in by_id]
            return [*segment.uses.every(), *known, *plan.along.get(name, ())]
        case Alias(of=of):
            return [of]
        case Held(needs=needs):
            return list(needs)
    return []


def ordered(plan: Plan) -> list[str]:
    """Return all names of a plan: what a definition needs while it runs first, helpers before their users."""
    done: dict[str, None] = {}
    for name in _by_place(plan):
        _place(name, plan, done, set())
    return list(done)


def _by_place(plan: Plan) -> list[str]:
    """Definitions in the notebook's order; before them the other items, values in the notebook's order too."""
    defined = [item for item in plan.items.values() if isinstance(item, Defined)]
    rest = [item for item in plan.items.values() if not isinstance(item, Defined)]
    rest.sort(key=lambda item: item.order if isinstance(item, Held) else (0, 0))
    return [item.name for item in rest] + [item.name for item in sorted(defined, key=lambda item: item.segment.order)]


def _place(name: str, plan: Plan, done: dict[str, None], above: set[str]) -> None:
    if name in done or name in above or name not in plan.items:
        return
    for needed in _needed(name, plan):
        _place(needed, plan, done, above | {name})
    done.setdefault(name)


def _needed(name: str, plan: Plan) -> list[str]:
    """Return what must stand above: names read while the definition runs, and all that those read when called."""
    match plan.items[name]:
        case Alias(of=of):
            return [of]
        case Held(needs=needs):
            return list(needs)
        case Defined(segment=segment):
            found = dict.fromkeys(segment.uses.early)
            queue = list(found)
            while queue:
                item = plan.items.get(queue.pop())
                if isinstance(item, Defined):
                    new = [used for used in item.segment.uses.every() if used not in found and used != name]
                    found |= dict.fromkeys(new)
                    queue += new
            return list(found)
    return []

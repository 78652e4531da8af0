"""Optional back-ends: packages that nobody's code imports by name, and that the model cannot do without."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata

from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.writing.distributions import distributions_of, modules_of

_ENGINES = {
    "keras": {"tensorflow", "torch", "jax"},
    "skorch": {"torch"},
    "pandas": set[str](),
}
"""Importer -> the packages it is nothing without, though it declares none of them. pandas asks by name, where it does
not merely look whether something is there."""


Without = Callable[[Sequence[str]], Proof]
"""Proves a repo where some top-level modules are not installed."""


@dataclass(frozen=True, kw_only=True)
class Backends:
    """Top-level modules that a proof used beyond those that are known to be needed."""

    needed: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    """What somebody imports after whom it named an extra: needed, or imported because it is there."""


def used_backends(imports: Iterable[tuple[str, str]], known: Iterable[str]) -> Backends:
    """Return the top-level modules that a proof shows to be used beyond the ``known`` ones.

    ``imports`` are (importer, imported) as the proof saw them; "" imports for the repo itself. An importer counts if
    it is known: it wants an engine that it cannot do without, or a package after which it named an extra.
    """
    pairs = list(imports)
    given = set(known)
    needed = dict.fromkeys(imported for importer, imported in pairs if importer == "")
    roots = given | set(needed)
    extras: dict[str, None] = {}
    for importer, imported in pairs:
        if importer not in roots or imported in roots:
            continue
        if importer in _ENGINES:
            needed.update({imported: None} if imported in _ENGINES[importer] else {})
        elif _names(imported) & _extras(importer):
            extras[imported] = None
    new = [module for module in needed if module not in given and module not in sys.stdlib_module_names]
    return Backends(needed=tuple(new), extras=tuple(module for module in extras if module not in needed))


def perhaps_needless(known: Iterable[str], values: Iterable[object]) -> tuple[str, ...]:
    """Return the loaded top-level modules that ``known`` ones may import only because they are there.

    A proof without them that holds saves a second one.
    """
    given = set(known)
    named = {name for module in given - _ENGINES.keys() for name in _extras(module)}
    found = {module for name in named for module in modules_of(name) if module in sys.modules}
    return tuple(sorted(found - given - _bases(values)))


def really_needed(extras: Sequence[str], values: Iterable[object], without: Without) -> list[str]:
    """Return those extras without which the repo fails or answers otherwise; ``without`` proves it without some.

    An import alone says nothing: lightgbm imports scikit-learn if it is there, for its wrappers, which only some use.
    """
    bases = _bases(values)
    # A model that is made of it needs no second proof.
    needed = [module for module in extras if module in bases]
    waiting = [module for module in extras if module not in bases]
    while waiting:
        proof = without(waiting)
        if proof.holds:
            break
        told = "\n".join((*proof.errors, proof.details))
        missed = [module for module in waiting if f"No module named '{module}" in told] or waiting
        needed += missed
        waiting = [module for module in waiting if module not in missed]
    return needed


def _bases(values: Iterable[object]) -> set[str]:
    """Return the top-level modules of the classes that values are made of."""
    return {base.__module__.partition(".")[0] for value in values for base in type(value).__mro__}


def _names(module: str) -> set[str]:
    from packaging.utils import canonicalize_name

    return {canonicalize_name(name) for name in distributions_of(module)}


def _extras(module: str) -> set[str]:
    """Return the distributions for which a module's own has an extra of the same name: ``xgboost[scikit-learn]``."""
    return {name for own in _names(module) for line in metadata.requires(own) or () if (name := _named_extra(line))}


def _named_extra(line: str) -> str:
    """Return the distribution that a line requires for an extra of its own name on this machine; "" for any other."""
    # Only here: most captures have no importer to ask about.
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        required = Requirement(line)
    except InvalidRequirement:
        return ""
    name = canonicalize_name(required.name)
    marker = required.marker
    return name if marker and marker.evaluate({"extra": name}) and not marker.evaluate({"extra": ""}) else ""

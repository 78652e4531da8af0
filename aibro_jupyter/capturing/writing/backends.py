"""Optional back-ends: packages that nobody's code imports by name, and that the model cannot do without."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import metadata

from aibro_jupyter.capturing.writing.distributions import distributions

_ENGINES = {
    "keras": {"tensorflow", "torch", "jax"},
    "skorch": {"torch"},
    "pandas": set[str](),
}
"""Importer -> the packages it is nothing without, though it declares none of them. pandas asks by name, where it does
not merely look whether something is there."""


def used_backends(imports: Iterable[tuple[str, str]], known: Iterable[str]) -> list[str]:
    """Return the top-level modules that a proof shows to be needed beyond the ``known`` ones.

    ``imports`` are (importer, imported) as the proof saw them; "" imports for the repo itself. An importer counts if
    it is known: it wants an engine that it cannot do without, or a package after which it named an extra.
    """
    pairs = list(imports)
    needed = dict.fromkeys(imported for importer, imported in pairs if importer == "")
    roots = set(known) | set(needed)
    for importer, imported in pairs:
        if importer in roots and imported not in roots and _wanted(importer, imported):
            needed[imported] = None
    return [module for module in needed if module not in set(known) and module not in sys.stdlib_module_names]


def _wanted(importer: str, imported: str) -> bool:
    if importer in _ENGINES:
        return imported in _ENGINES[importer]
    return bool(_names(imported) & _extras(importer))


def _names(module: str) -> set[str]:
    from packaging.utils import canonicalize_name

    return {canonicalize_name(name) for name in distributions().get(module, ())}


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

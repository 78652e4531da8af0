"""Optional back-ends: packages that nobody's code imports by name, and that the model cannot do without."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib import metadata

_ENGINES = {
    "keras": {"tensorflow", "torch", "jax"},
    "skorch": {"torch"},
    "pandas": set[str](),
}
"""Importer -> the packages it is nothing without, though it declares none of them. pandas asks by name, where it does
not merely look whether something is there."""
_EXTRA = re.compile(r"""^([A-Za-z0-9._-]+).*extra\s*==\s*['"]([^'"]+)['"]""")


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
    return {_plain(name) for name in metadata.packages_distributions().get(module, ())}


def _extras(module: str) -> set[str]:
    """Return the distributions for which a module's own has an extra of the same name: ``xgboost[scikit-learn]``."""
    found = set()
    for name in _names(module):
        for line in metadata.requires(name) or ():
            match = _EXTRA.match(line)
            if match and _plain(match[1]) == _plain(match[2]):
                found.add(_plain(match[1]))
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

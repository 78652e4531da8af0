"""Which installed distributions a top-level module comes from: one scan, until something is installed or removed."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from importlib import metadata

_Seen = tuple[tuple[str, ...], ...]
_INSTALLED = (".dist-info", ".egg-info")


def distributions() -> dict[str, list[str]]:
    """Return top-level module -> the names of the distributions that have it, as this process finds them now."""
    return _scanned(tuple(_seen(place or os.curdir) for place in sys.path))


def _seen(place: str) -> tuple[str, ...]:
    """Return what is installed in a place of modules, by name and version; a capture changes such a place as well."""
    try:
        return tuple(sorted(name for name in os.listdir(place) if name.endswith(_INSTALLED)))
    except OSError:  # an archive, or nothing
        return (place,)


@lru_cache(maxsize=1)
def _scanned(seen: _Seen) -> dict[str, list[str]]:  # noqa: ARG001 - what the scan depends on
    return {module: sorted(set(names)) for module, names in metadata.packages_distributions().items()}

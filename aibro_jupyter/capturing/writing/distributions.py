"""Which installed packages the modules of this environment come from, looked up once per state of it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

_METADATA = (".dist-info", ".egg-info", ".egg", ".egg-link")
_State = tuple[tuple[str, int], ...]
"""(path, time of change) of everything on ``sys.path`` that says a package is installed."""


def distributions_of(module: str) -> list[str]:
    """Return the names of the packages that say they have a top-level module, sorted; [] where none does."""
    return _scanned(_state()).get(module, [])


def modules_of(distribution: str) -> list[str]:
    """Return the top-level modules of an installed package by its canonical name; [] where it is not installed."""
    return _modules(_state()).get(distribution, [])


def distribution_of(module: str) -> str | None:
    """Return the package of a top-level module: of several the one that owns its file; None where there is none."""
    names = distributions_of(module)
    if len(names) < 2:
        return names[0] if names else None
    loaded = getattr(sys.modules.get(module), "__file__", None)
    return next((name for name in names if loaded and _owns(name, Path(loaded))), names[0])


def _owns(name: str, path: Path) -> bool:
    files = metadata.distribution(name).files or []
    return any(Path(str(file.locate())) == path for file in files)


@lru_cache(maxsize=1)
def _scanned(_state: _State) -> dict[str, list[str]]:
    # A scan reads the metadata of all that is installed, 0.1 s and more; a capture asks for dozens of modules.
    return {module: sorted(set(names)) for module, names in metadata.packages_distributions().items()}


@lru_cache(maxsize=1)
def _modules(state: _State) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module, names in _scanned(state).items():
        for name in names:
            found.setdefault(canonicalize_name(name), []).append(module)
    return found


def _state() -> _State:
    # Not the folders' own times: a notebook's folder is on the path too, and changes with each capture.
    return tuple(entry for place in sys.path for entry in _installed_in(place or os.curdir))


def _installed_in(place: str) -> list[tuple[str, int]]:
    with suppress(OSError), os.scandir(place) as entries:
        return sorted((entry.path, entry.stat().st_mtime_ns) for entry in entries if entry.name.endswith(_METADATA))
    return []

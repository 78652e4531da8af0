"""Modules that live beside the notebook instead of in a package: found, and copied into the repo."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from types import FunctionType
from typing import Any

_SKIP = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".venv", "venv", "node_modules"})
_RESOURCE_BYTES = 10 * 1024 * 1024
"""Chosen: what a package reads beside its code is small; what is larger is data that lies there by chance."""


def local_path(module: str) -> Path | None:
    """Return the file or package folder of a top-level module that no package manager installed, else None."""
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names or root in sys.builtin_module_names:
        return None
    spec = _spec(root)
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or [])
    path = Path(places[0]) if places else Path(spec.origin) if spec.origin else None
    if path is None or path.suffix not in ("", ".py") or not path.exists():
        return None
    return None if _installed(path.resolve()) else path


def made_in_local_module(value: Any) -> bool:
    """Tell whether it is a function that one of a local module made while it ran: no import finds it by a name."""
    if not isinstance(value, FunctionType) or "<locals>" not in value.__qualname__:
        return False
    home = str(value.__globals__.get("__name__", ""))
    return home not in ("", "__main__") and value.__module__ == home and local_path(home) is not None


def imported_roots(source: str) -> dict[str, None]:
    """Return the top-level modules that a Python text imports anywhere, in order."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    roots: dict[str, None] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                roots |= {alias.name.partition(".")[0]: None for alias in names}
            case ast.ImportFrom(module=str(module), level=0):
                roots[module.partition(".")[0]] = None
    return roots


def followed(roots: Iterable[str]) -> dict[str, Path]:
    """Return the local modules that imports lead to, by name."""
    local: dict[str, Path] = {}
    queue, seen = list(roots), set()
    while queue:
        root = queue.pop(0)
        if root in seen:
            continue
        seen.add(root)
        if (path := local_path(root)) is not None:
            local[root] = path
            for file in python_files(path):
                queue += imported_roots(file.read_text(encoding="utf-8", errors="replace"))
    return local


def copy(path: Path, into: Path) -> Path:
    """Copy a module's file, or a package with its small resources, and return the copy."""
    target = into / path.name
    if path.is_file():
        shutil.copyfile(path, target)
        return target

    ignored = _ignored(path)

    def skip(folder: str, names: list[str]) -> list[str]:
        large = [name for name in names if _too_large(Path(folder, name))]
        unwanted = [name for name in names if not name.endswith(".py") and any(fnmatch(name, one) for one in ignored)]
        return [name for name in names if name in _SKIP or name.endswith(".pyc")] + large + unwanted

    shutil.copytree(path, target, ignore=skip)
    return target


def _ignored(package: Path) -> list[str]:
    """Return the patterns of the .gitignore files in a package and beside it, for names below it."""
    found = []
    for file in (package / ".gitignore", package.parent / ".gitignore"):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
        plain = (line.strip().strip("/") for line in lines if not line.strip().startswith(("#", "!")))
        found += [line for line in plain if line and "/" not in line]
    return found


def python_files(path: Path) -> Iterator[Path]:
    """Yield the Python files of a module, sorted."""
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*.py")):
        if not _SKIP & set(file.relative_to(path).parts):
            yield file


def _too_large(path: Path) -> bool:
    return path.is_file() and path.suffix != ".py" and path.stat().st_size > _RESOURCE_BYTES


def _spec(root: str) -> importlib.machinery.ModuleSpec | None:
    loaded = getattr(sys.modules.get(root), "__spec__", None)
    if loaded is not None:
        return loaded if isinstance(loaded, importlib.machinery.ModuleSpec) else None
    try:
        return importlib.util.find_spec(root)
    except (ImportError, ValueError, AttributeError):
        return None


def _installed(path: Path) -> bool:
    if "site-packages" in path.parts or "dist-packages" in path.parts:
        return True
    return any(
        path.is_relative_to(Path(place).resolve())
        for kind in ("stdlib", "platstdlib")
        if (place := sysconfig.get_path(kind))
    )

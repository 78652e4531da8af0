"""Of a local package the part that code can reach: its modules by their imports, its other files by their names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aibro_jupyter.capturing.session import localmodules

_BY_NAME = frozenset({"importlib", "__import__", "pkgutil", "__subclasses__", "lazy_loader", "exec", "eval", "globals"})
"""Names by which code reaches modules that no import statement tells."""


@dataclass(kw_only=True)
class Local:
    """A local module: a file, or a package with those of its files that are needed."""

    path: Path
    files: set[Path] = field(default_factory=set)
    """Python files that are reached; of a single file just that."""
    whole: bool = False
    """Some code in it reaches modules by name, so that no file may be missing."""
    strings: set[str] = field(default_factory=set)
    """Every text in those files."""

    def copied(self, into: Path) -> list[Path]:
        """Copy what is needed into a folder, and return the Python files there."""
        target = localmodules.copy(self.path, into)
        if self.path.is_dir() and not self.whole:
            for file in sorted(target.rglob("*"), reverse=True):
                if file.is_dir():
                    if not any(file.iterdir()):
                        file.rmdir()
                elif not self._needs(file.relative_to(target)):
                    file.unlink()
        return list(localmodules.python_files(target))

    def _needs(self, file: Path) -> bool:
        """Tell whether a file is reached, or is named: by its own name, its folder's or how its name ends."""
        if file.suffix == ".py":
            return self.path / file in self.files
        named = {file.name, file.stem, *file.parts[:-1]}
        return any(
            text in named or named & set(text.split("/")) or (file.suffix and text.endswith(file.suffix))
            for text in self.strings
        )


def follow(texts: Iterable[str], modules: Iterable[str]) -> tuple[dict[str, Local], dict[str, None]]:
    """Return the local modules that imports lead to, by name, and the top-level modules that must be installed.

    ``texts`` are Python sources outside of any package, ``modules`` dotted names that are needed too.
    """
    walk = _Walk()
    for text in texts:
        walk.queue += _imported(_parsed(text), "")
    walk.queue += modules
    while walk.queue:
        walk.visit(walk.queue.pop(0))
    return walk.local, walk.installed


class _Walk:
    def __init__(self) -> None:
        self.queue: list[str] = []
        self.local: dict[str, Local] = {}
        self.installed: dict[str, None] = {}
        self._seen: set[str] = set()

    def visit(self, module: str) -> None:
        """Have a module come along, with the packages above it."""
        if module in self._seen:
            return
        self._seen.add(module)
        root, *rest = module.split(".")
        if root in self.installed:
            return
        local = self.local.get(root)
        if local is None:
            path = localmodules.local_path(root)
            if path is None:
                self.installed[root] = None
                return
            local = self.local[root] = Local(path=path)
        if local.path.is_file():
            self._read(local, local.path, "")
            return
        place, name = local.path, root
        self._read(local, place / "__init__.py", name)
        for part in rest:
            place, name = place / part, f"{name}.{part}"
            if place.is_dir():
                self._read(local, place / "__init__.py", name)
            else:
                self._read(local, place.with_suffix(".py"), name.rpartition(".")[0])

    def _read(self, local: Local, file: Path, package: str) -> None:
        """Follow the imports of a file; ``package`` is what its relative imports start from."""
        if file in local.files or not file.is_file():
            return
        local.files.add(file)
        tree = _parsed(file.read_text(encoding="utf-8", errors="replace"))
        self.queue += _imported(tree, package)
        strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str}
        local.strings |= strings
        self.queue += [text for text in strings if text.partition(".")[0] in self.local and "." in text]
        if local.path.is_dir() and not local.whole and _by_name(tree):
            local.whole = True
            for other in localmodules.python_files(local.path):
                inner = other.relative_to(local.path).parent.parts
                self._read(local, other, ".".join([local.path.name, *inner]))


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield the modules that a file imports anywhere, and what may be one: ``from a import b`` may mean ``a.b``."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                base = ".".join([*above, *([module] if module else [])])
                if base:
                    yield base
                    yield from (f"{base}.{alias.name}" for alias in names)


def _by_name(tree: ast.Module) -> bool:
    """Tell whether code reaches modules in a way that its import statements do not tell, ``import *`` included."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if name in (*_BY_NAME, "*"):
                return True
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in _BY_NAME:
                return True
    return any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body)

"""What lies in the home: how much of each kind, when it was used last, and how it is removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter.envs import last_used, removed
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import DiskLine, DiskView

BUNDLE, ENVIRONMENT, REPO = "bundle", "environment", "repo"


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something that versions use, or used."""

    kind: str
    path: Path
    used_at: float
    """When it was used last, UTC seconds."""

    def bytes(self) -> int:
        """Return what it takes."""
        return taken(self.path)

    def mark_used(self) -> None:
        """Note that it is used now; one that has just gone is not noted."""
        with suppress(FileNotFoundError):
            os.utime(self.path / ".complete" if self.kind == ENVIRONMENT else self.path)

    def remove(self, home: Home) -> bool:
        """Remove it; False: somebody is at work with it just now."""
        if self.kind == ENVIRONMENT:
            return removed(self.path, home.run)
        if self.path.is_dir():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)
        return True


def things(home: Home) -> Iterator[Thing]:
    """Yield every bundle, environment and recreated repo of a home."""
    for path in home.bundles.glob("*.tar.gz"):
        yield from _used(BUNDLE, path, path)
    for path in home.envs.iterdir() if home.envs.is_dir() else ():
        if (used_at := last_used(path)) is not None:
            yield Thing(kind=ENVIRONMENT, path=path, used_at=used_at)
    for path in home.root.glob("aibro_repo*"):
        yield from _used(REPO, path, path)


def _used(kind: str, path: Path, mark: Path) -> Iterator[Thing]:
    with suppress(FileNotFoundError):
        yield Thing(kind=kind, path=path, used_at=mark.stat().st_mtime)


def usage(home: Home) -> DiskView:
    """Return what a home takes, by kind. It looks at every file: seconds for many environments."""
    named = {
        "bundles": list(home.bundles.glob("*.tar.gz")),
        "environments": [path for path in _children(home.envs) if last_used(path) is not None],
        "instances": list(_children(home.instances)),
        "repos": list(home.root.glob("aibro_repo*")),
        "copies": list(_children(home.copies)),
        "database files": list(home.root.glob(f"{home.database.name}*")),
        "logs": list(_children(home.logs)),
    }
    lines = (DiskLine(kind=kind, bytes=sum(map(taken, paths)), count=len(paths)) for kind, paths in named.items())
    return DiskView(lines=tuple(line for line in lines if line.count), free_bytes=shutil.disk_usage(home.root).free)


def _children(folder: Path) -> Iterable[Path]:
    return folder.iterdir() if folder.is_dir() else ()


def taken(path: Path) -> int:
    """Return the bytes that a file or a folder takes on the disk; a file that is linked twice counts once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for one in _files(path):
        with suppress(OSError):
            found = one.lstat()
            if (mark := (found.st_dev, found.st_ino)) not in seen:
                seen.add(mark)
                total += found.st_blocks * 512
    return total


def _files(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        for folder, _, names in os.walk(path):
            yield from (Path(folder) / name for name in names)

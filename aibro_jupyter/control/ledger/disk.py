"""What lies in the home: how much of each kind, when it was used last, and how it is removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter.envs import last_used, mark_used, removed
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
        if self.kind == ENVIRONMENT:
            mark_used(self.path)
            return
        with suppress(FileNotFoundError):
            os.utime(self.path)

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
    for kind, paths in ((BUNDLE, _bundles(home)), (REPO, _repos(home))):
        for path in paths:
            with suppress(FileNotFoundError):
                yield Thing(kind=kind, path=path, used_at=path.stat().st_mtime)
    yield from _environments(home)


def usage(home: Home) -> DiskView:
    """Return what a home takes, by kind. It looks at every file: seconds for many environments."""
    named = {
        "bundles": _bundles(home),
        "environments": [one.path for one in _environments(home)],
        "instances": _instances(home),
        "repos": _repos(home),
        "copies": _children(home.copies),
        "database files": list(home.root.glob(f"{home.database.name}*")),
        "logs": [*_children(home.logs), *_kept(home)],
    }
    lines = (DiskLine(kind=kind, bytes=sum(map(taken, paths)), count=len(paths)) for kind, paths in named.items())
    return DiskView(lines=tuple(line for line in lines if line.count), free_bytes=shutil.disk_usage(home.root).free)


def _bundles(home: Home) -> list[Path]:
    return list(home.bundles.glob("*.tar.gz"))


def _repos(home: Home) -> list[Path]:
    return list(home.root.glob("aibro_repo*"))


def _environments(home: Home) -> Iterator[Thing]:
    for path in _children(home.envs):
        if (used_at := last_used(path)) is not None:
            yield Thing(kind=ENVIRONMENT, path=path, used_at=used_at)


def _instances(home: Home) -> list[Path]:
    return [path for path in _children(home.instances) if path.is_dir()]


def _kept(home: Home) -> list[Path]:
    """Return what is kept of instances that are gone: their logs, and the marks that say so."""
    return [path for end in ("gone", "log") for path in home.instances.glob(f"*.{end}")]


def _children(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


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

"""A copy of a repo for a process that runs it; it shares large files of ``model/``, which are read and not written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SHARED_FROM = 16 * 1024 * 1024
"""Bytes. Chosen: a copy of weights for each process would fill the disk, and copies of anything smaller cost little."""

Marks = dict[str, list[int]]
"""Large files of ``model/`` by their path in the repo -> bytes and time of the last change, which a write moves on."""


def marks(root: Path) -> Marks:
    """Return by what it shows that a large file was written to."""
    found = ((path, path.stat()) for path in sorted((root / "model").rglob("*")) if path.is_file())
    return {
        path.relative_to(root).as_posix(): [seen.st_size, seen.st_mtime_ns]
        for path, seen in found
        if seen.st_size >= SHARED_FROM
    }


def copy_shared(root: Path, into: Path) -> None:
    """Copy a repo into a new folder; what has a mark is a hard link where both are on one filesystem, else a copy."""
    shared = {str(root / name) for name in marks(root)}

    def copy(source: str, target: str) -> str:
        if source in shared:
            try:
                os.link(source, target)
            except OSError:  # another filesystem, or one without links
                return str(shutil.copy2(source, target))
            return target
        return str(shutil.copy2(source, target))

    shutil.copytree(root, into, copy_function=copy)

"""The repo's folder: built beside its place, swapped in whole; what people wrote into the old one is not lost."""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aibro_jupyter import clock
from aibro_jupyter.errors import CaptureError
from aibro_jupyter.modelio import manifest

GENERATED = ("predict.py", "notebook_code.py", "requirements.txt", "runtime.txt")
"""The repo's own files, beside the manifest: written anew at each capture."""
_ABANDONED_S = 24 * 3600.0
"""A staging folder this old belongs to no capture that still runs."""
_CELL = re.compile(rb"In\[\d+\]")
_TEXTS = frozenset({".py", ".json", ".txt"})


def check_place(out: Path) -> None:
    """Refuse a place that holds something else, or files edited by hand since the last capture.

    A repo that a capture killed half-way had moved aside is first put back.
    """
    _put_back(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir() or not (out / manifest.FILE).is_file():
        raise CaptureError(
            f"cannot write to {out.name}: it exists and was not made by a capture",
            fix="choose another place with out=..., or move it away",
        )
    edited = [name for name, digest in _digests(out).items() if _digest(out / name) not in (digest, None)]
    if edited:
        raise CaptureError(
            f"cannot write to {out.name}: {', '.join(edited)} was edited by hand since the last capture",
            fix="move the edits into the notebook and delete the file, or capture to another place with out=...",
        )


def _put_back(out: Path) -> None:
    """Undo a swap that was cut short, and sweep what captures that were killed left behind."""
    for place in sorted(out.parent.glob(f".{out.name}.*")) if out.parent.is_dir() else []:
        if (place / "old" / manifest.FILE).is_file() and not out.exists():
            os.replace(place / "old", out)
            place.rmdir()
        elif clock.now() - place.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(place, ignore_errors=True)


def digests(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Return file name -> sha256 of the generated files, for the manifest."""
    found = {name: _digest(root / name) for name in names}
    return {name: digest for name, digest in found.items() if digest}


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """Give an empty folder beside the repo's place; it is gone afterwards unless it was moved away."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def swap_in(made: Path, out: Path) -> None:
    """Put a finished folder in its place at once; files that a person added to the old one come along.

    A repo that differs in nothing but cell numbers stays as it is, so that running a notebook again changes nothing.
    """
    if not out.exists():
        made.chmod(0o755)
        os.replace(made, out)
        return
    known = set(manifest.glanced(out).get("files", []))
    for path in sorted(out.rglob("*")):
        place = path.relative_to(out)
        ours = place.as_posix() in known or "__pycache__" in place.parts
        if path.is_file() and not ours and not (made / place).exists():
            (made / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, made / place)
    if _alike(made, out):
        return
    made.chmod(0o755)
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        os.replace(out, old / "old")
        os.replace(made, out)
    except OSError:
        if (old / "old").exists() and not out.exists():
            os.replace(old / "old", out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def files_of(root: Path) -> list[str]:
    """Return the repo's files, relative and sorted."""
    found = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path.relative_to(root).as_posix() for path in found)


def _alike(one: Path, other: Path) -> bool:
    names = files_of(one)
    return names == files_of(other) and all(_same(one / name, other / name) for name in names)


def _same(one: Path, other: Path) -> bool:
    if one.name == manifest.FILE:
        return bool(_comparable(one) == _comparable(other))
    if one.suffix in _TEXTS:
        return _CELL.sub(b"In[]", one.read_bytes()) == _CELL.sub(b"In[]", other.read_bytes())
    return filecmp.cmp(one, other, shallow=False)


def _comparable(path: Path) -> Any:
    told = json.loads(_CELL.sub(b"In[]", path.read_bytes()))
    return {key: value for key, value in told.items() if key != "sha256"}


def _digests(out: Path) -> dict[str, str]:
    return dict(manifest.glanced(out).get("sha256", {}))


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None

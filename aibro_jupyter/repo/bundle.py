"""A repo as one file: the same tree gives the same bytes, and nothing in an archive can reach beyond its folder."""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aibro_jupyter.errors import BadRepo
from aibro_jupyter.modelio.paths import HIGHEST_RATIO, LEFT_OUT, TakenPaths, fault
from aibro_jupyter.repo.unpacking import FREE_BYTES, MOST_BYTES, MOST_ENTRIES, unpack

__all__ = ["Bundle", "pack", "unpack"]


_PROBED = 2**20
_SAMPLE = 2**16
"""Chosen, both: files from a megabyte on are looked at, and so much of the middle squeezed to see if it shrinks."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A packed repo."""

    sha256: str
    """Of the archive, hex: its name."""
    path: Path
    size: int
    """Bytes of the archive."""


def pack(root: Path, out_dir: Path) -> Bundle:
    """Pack a repo into ``out_dir/<sha256>.tar.gz``; the same tree gives the same bytes.

    Links are followed: what they point to comes along. Version control, caches and virtual environments stay out. Times
    and owners are not kept, of permissions only whether a file is executable. Raises ``BadRepo`` naming the file.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    entries = list(_walked(root))
    total = sum(size for _, _, size in entries)
    if len(entries) > MOST_ENTRIES or total > MOST_BYTES:
        raise BadRepo(
            f"the repo has {len(entries)} files of {total} bytes, and {MOST_ENTRIES} and {MOST_BYTES} may be sent"
        )
    handle, name = tempfile.mkstemp(dir=out_dir, prefix=".packing-")
    packed = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            _write(entries, file, level=0 if _mostly_noise(entries) else 1)
            if total > max(FREE_BYTES, file.tell() * HIGHEST_RATIO // 2):
                # Zeros shrink a thousandfold; whoever unpacks must not take them for a bomb.
                file.seek(0)
                file.truncate()
                _write(entries, file, level=0)
            size = file.tell()
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        final = out_dir / f"{sha256}.tar.gz"
        os.replace(packed, final)
    except BaseException:
        packed.unlink(missing_ok=True)
        raise
    return Bundle(sha256=sha256, path=final, size=size)


Entry = tuple[str, Path, int]


def _walked(root: Path) -> Iterator[Entry]:
    """Yield (relative path, file, bytes) of everything, folders before what is in them; a folder's path ends in "/"."""
    taken = TakenPaths()
    for name, path in _below(root, "", (root.resolve(),)):
        folder = name.endswith("/")
        if wrong := fault(name.rstrip("/")):
            raise BadRepo(f"the repo's {name!r} {wrong}, and cannot be sent", fix="rename it")
        if taken.clash(name.rstrip("/"), folder=folder):
            raise BadRepo(f"the repo's {name!r} differs from another file only in case or accents", fix="rename one")
        yield name, path, 0 if folder else path.stat().st_size


def _below(folder: Path, prefix: str, above: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        name = prefix + path.name
        if path.name in LEFT_OUT:
            continue
        if path.is_file():
            yield name, path
        elif path.is_dir():
            real = path.resolve()
            if real in above:
                raise BadRepo(f"the repo's {name!r} is a link to a folder that it lies in", fix="remove the link")
            yield name + "/", path
            yield from _below(path, name + "/", (*above, real))
        else:
            what = "a link that leads nowhere" if path.is_symlink() else "neither a file nor a folder"
            raise BadRepo(f"the repo's {name!r} is {what}", fix="remove it")


def _mostly_noise(entries: list[Entry]) -> bool:
    """Return whether most bytes are like weights, which cost time to squeeze and get no smaller; told from samples."""
    noise = 0
    for _, path, size in entries:
        if size >= _PROBED:
            with path.open("rb") as file:
                file.seek(size // 2)
                sample = file.read(_SAMPLE)
            noise += size if len(zlib.compress(sample, 1)) > 0.8 * len(sample) else 0
    return noise * 2 > sum(size for _, _, size in entries)


def _write(entries: list[Entry], out: IO[bytes], *, level: int) -> None:
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=level, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, path, size in entries:
            if name.endswith("/"):
                archive.addfile(_header(name, tarfile.DIRTYPE, 0, 0o755))
            else:
                _add(archive, name, path, size)


def _add(archive: tarfile.TarFile, name: str, path: Path, size: int) -> None:
    try:
        with path.open("rb") as content:
            mode = 0o755 if os.fstat(content.fileno()).st_mode & 0o100 else 0o644
            archive.addfile(_header(name, tarfile.REGTYPE, size, mode), content)
    except PermissionError as error:
        raise BadRepo(f"the repo's {name!r} may not be read", fix="make it readable, or remove it") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise BadRepo(f"the repo's {name!r} became shorter while it was packed", fix="try again") from error


def _header(name: str, kind: bytes, size: int, mode: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.size, header.mode, header.mtime = kind, size, mode, 0
    return header

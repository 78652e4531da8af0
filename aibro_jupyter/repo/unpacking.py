"""Take a bundle apart: files and folders only, below one folder only, never more than the limits.

The standard library's extractor is not used: its filters have been escaped, and the Pythons we run on are old.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from aibro_jupyter.errors import BadBundle
from aibro_jupyter.modelio.paths import HIGHEST_RATIO, TakenPaths, fault

MOST_ENTRIES = 100_000
MOST_BYTES = 64 * 2**30
"""Chosen, both; the bytes are four times what control takes in packed."""
FREE_BYTES = 64 * 2**20
"""Up to here the ratio does not count."""
_BLOCK = 512
"""Bytes: tar's own."""
_CHUNK = 2**20
_LONGEST_PAX = 64 * 1024
"""Chosen: a path has a kilobyte at most."""


def unpack(archive: Path, sha256: str, into: Path) -> None:
    """Unpack a bundle into the new folder ``into``, whole or not at all; its digest is checked first.

    An archive that is not what its digest says, or holds anything but files and folders with plain names, raises
    ``BadBundle`` naming the entry. One caller at a time per ``into``; what a killed one left is removed.
    """
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            raise BadBundle(f"the archive's digest is {found[:12]}…, not {sha256[:12]}…", fix="send it again")
        file.seek(0)
        unpacking = into.parent / f".{into.name}.unpacking"
        shutil.rmtree(unpacking, ignore_errors=True)
        unpacking.mkdir(mode=0o700, parents=True)
        try:
            _extract(file, archive.stat().st_size, unpacking)
            os.rename(unpacking, into)
        except BaseException:
            shutil.rmtree(unpacking, ignore_errors=True)
            raise


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class _Entry:
    name: str
    folder: bool
    size: int
    executable: bool


def _extract(file: IO[bytes], packed: int, into: Path) -> None:
    root = os.open(into, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    taken, count = TakenPaths(), 0
    allowed = min(MOST_BYTES, max(FREE_BYTES, packed * HIGHEST_RATIO))
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as stream:
            for entry in _entries(stream):
                count, allowed = count + 1, allowed - entry.size
                _check(entry, taken, count, allowed)
                _place(entry, stream, root)
            if stream.read(_CHUNK).strip(b"\0") or stream.read(1):
                # Reading to the very end is also what checks the archive's own checksum.
                raise BadBundle("the archive goes on after its end")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadBundle(f"the archive is cut off or damaged: {error}", fix="send it again") from error
    finally:
        os.close(root)


def _check(entry: _Entry, taken: TakenPaths, count: int, allowed: int) -> None:
    shown = repr(entry.name[:120])
    if wrong := fault(entry.name):
        raise BadBundle(f"the archive's entry {shown} {wrong}")
    if taken.clash(entry.name, folder=entry.folder):
        raise BadBundle(f"the archive's entry {shown} is there twice, or differs only in case or accents")
    if count > MOST_ENTRIES:
        raise BadBundle(f"the archive has more than {MOST_ENTRIES} entries")
    if allowed < 0:
        raise BadBundle(f"the archive's entry {shown} would unpack to more than is allowed")


def _entries(stream: _Stream) -> Iterator[_Entry]:
    """Yield each entry, its content next in the stream; the caller reads it, with its padding, before going on."""
    told: dict[str, str] = {}
    while block := _block(stream):
        kind = block[156:157]
        size = _octal(block[124:136])
        if kind == b"x":
            told = _pax(stream, size)
            continue
        name = told.get("path") or _name(block)
        if kind not in (b"0", b"\0", b"5"):
            raise BadBundle(f"the archive's entry {name[:120]!r} is neither a file nor a folder (type {kind!r})")
        folder = kind == b"5"
        size = _decimal(told["size"]) if "size" in told else size
        if folder and size:
            raise BadBundle(f"the archive's folder {name[:120]!r} has content")
        yield _Entry(
            name=name.removesuffix("/") if folder else name,
            folder=folder,
            size=size,
            executable=bool(_octal(block[100:108]) & 0o100),
        )
        told = {}


def _block(stream: _Stream) -> bytes:
    """Return the next header, checked; b"" at the end."""
    block = stream.read(_BLOCK)
    if not block.strip(b"\0"):
        return b""
    if len(block) < _BLOCK:
        raise EOFError("in a header")
    if sum(block[:148]) + 8 * 32 + sum(block[156:]) != _octal(block[148:156]):
        raise BadBundle("the archive is no tar: a header's checksum is wrong")
    return block


def _octal(field: bytes) -> int:
    digits = field.strip(b"\0 ")
    if digits and not all(48 <= digit < 56 for digit in digits):
        raise BadBundle("the archive's header has a number that is none")
    return int(digits or b"0", 8)


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadBundle(f"the archive's header has a size that is none: {text[:40]!r}")
    return int(text)


def _name(block: bytes) -> str:
    name, prefix = (_utf8(block[start:end].split(b"\0", 1)[0]) for start, end in ((0, 100), (345, 500)))
    return f"{prefix}/{name}" if prefix and block[257:262] == b"ustar" else name


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BadBundle(f"the archive's entry {raw[:120]!r} has a name that is not UTF-8") from error


def _pax(stream: _Stream, size: int) -> dict[str, str]:
    """Return path and size as an extended header tells them; its other records say nothing we keep."""
    if size > _LONGEST_PAX:
        raise BadBundle("the archive has an extended header that is too long")
    data, told = _exactly(stream, size), {}
    _exactly(stream, -size % _BLOCK)
    while data:
        length, _, _ = data.partition(b" ")
        count = _decimal(length.decode("ascii", "replace"))
        record = data[len(length) + 1 : count]
        key, equals, value = record.removesuffix(b"\n").partition(b"=")
        if count <= len(length) + 1 or count > len(data) or not equals:
            raise BadBundle("the archive has an extended header that is none")
        if key in (b"path", b"size"):
            told[key.decode()] = _utf8(value)
        elif key.startswith(b"GNU.sparse"):
            raise BadBundle("the archive has a sparse file")
        data = data[count:]
    return told


def _place(entry: _Entry, stream: _Stream, root: int) -> None:
    *above, last = entry.name.split("/")
    with _folder(root, above) as folder:
        if entry.folder:
            _made(last, folder)
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(last, flags, 0o755 if entry.executable else 0o644, dir_fd=folder)
        with os.fdopen(handle, "wb") as out:
            left = entry.size
            while left:
                chunk = _exactly(stream, min(left, _CHUNK))
                out.write(chunk)
                left -= len(chunk)
    _exactly(stream, -entry.size % _BLOCK)


@contextmanager
def _folder(root: int, parts: list[str]) -> Iterator[int]:
    """Open the folder at those parts, made where missing, one step at a time and through no link."""
    handle = os.dup(root)
    try:
        for part in parts:
            _made(part, handle)
            deeper = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
            os.close(handle)
            handle = deeper
        yield handle
    finally:
        os.close(handle)


def _made(name: str, folder: int) -> None:
    try:
        os.mkdir(name, 0o755, dir_fd=folder)
    except FileExistsError:
        return


def _exactly(stream: _Stream, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError("in a file")
    return data

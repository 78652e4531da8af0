"""A posted zip -> files by name: checked whole before anything is taken out of it, and never more than the limits."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib

from .faults import BadInput
from .paths import HIGHEST_RATIO, TakenPaths, fault

MOST_FILES = 10_000
MOST_BYTES = 512 * 2**20
"""Chosen, both: it unpacks in memory, beside the model."""
FREE_BYTES = 2**20
"""Up to here the ratio does not count: a little text repeats itself a lot."""


def is_zip(body: bytes) -> bool:
    """Return whether a body begins like a zip."""
    return body[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def unzipped(body: bytes) -> dict[str, bytes]:
    """Return the files of a zip by relative path; a single folder data/ at its top is taken off.

    Links, encrypted entries, paths that leave the folder, names that collide, and archives that unpack to more than
    the limits raise ``BadInput`` naming the entry.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = [entry for entry in archive.infolist() if not _of_macos(entry.filename)]
            if len(entries) > MOST_FILES:
                raise BadInput(f"the zip has more than {MOST_FILES} entries", status=400)
            _check(entries)
            return _without_data(_read(archive, entries, len(body)))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise BadInput(f"the zip cannot be read: {error}", status=400) from error


def _of_macos(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1] == ".DS_Store"


def _check(entries: list[zipfile.ZipInfo]) -> None:
    taken = TakenPaths()
    for entry in entries:
        shown = repr(entry.filename[:120])
        name, folder = entry.filename.removesuffix("/"), entry.filename.endswith("/")
        if wrong := _wrong_kind(entry) or fault(name):
            raise BadInput(f"the zip's entry {shown} {wrong}", status=400)
        if taken.clash(name, folder=folder):
            raise BadInput(f"the zip's entry {shown} is there twice, or differs only in case or accents", status=400)


def _wrong_kind(entry: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is neither a file nor a folder"
    return "is encrypted" if entry.flag_bits & 1 else ""


def _read(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], packed: int) -> dict[str, bytes]:
    allowed = min(MOST_BYTES, max(FREE_BYTES, packed * HIGHEST_RATIO))
    files: dict[str, bytes] = {}
    for entry in entries:
        if entry.filename.endswith("/"):
            continue
        with archive.open(entry) as stream:
            content = stream.read(allowed + 1)
        allowed -= len(content)
        if allowed < 0:
            raise BadInput(f"the zip's entry {entry.filename[:120]!r} unpacks to more than is allowed", status=400)
        files[entry.filename] = content
    return files


def _without_data(files: dict[str, bytes]) -> dict[str, bytes]:
    if files and all(name.startswith("data/") for name in files):
        return {name[len("data/") :]: content for name, content in files.items()}
    return files

"""A posted zip -> files by name: checked whole before anything is taken out of it, and never more than the limits."""

from __future__ import annotations

import io
import stat
import unicodedata
import zipfile
import zlib

from .faults import BadInput

MOST_FILES = 10_000
MOST_BYTES = 512 * 2**20
HIGHEST_RATIO = 200
FREE_BYTES = 2**20
"""Up to here the ratio does not count: a little text repeats itself a lot."""
DEEPEST = 32


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
    seen: dict[str, bool] = {}
    for entry in entries:
        fault = _fault(entry)
        if fault:
            raise BadInput(f"the zip's entry {entry.filename[:120]!r} {fault}", status=400)
        folder = entry.filename.endswith("/")
        folded = unicodedata.normalize("NFC", entry.filename.rstrip("/")).casefold()
        if folded in seen and not (folder and seen[folded]):
            raise BadInput(f"the zip's entry {entry.filename[:120]!r} is there twice", status=400)
        seen[folded] = folder
    for name in seen:
        above = name.rpartition("/")[0]
        while above:
            if seen.get(above) is False:
                raise BadInput(f"the zip's entry {above[:120]!r} is a file and a folder", status=400)
            above = above.rpartition("/")[0]


def _fault(entry: zipfile.ZipInfo) -> str:
    name = entry.filename
    parts = name.rstrip("/").split("/")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is neither a file nor a folder"
    if entry.flag_bits & 1:
        return "is encrypted"
    if any(part in ("", ".", "..") for part in parts) or "\\" in name or name[1:2] == ":":
        return "leaves its folder"
    if any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) < 0xE000 for char in name):
        return "has control characters in its name"
    if len(parts) > DEEPEST or any(len(part.encode()) > 255 for part in parts):
        return "lies too deep or has too long a name"
    return ""


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

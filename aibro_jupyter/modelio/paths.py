"""What may stand in an archive: plain names under one folder, the same on every file system, and no bomb."""

from __future__ import annotations

import re
import unicodedata

HIGHEST_RATIO = 200
"""An archive that unpacks to more than so many times its own size is taken for a bomb."""
DEEPEST = 32
"""Chosen: deeper than any repo, less deep than what breaks those who walk it."""
LONGEST = 1024
"""Bytes of a whole relative path."""
LEFT_OUT = frozenset({".git", "__pycache__", ".ipynb_checkpoints", ".venv"})
"""Folders that are never part of a repo."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


def fault(path: str) -> str:
    """Return what is wrong with a relative path with ``/`` between its parts; "" if nothing is."""
    parts = path.split("/")
    if _CONTROL.search(path):
        return "has control or unpaired characters in its name"
    if "\\" in path or re.match(r"[A-Za-z]:", path) or any(part in ("", ".", "..") for part in parts):
        return "leaves its folder"
    if len(parts) > DEEPEST:
        return f"lies more than {DEEPEST} folders deep"
    if len(path.encode()) > LONGEST or any(len(part.encode()) > 255 for part in parts):
        return "has too long a name"
    return ""


class TakenPaths:
    """The paths so far, compared as the most forgetful file system would: without case, accents composed."""

    def __init__(self) -> None:
        self._folders: set[str] = set()
        self._files: set[str] = set()

    def clash(self, path: str, *, folder: bool) -> bool:
        """Note a path; return whether a file is there already, or stands where a folder is needed.

        A folder may be told again: archives list it before, after or between what is in it.
        """
        folded = unicodedata.normalize("NFKC", path).casefold()
        above = [folded[:at] for at, char in enumerate(folded) if char == "/"]
        if self._files & {folded, *above} or (folded in self._folders and not folder):
            return True
        self._folders.update([*above, folded] if folder else above)
        self._files.update([] if folder else [folded])
        return False

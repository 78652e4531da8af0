"""Which paths may stand in a bundle: plain names under one folder, the same on every file system."""

from __future__ import annotations

import re
import unicodedata

DEEPEST = 32
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


class Seen:
    """The paths so far, compared as the most forgetful file system would: without case, accents composed."""

    def __init__(self) -> None:
        self._folders: set[str] = set()
        self._taken: set[str] = set()

    def clash(self, path: str, *, folder: bool) -> bool:
        """Note a path; return whether it is there already, or a file stands where a folder is needed."""
        folded = unicodedata.normalize("NFKC", path).casefold()
        above = [folded[:at] for at, char in enumerate(folded) if char == "/"]
        if folded in self._taken or any(one in self._taken and one not in self._folders for one in above):
            return True
        if folded in self._folders and not folder:
            return True
        self._taken.add(folded)
        self._folders.update([*above, folded] if folder else above)
        return False

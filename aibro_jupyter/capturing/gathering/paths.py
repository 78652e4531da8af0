"""Files that captured code opens by a literal name: they come along, or it is said why they cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from aibro_jupyter.capturing.session.items import Gathered

_MOST_BYTES = 200 * 1024 * 1024
"""Chosen: a larger file that code names is more likely training data than a part of the model."""


@dataclass(kw_only=True)
class Found:
    """Paths as the code writes them -> as it must write them in the repo."""

    renamed: dict[str, str] = field(default_factory=dict)

    def applied(self, text: str) -> str:
        """Return a source text with the paths rewritten, whatever quotes they stand in."""
        for old, new in self.renamed.items():
            text = re.sub(rf"""(?<=["']){re.escape(old)}(?=["'])""", lambda _match, new=new: new, text)  # type: ignore[misc]
        return text


def find_files(gathered: Gathered, texts: Iterable[str], user: str, *, may_read_data: bool = False) -> Found:
    """Note which of the texts are files, and those elsewhere on this machine under the name they get in the repo.

    A file at the top of data/ is refused, since a request's body takes that place; ``may_read_data`` is for a
    hand-written run(), which reads just that.
    """
    found = Found()
    for text in dict.fromkeys(texts):
        if not 2 < len(text) < 250 or "\n" in text or "." not in text or not _is_file(text):
            continue
        path = Path(text)
        if path.is_absolute() or ".." in path.parts:
            _from_elsewhere(gathered, found, text, user)
        elif path.parts[0] == "data" and len(path.parts) == 2:
            if not may_read_data:
                reason = f"{text} lies in data/, where a request's body goes"
                gathered.refuse(user, gathered.cell_of(user), reason, "move the file to another folder")
        else:
            gathered.files.setdefault(path.as_posix(), user)
    return found


def _from_elsewhere(gathered: Gathered, found: Found, text: str, user: str) -> None:
    """Give a file from outside the notebook's folder a place in the repo; one inside keeps its place."""
    path, here = Path(text).resolve(), Path.cwd().resolve()
    if path.stat().st_size > _MOST_BYTES:
        gathered.warnings.append(
            f"{user} reads {text}, which exists on this machine only and is too large to come along"
        )
        return
    inside = path.is_relative_to(here) and path.relative_to(here).parts[0] not in ("data", "model")
    place = path.relative_to(here).as_posix() if inside else f"files/{path.name}"
    if gathered.sources.get(place, path) != path:
        place = f"files/{path.parent.name}_{path.name}"
    gathered.sources[place] = path
    gathered.files.setdefault(place, user)
    found.renamed[text] = place


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False

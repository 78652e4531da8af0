"""Files that captured code opens by a name that it tells: they come along, or it is said why they cannot."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from aibro_jupyter import figures
from aibro_jupyter.capturing.gathering.opened import WILD, Lookup, Opened, opened_by
from aibro_jupyter.capturing.session.items import Gathered
from aibro_jupyter.capturing.session.settings import Setting
from aibro_jupyter.errors import BadRequest

_MOST_BYTES = 200 * 1024 * 1024
"""Chosen: a larger file that code names is more likely training data than a part of the model."""

ASKED = "--file"
"""Who reads a file that its owner named."""


@dataclass(kw_only=True)
class Found:
    """Paths as the code writes them -> as it must write them in the repo."""

    renamed: dict[str, str] = field(default_factory=dict)

    def applied(self, text: str) -> str:
        """Return a source text with the paths rewritten, whatever quotes they stand in."""
        for old, new in self.renamed.items():
            text = re.sub(rf"""(?<=["']){re.escape(old)}(?=["'])""", lambda _match, new=new: new, text)  # type: ignore[misc]
        return text


def files_of_code(gathered: Gathered, code: str, strings: Iterable[str], user: str, lookup: Lookup) -> Found:
    """Note the files that a definition opens: what it reads, the folder a request chooses from, what it only writes.

    ``strings`` are its texts, ``lookup`` gives what its names mean.
    """
    opened = opened_by(code, lookup)
    for path, call in opened.written.items():
        _note_written(gathered, path, call, user)
    for pattern in opened.patterns:
        _bring_matching(gathered, pattern, user)
    texts = [text for text in strings if text not in opened.written]
    found = find_files(gathered, texts, user, may_read_data=user == "run")
    _note_joined(gathered, opened, user)
    return found


def _note_joined(gathered: Gathered, opened: Opened, user: str) -> None:
    """Note the files beside the notebook whose name the code puts together; others cannot be renamed in it."""
    for text in opened.reads:
        gathered.written.pop(text, None)
        if _has_place(text) and _is_file(text):
            gathered.files.setdefault(Path(text).as_posix(), user)


def _note_written(gathered: Gathered, path: str, call: str, user: str) -> None:
    if path in gathered.files or path in gathered.written:
        return
    gathered.written[path] = call
    told = f"{path}: what {user} writes there is lost when an instance ends"
    gathered.warnings.append(f"{told}, and the file of the notebook's folder is not copied" if _is_file(path) else told)
    folder = PurePath(path).parent.as_posix()
    if folder != "." and not PurePath(path).is_absolute() and ".." not in PurePath(folder).parts:
        made = Setting(needs="import os", call=f'os.makedirs("{folder}", exist_ok=True)  # {user} writes there')
        if made not in gathered.settings:
            gathered.settings.append(made)


def _has_place(path: str) -> bool:
    """Tell whether a path keeps its place in a repo: below the notebook's folder, not where a body or weights go."""
    parts = PurePath(path).parts
    return bool(parts) and not PurePath(path).is_absolute() and ".." not in parts and parts[0] not in ("data", "model")


def _bring_matching(gathered: Gathered, pattern: str, user: str) -> None:
    """Have all files come along that fit a path in which the request decides, if it names their folder."""
    folder = pattern.partition(WILD)[0].rpartition("/")[0]
    if not folder or not _has_place(folder) or not Path(folder).is_dir():
        return
    found = [
        Path(one) for one in sorted(glob.glob(WILD.join(map(glob.escape, pattern.split(WILD))).replace(WILD, "*")))
    ]
    files = [one for one in found if one.is_file()]
    shown, size = pattern.replace(WILD, "*"), sum(one.stat().st_size for one in files)
    if all(one.as_posix() in gathered.asked for one in files):
        return
    if size > _MOST_BYTES:
        told = f"of {shown} ({figures.size(size)}) only what it opens on the sample comes along"
        gathered.warnings.append(f"{user}: {told}; --file '{shown}' brings all")
        return
    for file in files:
        gathered.files.setdefault(file.as_posix(), user)
        gathered.brought.setdefault(file.as_posix(), shown)


def files_asked_for(patterns: Iterable[str]) -> dict[str, str]:
    """Return the files beside the notebook that glob patterns name, with who asked; raises ``BadRequest`` for none."""
    found: dict[str, str] = {}
    for pattern in patterns:
        names = sorted(glob.glob(pattern, recursive=True))
        inside = [name for name in names if _has_place(name) and Path(name).resolve().is_relative_to(Path.cwd())]
        files = {Path(name).as_posix(): ASKED for name in inside if Path(name).is_file()}
        below = (file for name in inside if Path(name).is_dir() for file in sorted(Path(name).rglob("*")))
        files |= {file.as_posix(): ASKED for file in below if file.is_file() and not _is_hidden(file)}
        if not files:
            where = "lies outside of its folder, or in data/ or model/" if names else "is not there"
            raise BadRequest(f"--file {pattern}: what it names {where}", fix="name files below the notebook's folder")
        found |= files
    return found


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in file.parts)


def find_files(gathered: Gathered, texts: Iterable[str], user: str, *, may_read_data: bool = False) -> Found:
    """Note which of the texts are files, and those elsewhere on this machine under the name they get in the repo.

    A file at the top of data/ is refused, since a request's body takes that place; ``may_read_data`` is for a
    hand-written run(), which reads just that.
    """
    found = Found()
    for text in dict.fromkeys(texts):
        if not 2 < len(text) < 250 or "\n" in text or "." not in text or not _is_file(text):
            continue
        if text in gathered.written:
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

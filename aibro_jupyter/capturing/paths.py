"""Files that captured code opens by a literal name: they come along, or it is said why they cannot."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aibro_jupyter.capturing.items import Plan


def find_files(plan: Plan, texts: Iterable[str], user: str, *, may_read_data: bool = False) -> None:
    """Note which of the texts are files below the working folder; warn of those elsewhere on this machine.

    A file at the top of data/ is refused, since a request's body takes that place; ``may_read_data`` is for a
    hand-written run(), which reads just that.
    """
    for text in texts:
        if not 2 < len(text) < 250 or "\n" in text or "." not in text or not _is_file(text):
            continue
        path = Path(text)
        if path.is_absolute() or ".." in path.parts:
            plan.warnings.append(f"{user} reads {text}, which exists on this machine only")
        elif path.parts[0] == "data" and len(path.parts) == 2:
            if not may_read_data:
                reason = f"{text} lies in data/, where a request's body goes"
                plan.refuse(user, plan.cell_of(user), reason, "move the file to another folder")
        else:
            plan.files.setdefault(path.as_posix(), user)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False

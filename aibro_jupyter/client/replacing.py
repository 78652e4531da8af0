"""Whether a deploy takes a live name from something else: another notebook, another function, another input."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aibro_jupyter.errors import WouldReplace
from aibro_jupyter.modelio.inputchanges import InputChange, input_changes
from aibro_jupyter.modelio.manifest import input_of
from aibro_jupyter.protocol import JobView, VersionSpec

_KERNEL = uuid.uuid4().hex[:12]
"""This process, among those that a notebook has had."""
_SHOWN = 3
"""Chosen: of a table's columns the first few say that it is another one."""


def notebook_of(namespace: Mapping[str, Any]) -> dict[str, str]:
    """Return what tells the notebook or script of these variables from others, to be kept in a version's ``note``.

    Of its path only the file's name is readable. Where nobody says which notebook it is, as when one runs headless,
    its folder stands in.
    """
    notebook = _path(namespace)
    place = str(notebook.absolute() if notebook else Path.cwd())
    return {
        "notebook": notebook.name if notebook else "",
        "place": hashlib.sha256(os.fsencode(place)).hexdigest()[:12],
        "kernel": _KERNEL,
    }


def _path(namespace: Mapping[str, Any]) -> Path | None:
    """Return the notebook's or script's file, as VS Code, Python itself or the Jupyter server tells it."""
    said = namespace.get("__vsc_ipynb_file__") or namespace.get("__file__") or os.environ.get("JPY_SESSION_NAME")
    # A console's session has a name as well, and a new one each time; it is no file's.
    return Path(said) if isinstance(said, str) and Path(said).suffix else None


def newest(job: JobView) -> VersionSpec | None:
    """Return what callers of a job reach, or soon will: its newest version that is live or comes up."""
    return next((version.spec for version in job.versions if version.state in ("coming", "live")), None)


def changed_input(job: JobView, about: str) -> tuple[InputChange, ...]:
    """Return in what the input of a repo, as ``about`` tells it, differs from that of a job's newest version."""
    before = newest(job)
    return tuple(input_changes(_input(before.about), _input(about))) if before is not None else ()


def check_replaces(job: JobView, note: Mapping[str, str], changes: tuple[InputChange, ...]) -> None:
    """Return if a new version of a job is another version of the same API, else raise ``WouldReplace``."""
    before = newest(job)
    other = _other(before.note, note) if before is not None else ""
    breaks = [change.text for change in changes if change.breaks]
    if not other and not breaks:
        return
    more = f", and {len(breaks) - _SHOWN} more" if len(breaks) > _SHOWN else ""
    fails = f"its callers would fail: {'; '.join(breaks[:_SHOWN])}{more}" if breaks else ""
    raise WouldReplace(
        f"{job.model_name!r} is live{other}{' · ' if other and fails else ', and ' if fails else ''}{fails}",
        fix="--name gives this one an API of its own, --replace (in Python replace=True) puts it in that one's place",
    )


def _other(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return in words what else a job comes from; "" where it comes from the same, as far as that can be told."""
    if before.get("kernel") and before["kernel"] == now.get("kernel"):
        return ""
    known = "place" in before and "place" in now and bool(before["notebook"]) == bool(now["notebook"])
    was, is_now = before.get("function"), now.get("function")
    if known and before["place"] != now["place"]:
        return f" from another notebook{_named(before)}"
    if None in (was, is_now) or was == is_now or (known and before["notebook"]):
        return ""
    if was and is_now:
        return f" from another notebook{_named(before)}: it is its function '{was}', and this is '{is_now}'"
    if was:
        return f" from a notebook{_named(before)}, and not from this folder"
    return " from a folder, and from no notebook"


def _named(note: Mapping[str, str]) -> str:
    return f" ({note['notebook']})" if note.get("notebook") else ""


def _input(about: str) -> dict[str, Any] | None:
    """Return the ``input`` that callers are told of; None where nothing is known of it."""
    try:
        said = json.loads(about or "{}")
    except ValueError:
        return None
    return input_of(said) if isinstance(said, dict) else None

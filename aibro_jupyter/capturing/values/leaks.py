"""A last look at what was written: no secret that was named, and no file of credentials that came along unasked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from aibro_jupyter.capturing.session.items import Notes
from aibro_jupyter.capturing.values.guards import Secrets

_PRIVATE = re.compile(r"\.env(\..*)?|\.netrc|\.pgpass|\.pypirc|id_(rsa|dsa|ecdsa|ed25519)|.*\.(p12|pfx|keystore)")
_LARGEST = 64 * 1024 * 1024
"""Chosen: a larger file is weights, and reading them all would cost more than the whole capture."""
_SHORTEST = 6
"""A shorter value may stand in a file by chance."""


def leaks(root: Path, copied: Collection[str], secrets: Secrets, values: Mapping[str, str]) -> Notes:
    """Return as culprits all files of the repo that hold a delivered secret, or were copied and hold credentials.

    ``copied`` are the files and folders that came from beside the notebook, ``values`` the delivered secrets.
    """
    notes = Notes()
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        name, data = path.relative_to(root).as_posix(), path.read_bytes()
        for variable, value in values.items():
            if len(value) >= _SHORTEST and value.encode() in data:
                fix = f'read os.environ["{variable}"] inside the function; --secret {variable} delivers it'
                notes.refuse(name, "", f"it would hold the value of {variable}", fix, "file")
        if any(name == place or name.startswith(f"{place}/") for place in copied):
            _refuse_private(notes, name, data, secrets)
        elif path.suffix == ".py" and (why := secrets.in_code(data.decode("utf-8", "replace"))):
            notes.refuse(name, "", f"there, {why.reason}", why.fix, "file")
    return notes


def _refuse_private(notes: Notes, name: str, data: bytes, secrets: Secrets) -> None:
    text = data.decode("utf-8", "replace")
    why = secrets.in_file(name, text)
    if why is None and not _PRIVATE.fullmatch(name.rpartition("/")[2]):
        return
    reason = why.reason if why else "files of that name hold credentials"
    fix = "read what it needs from os.environ; --secret NAME delivers each value"
    notes.refuse(name, "", reason, fix, "file")

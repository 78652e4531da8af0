"""A last look at what was written: no secret that was named, and no file of credentials that came along unasked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from aibro_jupyter.capturing.session.items import Plan
from aibro_jupyter.capturing.values.guards import Secrets

_PRIVATE = re.compile(r"\.env(\..*)?|\.netrc|\.pgpass|\.pypirc|id_(rsa|dsa|ecdsa|ed25519)|.*\.(p12|pfx|keystore)")
_LARGEST = 64 * 1024 * 1024
_SHORTEST = 6
"""A shorter value may stand in a file by chance."""


def refuse_leaks(plan: Plan, root: Path, secrets: Secrets, values: Mapping[str, str]) -> None:
    """Add to the plan's culprits every file of the repo that holds a delivered secret, or is a file of credentials."""
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        name, data = path.relative_to(root).as_posix(), path.read_bytes()
        for variable, value in values.items():
            if len(value) >= _SHORTEST and value.encode() in data:
                fix = f'read os.environ["{variable}"] inside the function; --secret {variable} delivers it'
                plan.refuse(name, "", f"it would hold the value of {variable}", fix, "file")
        if any(name == copied or name.startswith(f"{copied}/") for copied in plan.files):
            _refuse_private(plan, name, data, secrets)


def _refuse_private(plan: Plan, name: str, data: bytes, secrets: Secrets) -> None:
    text = data.decode("utf-8", "replace")
    why = secrets.inside(text)
    if why is None and not _PRIVATE.fullmatch(name.rpartition("/")[2]):
        return
    reason = why.reason if why else "files of that name hold credentials"
    fix = "read what it needs from os.environ; --secret NAME delivers each value"
    plan.refuse(name, "", reason, fix, "file")

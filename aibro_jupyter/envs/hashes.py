"""The files that a requirements text pins by hash: what it allows is what a lock allows, no more."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aibro_jupyter.envs.requirements import HASH, requirement_lines
from aibro_jupyter.errors import BadRequirements

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

Pins = Mapping[str, tuple[str, ...]]
"""The hashes (``sha256:…``) that one package's file may have, by its normalised name (PEP 503)."""


def pins(requirements: str) -> Pins:
    """Return the hashes that a checked requirements text, or a lock, gives; a package without any is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for _, line in requirement_lines(requirements):
        if hashes := HASH.findall(line):
            found[_name(line)] = (*found.get(_name(line), ()), *hashes)
    return found


def held(lock: str, asked: Pins) -> str:
    """Return the lock with the hashes that were asked for in place of all those that the index knows.

    A resolver lists what the index has, whatever the text said. Hashes of which the index has none raise
    ``BadRequirements`` at once; those of a kind it does not tell, such as sha512, are compared by the installer.
    """
    if not asked:
        return lock
    known = pins(lock)
    for name, hashes in asked.items():
        kinds = {_kind(one) for one in known.get(name, ())}
        told = [one for one in hashes if _kind(one) in kinds]
        if len(told) == len(hashes) and not set(told) & set(known.get(name, ())):
            raise _mismatch(name, known.get(name, ()))
    return "".join(_line(line, asked) for _, line in requirement_lines(lock))


def _line(line: str, asked: Pins) -> str:
    wanted = HASH.sub("", line).strip()
    hashes = asked.get(_name(line), tuple(HASH.findall(line)))
    return " \\\n    ".join((wanted, *(f"--hash={one}" for one in hashes))) + "\n"


def _mismatch(name: str, known: tuple[str, ...]) -> BadRequirements:
    return BadRequirements(
        f"requirements.txt pins {name} to a hash that no file of it has",
        fix="find out whose file that was; the hashes below are what the package index has now",
        details="\n".join(known),
    )


def _name(line: str) -> str:
    # Only here: an instance that wakes pins nothing, and wakes faster without this import.
    from packaging.utils import canonicalize_name

    match = _NAME.match(line)
    return canonicalize_name(match.group() if match else line)


def _kind(one: str) -> str:
    return one.partition(":")[0]

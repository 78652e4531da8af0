"""Which lines a model repo may ask its environment for: packages and URLs, never options of the installer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aibro_jupyter.errors import BadRequirements

_REMOTE = ("https://", "http://", "git+https://", "git+http://", "git+ssh://", "hg+https://", "svn+https://")
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".egg")
HASH = re.compile(r"\s--hash[= ](\S+)")
"""What pins a requirement's file, behind it."""
_COMMENT = re.compile(r"(^|\s)#.*$")
_ADVICE = "write NAME, NAME==VERSION or NAME @ URL; put local code beside predict.py instead"


def checked_requirements(text: str, source: str = "requirements.txt") -> str:
    """Return a requirements text unchanged if every line names a package (PEP 508), else raise ``BadRequirements``.

    ``name @ https://…`` and ``name @ git+https://…`` are names with a place; hashes may follow a requirement.
    Options (``--index-url``, ``-e``, ``-r``), bare URLs, local paths and ``${VARIABLES}`` are refused: what a repo
    says may not change where this machine looks for packages, nor read its files or its environment.
    """
    for number, line in requirement_lines(text):
        if fault := _fault(line):
            raise BadRequirements(f"{source} line {number}: {line!r} {fault[0]}", fix=fault[1])
    return text


def count_requirements(text: str) -> int:
    """Return how many packages a requirements text, or a lock, asks for."""
    return sum(1 for _ in requirement_lines(text))


def requirement_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield every line that says something, without its comment, with the number it starts at."""
    joined, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start if joined else number
        line = _COMMENT.sub("", raw).rstrip()
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        if whole := (joined + line).strip():
            yield start, whole
        joined = ""
    if joined.strip():
        yield start, joined.strip()


def _fault(line: str) -> tuple[str, str] | None:
    """Return what is wrong with a line, and what to write instead."""
    wanted = HASH.sub("", line).strip()
    if wanted.startswith("-"):
        return (
            "is an option of the installer",
            "give the package by name; where packages come from is set on the machine",
        )
    if "${" in wanted:
        return "reads a variable of the machine", "write the value out"
    if wanted.startswith((*_REMOTE, "file:")):
        return "is a bare URL", "write it as `name @ URL`"
    if re.search(r"\s-{1,2}[A-Za-z]", wanted):
        return "carries an option of the installer", "leave the option out"
    return _package_fault(wanted, hashed=wanted != line)


def _package_fault(wanted: str, *, hashed: bool) -> tuple[str, str] | None:
    # Only here: an instance that wakes reads no requirements, and wakes faster without this import.
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(wanted)
    except InvalidRequirement as error:
        why = str(error).partition("\n")[0]
        return f"names no package in the way of PEP 508 ({why[:1].lower()}{why[1:]})", _ADVICE
    if found.url is not None and not found.url.startswith(_REMOTE):
        return "points to a file of another machine", f"write {found.name}==VERSION (conda writes such lines)"
    if found.url is None and found.name.lower().endswith(_ARCHIVES):
        return "names no package but a file", _ADVICE
    exact = any(one.operator in ("==", "===") and not one.version.endswith(".*") for one in found.specifier)
    if hashed and found.url is None and not exact:
        return "pins a file by its hash but names no exact version", f"write {found.name}==VERSION before the hash"
    return None

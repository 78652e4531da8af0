"""What changed between two repos: lines of text, and one line for each file that is none."""

from __future__ import annotations

import difflib
import filecmp
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter.capturing.writing.folder import files_of
from aibro_jupyter.modelio import manifest
from aibro_jupyter.modelio.inputchanges import input_changes

_CELL = re.compile(r"In\[\d+\]")
_TEXT = frozenset({".py", ".txt", ".json", ".md", ".toml", ".cfg", ".csv", ".yaml", ".yml", ".ini"})
_LARGEST_TEXT = 256 * 1024
_LONGEST_LINE = 400
"""Chosen, both: what a person can read of a change in a notebook's output."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One file that is not what it was."""

    path: str
    kind: str
    """added, removed or changed."""
    lines: tuple[str, ...] = ()
    """A unified diff; of a file that is no text one line with sizes and hashes."""


def repo_diff(before: Path, after: Path) -> tuple[Change, ...]:
    """Return the files in which two repos differ, by name.

    Cell numbers do not count, for running a notebook again changes them all; of the manifest, which follows from the
    rest, only in what the input differs is told, in words.
    """
    old, new = set(files_of(before)), set(files_of(after))
    changes = []
    for path in sorted((old | new) - {manifest.FILE}):
        kind = "added" if path not in old else "removed" if path not in new else "changed"
        lines = _lines(before / path, after / path, path)
        if lines:
            changes.append(Change(path=path, kind=kind, lines=tuple(lines)))
    said = [manifest.input_of(manifest.glanced(root)) for root in (before, after)]
    told = [f"the input changed: {change.text}" for change in input_changes(*said)]
    changes += [Change(path=manifest.FILE, kind="changed", lines=tuple(told))] if told else []
    return tuple(changes)


def _lines(before: Path, after: Path, path: str) -> list[str]:
    there = [file.exists() for file in (before, after)]
    if all(there) and filecmp.cmp(before, after, shallow=False):
        return []
    texts = [_text(file) for file in (before, after)]
    if texts[0] is None or texts[1] is None:
        return [f"{_weight(before)} -> {_weight(after)}"]
    told = _renumbered(texts[0], texts[1])
    names = (f"live/{path}" if there[0] else "nothing", f"now/{path}" if there[1] else "nothing")
    return [line[:_LONGEST_LINE] for line in difflib.unified_diff(told, texts[1], *names, lineterm="", n=2)]


def _text(file: Path) -> list[str] | None:
    if not file.exists():
        return []
    if file.suffix not in _TEXT or file.stat().st_size > _LARGEST_TEXT:
        return None
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return None


def _renumbered(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the old lines with the new cell numbers, where nothing else in a line is new."""
    plain = [[_CELL.sub("In[]", line) for line in lines] for lines in (old, new)]
    told = list(old)
    for block in difflib.SequenceMatcher(a=plain[0], b=plain[1], autojunk=False).get_matching_blocks():
        told[block.a : block.a + block.size] = new[block.b : block.b + block.size]
    return told


def _weight(file: Path) -> str:
    if not file.exists():
        return "nothing"
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return f"{file.stat().st_size:,} bytes (sha256 {digest[:12]})"

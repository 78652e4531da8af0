"""Following logs: which lines came after those that were already told. Pure.

Lines begin with their time; a cursor holds, for each instance, the last time told and how many of its lines were.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aibro_jupyter.errors import BadRequest

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_MARK = re.compile(r"([A-Za-z0-9_-]{1,128})=([\dT:.Z-]*)\*(\d{1,9})")


@dataclass(frozen=True)
class Mark:
    """Of one instance: the time of the last line told, and how many lines of that very time were."""

    time: str = ""
    count: int = 0


def marks(cursor: str) -> dict[str, Mark]:
    """Return what a cursor says; one that is none raises ``BadRequest``."""
    found: dict[str, Mark] = {}
    for part in filter(None, cursor.split(",")):
        read = _MARK.fullmatch(part)
        if read is None:
            raise BadRequest("that is no cursor of a log", fix="take it from the answer before")
        found[read[1]] = Mark(read[2], int(read[3]))
    return found


def cursor(told: Mapping[str, Mark]) -> str:
    """Return marks as a cursor."""
    return ",".join(f"{name}={mark.time}*{mark.count}" for name, mark in sorted(told.items()))


def since(lines: Sequence[str], mark: Mark) -> tuple[list[str], Mark]:
    """Return the lines after a mark, and the mark after them. A line without a time belongs to the one before."""
    fresh: list[str] = []
    time, count = "", 0
    for line in lines:
        stamp = _TIME.match(line)
        now = stamp[0] if stamp else time
        time, count = now, count + 1 if now == time else 1
        if time > mark.time or (time == mark.time and count > mark.count):
            fresh.append(line)
    return fresh, max(mark, Mark(time, count), key=lambda one: (one.time, one.count))

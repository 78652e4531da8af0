"""What people read, before it is text, HTML or JSON: a head, rows with a tone, figures with their unit, actions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aibro_jupyter import figures


class Tone(StrEnum):
    """How something is meant; each renderer knows how that looks."""

    NONE = ""
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    QUIET = "quiet"


class Unit(StrEnum):
    """What a figure counts."""

    MICROS = "micro-dollars"
    MICROS_PER_HOUR = "micro-dollars an hour"
    MICROS_PER_HOUR_MONTHLY = "micro-dollars an hour, shown for a month"
    SECONDS = "seconds"
    BYTES = "bytes"
    MIB = "MiB"


_SHOWN = {
    Unit.MICROS: figures.money,
    Unit.MICROS_PER_HOUR: figures.hourly,
    Unit.MICROS_PER_HOUR_MONTHLY: figures.monthly,
    Unit.SECONDS: figures.duration,
    Unit.BYTES: figures.size,
    Unit.MIB: figures.memory,
}


@dataclass(frozen=True)
class Figure:
    """A number with its unit; ``str`` of it is how people read it."""

    value: float
    unit: Unit

    def __str__(self) -> str:
        return _SHOWN[self.unit](self.value)


def usd(micros: float) -> Figure:
    """Return an amount of micro-dollars."""
    return Figure(micros, Unit.MICROS)


def rate(micros_per_hour: float | None) -> Figure | str:
    """Return a price in micro-dollars an hour, or a word where nobody knows it."""
    return figures.UNKNOWN if micros_per_hour is None else Figure(micros_per_hour, Unit.MICROS_PER_HOUR)


def month(micros_per_hour: float | None) -> Figure | str:
    """Return the same price as it is for a month."""
    return figures.UNKNOWN if micros_per_hour is None else Figure(micros_per_hour, Unit.MICROS_PER_HOUR_MONTHLY)


def took(seconds: float) -> Figure:
    """Return a duration."""
    return Figure(seconds, Unit.SECONDS)


@dataclass(frozen=True)
class Code:
    """Something to copy: a URL, a line to type. Never a client id, for it is saved with the notebook."""

    text: str
    button: bool = False
    """Whether a notebook shows a button that copies it."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Link:
    """A way to a file, where a page can follow it; text shows nothing."""

    text: str
    path: str

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True)
class Bar:
    """How much a share is of the whole, drawn: as a length to compare, or as a gauge that fills."""

    share: float
    gauge: bool = False

    def __str__(self) -> str:
        share = min(max(self.share, 0.0), 1.0)
        if self.gauge:
            filled = round(10 * share)
            return "▓" * filled + "░" * (10 - filled)
        return "█" * max(1, round(28 * share))


Part = str | Figure | Code | Link | Bar


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a person wants to know first; ``aside`` stands small beside it, ``address`` below."""

    parts: tuple[Part, ...]
    tone: Tone = Tone.NONE
    aside: Part = ""
    address: Code | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line; without a label it goes on with the one before."""

    label: str = ""
    parts: tuple[Part, ...]
    tone: Tone = Tone.NONE


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cells below their heads; a column of figures stands to the right. Without heads it is a comparison."""

    head: tuple[str, ...] = ()
    rows: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Text as it came: a log, a diff."""

    lines: tuple[tuple[str, Tone], ...]


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A sentence of its own."""

    text: str
    tone: Tone = Tone.NONE


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An SVG drawn by ``plot``; text shows nothing."""

    svg: str


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of a trail: going (quiet), over, odd or failed; ``share`` of it is done, where that is known."""

    name: str
    text: str
    tone: Tone
    share: tuple[int, int] | None = None
    """Done, of how much."""


@dataclass(frozen=True, kw_only=True)
class Trail:
    """How far something is, in one line."""

    stages: tuple[Stage, ...]


@dataclass(frozen=True, kw_only=True)
class Action:
    """What can be done next: a command that works as it stands, and what comes of it."""

    command: str = ""
    text: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """Everything that is shown of one answer, and the facts behind it."""

    head: Head | None = None
    body: tuple[Block, ...] = ()
    actions: tuple[Action, ...] = ()
    facts: Any = None
    """What machines get: messages, plain values and figures, under keys that name the unit."""


Block = Card | Lines | Picture | Remark | Row | Table | Trail


def row(label: str, *parts: Part, tone: Tone = Tone.NONE) -> Row:
    """Return one line of a card."""
    return Row(label=label, parts=parts, tone=tone)


def warnings(texts: Iterable[str]) -> tuple[Row, ...]:
    """Return a row for each warning."""
    return tuple(row("", text, tone=Tone.WARN) for text in texts)


def lines(text: str, tone: Tone = Tone.NONE) -> Lines:
    """Return text as it came."""
    return Lines(lines=tuple((line, tone) for line in text.split("\n")))

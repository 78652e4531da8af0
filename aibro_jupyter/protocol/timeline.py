"""A job's life as a picture: bands of instances, ticks of requests, a line of money."""

from __future__ import annotations

from dataclasses import dataclass

from aibro_jupyter.machines import Market
from aibro_jupyter.states import Phase, Role


@dataclass(frozen=True, kw_only=True)
class Band:
    """One stretch of an instance's life: from when to when it was in a phase."""

    role: Role
    instance_id: str
    phase: Phase
    market: Market
    from_at: float
    to_at: float | None
    """None: it still is."""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """The requests of one minute."""

    at: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Point:
    """What was spent until a moment."""

    at: float
    micros: int


@dataclass(frozen=True, kw_only=True)
class TimelineView:
    """A stretch of a job's life, to be drawn: its instances, its requests, its money."""

    from_at: float
    to_at: float
    bands: tuple[Band, ...]
    requests: tuple[Tick, ...]
    money: tuple[Point, ...]

"""How far something is that takes longer than a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a launching instance is; ``done`` of ``total`` in ``unit`` (bytes, packages), total 0: unknown."""

    text: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a deploy as it is shown: captured, proved, sending, then the reference's substatuses."""

    name: str
    state: str
    """running, done, warned or failed."""
    progress: Progress = field(default_factory=Progress)


OnStep = Callable[[Step], None]
"""Is told each step as it begins, goes on and ends."""
OnProgress = Callable[[Progress], None]
"""Is told how far one thing is."""

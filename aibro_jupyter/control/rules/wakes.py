"""How an instance came up, in parts, and when it was in which phase: read from its history. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from aibro_jupyter.control.ledger.rows import ANSWERED, Past
from aibro_jupyter.protocol import WakeView
from aibro_jupyter.states import Phase

SHOWN = 5
"""Chosen: what fits in a card."""
_DOWN = frozenset({Phase.STOPPING, Phase.STOPPED, Phase.TERMINATING, Phase.TERMINATED})
_WORKS = (Phase.GEARING_UP, Phase.DEPLOYING, Phase.SERVING)


@dataclass
class _Wake:
    first: Past
    at: dict[str, float] = field(default_factory=dict)
    """When each phase was entered for the first time."""
    over: Past | None = None
    """What ended it before it served."""


def wakes(history: Iterable[Past]) -> tuple[WakeView, ...]:
    """Return the last wakes, newest first; a launch is one too."""
    return tuple(sorted(all_wakes(history), key=lambda wake: wake.at, reverse=True)[:SHOWN])


def all_wakes(history: Iterable[Past]) -> list[WakeView]:
    """Return every wake, in the order in which they began."""
    found: list[_Wake] = []
    open_of: dict[str, _Wake] = {}
    for past in history:
        wake = open_of.get(past.instance_id)
        if wake is None or (past.mark == Phase.CONNECTING and wake.over is not None):
            wake = open_of[past.instance_id] = _Wake(past)
            found.append(wake)
        if past.mark in _DOWN:
            wake.over = wake.over or past
        else:
            wake.at.setdefault(past.mark, past.at)
    return [_view(wake) for wake in found]


def _view(wake: _Wake) -> WakeView:
    at, began = wake.at, wake.first.at
    works_at = min((at[phase] for phase in _WORKS if phase in at), default=None)
    loads_at = min((at[phase] for phase in _WORKS[1:] if phase in at), default=None)
    serves_at, answered_at = at.get(Phase.SERVING), at.get(ANSWERED)
    ended_at = wake.over.at if wake.over is not None else None
    failed = serves_at is None and ended_at is not None
    why = wake.over.why if failed and wake.over is not None else wake.first.why
    return WakeView(
        instance_id=wake.first.instance_id,
        role=wake.first.role,
        at=began,
        why=why or wake.first.why,
        state="failed" if failed else "waking" if serves_at is None else "done",
        provision_s=_between(began, works_at),
        environment_s=_between(works_at, loads_at),
        load_s=_between(loads_at, serves_at),
        answer_s=_between(serves_at, answered_at),
        total_s=_between(began, serves_at if serves_at is not None else ended_at),
    )


def _between(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else round(end - begin, 3)

"""One accepted request, and what became of its tries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from aibro_jupyter.gateway.slots import Gate
from aibro_jupyter.http1 import Request
from aibro_jupyter.protocol import Route


class Broke(StrEnum):
    """What ended a try that had reached an instance, as its caller reads it."""

    PROCESS = "the model's process ended"
    INSTANCE = "its instance was lost"
    CONNECTION = "the connection to its instance broke"
    ANSWER = "its answer broke off"


@dataclass(kw_only=True)
class Passage:
    """One request on its way, with what happened to it so far."""

    request: Request
    request_id: str
    gate: Gate
    route: Route
    began: float
    """perf() seconds."""
    table_age_s: float
    """How old the route's ``wake_expected_s`` is."""
    broke: list[Broke] = field(default_factory=list)
    """How each try ended that reached an instance."""
    refused: int = 0
    refused_at: float | None = None
    """When it was refused for the first time."""

    @property
    def at_most_once(self) -> bool:
        """Tell whether the caller would rather have an error than a second run."""
        return self.request.text(b"x-aibro-at-most-once").lower() in ("1", "true", "yes")

    @property
    def marks(self) -> int:
        """Return how often it may have ended what worked on it; an instance works on one request, so it was alone."""
        return self.broke.count(Broke.PROCESS) + self.broke.count(Broke.INSTANCE)

    @property
    def tried(self) -> str:
        """How often it was tried and how that ended, for people."""
        first, *others = Counter(self.broke).items()
        if others:
            told = ", ".join(f"{_times(count)} {what}" for what, count in (first, *others))
            return f"tried {_times(len(self.broke))}: {told}"
        return f"tried {_times(len(self.broke))}, and {'' if first[1] == 1 else 'each time '}{first[0]}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")

"""Which jobs to look at, and when: a merging queue with deadlines. Many reasons for one job are one look."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field


@dataclass
class Queue:
    """Keys with the time they are due; a key that is being worked on waits until it is done."""

    _due: dict[str, float] = field(default_factory=dict)
    _running: set[str] = field(default_factory=set)
    _order: list[tuple[float, str]] = field(default_factory=list)
    """A heap of every time a key was ever due at; those that are not in ``_due`` any more are passed over."""

    def add(self, key: str, at: float) -> None:
        """Make a key due at a time, or earlier if it already was."""
        if at < self._due.get(key, float("inf")):
            self._due[key] = at
            if key not in self._running:
                heapq.heappush(self._order, (at, key))

    def pop(self, now: float) -> str | None:
        """Return the longest due key that nobody works on, and count it as worked on; None: nothing is due."""
        at = self.next_at()
        if at is None or at > now:
            return None
        _, key = heapq.heappop(self._order)
        del self._due[key]
        self._running.add(key)
        return key

    def done(self, key: str) -> None:
        """Let a key be worked on again."""
        self._running.discard(key)
        if key in self._due:
            heapq.heappush(self._order, (self._due[key], key))

    def next_at(self) -> float | None:
        """Return when the next key that nobody works on is due; None: not before something is added or done."""
        while self._order:
            at, key = self._order[0]
            if key not in self._running and self._due.get(key) == at:
                return at
            heapq.heappop(self._order)
        return None

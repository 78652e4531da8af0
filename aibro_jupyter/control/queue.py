"""Which jobs to look at, and when: a merging queue with deadlines. Many reasons for one job are one look."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Queue:
    """Keys with the time they are due; a key that is being worked on waits until it is done."""

    _due: dict[str, float] = field(default_factory=dict)
    _running: set[str] = field(default_factory=set)

    def add(self, key: str, at: float) -> None:
        """Make a key due at a time, or earlier if it already was."""
        self._due[key] = min(at, self._due.get(key, at))

    def pop(self, now: float) -> str | None:
        """Return the longest due key that nobody works on, and count it as worked on; None: nothing is due."""
        due = [(at, key) for key, at in self._due.items() if at <= now and key not in self._running]
        if not due:
            return None
        _, key = min(due)
        del self._due[key]
        self._running.add(key)
        return key

    def done(self, key: str) -> None:
        """Let a key be worked on again."""
        self._running.discard(key)

    def next_at(self) -> float | None:
        """Return when the next key that nobody works on is due; None: not before something is added or done."""
        return min((at for key, at in self._due.items() if key not in self._running), default=None)

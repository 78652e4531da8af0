"""How long a request may be at work that nobody waits for, while others wait."""

from __future__ import annotations

from collections import deque

from aibro_jupyter.percentile import nearest_rank

_TIMES = 10
"""A turn that nobody waits for may take so many times the p99 of recent ones: sooner, callers could force reloads."""
_RECENT = 1_024
"""Chosen: enough for a p99, and sorted in less than a millisecond."""


class Turns:
    """What requests took lately."""

    def __init__(self, unwanted_s: float) -> None:
        self._unwanted_s = unwanted_s
        self._took: deque[float] = deque(maxlen=_RECENT)
        self.took = self._took.append
        """Remembers the seconds of a request that ended by itself."""

    def had(self, took_s: float) -> bool:
        """Tell whether a request has had its time by now."""
        return took_s > self._unwanted_s and took_s > _TIMES * nearest_rank(self._took or (0.0,), 0.99)

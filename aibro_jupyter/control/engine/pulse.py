"""Requests a minute of each job, counted from what gateways report; kept in memory for a day."""

from __future__ import annotations

from collections import deque

MINUTE_S = 60.0
KEPT = 24 * 60
SHOWN = 30
"""Minutes, both: a day is kept for the timeline, half an hour shown in the panel."""


class Pulse:
    """Counters of one job, summed over gateways; a gateway that restarts begins at zero again."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[int, int]] = deque(maxlen=KEPT)
        self._before: dict[str, tuple[float, int]] = {}

    def count(self, gateway_id: str, started_at: float, requests: int, now: float) -> None:
        """Take a gateway's count of all requests since it started."""
        life, before = self._before.get(gateway_id, (started_at, requests if not self._before else 0))
        self._before[gateway_id] = (started_at, requests)
        new = requests - before if life == started_at else requests
        if new <= 0:
            return
        minute = int(now // MINUTE_S)
        if self._minutes and self._minutes[-1][0] == minute:
            new += self._minutes.pop()[1]
        self._minutes.append((minute, new))

    def history(self, now: float, minutes: int = SHOWN) -> tuple[int, ...]:
        """Return the requests of each of the last minutes, oldest first, the current one last."""
        known, last = dict(self._minutes), int(now // MINUTE_S)
        return tuple(known.get(minute, 0) for minute in range(last - minutes + 1, last + 1))

    def ticks(self, from_at: float, to_at: float) -> tuple[tuple[float, int], ...]:
        """Return each minute that had requests, by its beginning, within a window."""
        return tuple(
            (minute * MINUTE_S, count)
            for minute, count in self._minutes
            if minute * MINUTE_S < to_at and (minute + 1) * MINUTE_S > from_at
        )

"""What a gateway counts of one job: requests, errors, pace and latency over a sliding window."""

from __future__ import annotations

from collections import deque

from aibro_jupyter.percentile import nearest_rank

_WINDOW_S = 60.0
"""A minute, because requests are told a minute."""
_SAMPLES = 1_024
"""Latencies kept; at more than so many requests a window the percentiles are those of the newest ones."""


class Traffic:
    """Counters of one job. Times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self.last_at: float | None = None
        self._per_second: deque[tuple[int, int]] = deque()
        self._latencies: deque[tuple[float, float]] = deque(maxlen=_SAMPLES)

    def came(self, now: float) -> None:
        """Count a request that was accepted."""
        self.requests += 1
        self.last_at = now
        second = int(now)
        if self._per_second and self._per_second[-1][0] == second:
            self._per_second[-1] = (second, self._per_second[-1][1] + 1)
        else:
            self._per_second.append((second, 1))
            self._forget(now)

    def answered(self, now: float, took_s: float, *, status: int) -> None:
        """Count its answer; only what is not the caller's fault is an error."""
        self.last_at = now
        if status >= 500:
            self.errors += 1
        else:
            self._latencies.append((now, took_s))

    def per_minute(self, now: float) -> float:
        """Return the requests of the last 60 s."""
        self._forget(now)
        return float(sum(count for _, count in self._per_second))

    def percentile_ms(self, now: float, share: float) -> float | None:
        """Return the latency in ms that this share of the last minute's answers kept within; None without any."""
        recent = [took_s for at, took_s in self._latencies if at > now - _WINDOW_S]
        return round(nearest_rank(recent, share) * 1000, 3) if recent else None

    def _forget(self, now: float) -> None:
        while self._per_second and self._per_second[0][0] <= now - _WINDOW_S:
            self._per_second.popleft()

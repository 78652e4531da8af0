"""What a gateway counts of one job: requests, answers by tier and class, pace and latency."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

from aibro_jupyter.percentile import nearest_rank
from aibro_jupyter.protocol import LATENCY_BOUNDS_S, NO_TIER, AnswerCounts
from aibro_jupyter.states import Role

_WINDOW_S = 60.0
"""A minute, because requests are told a minute."""
_SAMPLES = 1_024
"""Latencies kept; at more than so many requests a window the percentiles are those of the newest ones."""


class Tally:
    """The answers of one tier, by the first digit of their status."""

    __slots__ = ("counts", "tier")

    def __init__(self, tier: str) -> None:
        self.tier = tier
        self.counts = [0] * 10


class Traffic:
    """Counters of one job. Times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self.requests = 0
        self.last_at: float | None = None
        self.tiers = {role: Tally(role.value) for role in Role}
        """Answers of instances."""
        self.own = Tally(NO_TIER)
        """Answers of this gateway itself."""
        self._buckets = [0] * (len(LATENCY_BOUNDS_S) + 1)
        self._took_s = 0.0
        self._per_second: deque[tuple[int, int]] = deque()
        self._latencies: deque[tuple[float, float]] = deque(maxlen=_SAMPLES)

    @property
    def errors(self) -> int:
        """Return how many answers were not the caller's fault."""
        return sum(tally.counts[5] for tally in (*self.tiers.values(), self.own))

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

    def answered(self, now: float, took_s: float, tally: Tally, *, status: int) -> None:
        """Count its answer; of errors that are not the caller's fault the latency says nothing."""
        self.last_at = now
        tally.counts[status // 100] += 1
        if status < 500:
            self._latencies.append((now, took_s))
            self._buckets[bisect_left(LATENCY_BOUNDS_S, took_s)] += 1
            self._took_s += took_s

    def refused(self, status: int) -> None:
        """Count the answer to a request that was not accepted: it is no traffic of the model."""
        self.own.counts[status // 100] += 1

    def answers(self) -> AnswerCounts:
        """Return how all answers came out so far."""
        return AnswerCounts(
            by_tier={
                tally.tier: {f"{digit}xx": count for digit, count in enumerate(tally.counts) if count}
                for tally in (*self.tiers.values(), self.own)
                if any(tally.counts)
            },
            buckets=tuple(self._buckets) if any(self._buckets) else (),
            took_us=round(self._took_s * 1e6),
        )

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

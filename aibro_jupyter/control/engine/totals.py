"""How a job's answers came out over all gateways, for as long as this control runs: a sum that never falls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest

from aibro_jupyter.protocol import AnswerCounts

_LIVES = 16
"""Chosen: of so many lives of a gateway a report that was late may still come."""


class Totals:
    """Answers of one job, by the gateway and its life that counted them.

    In a life counters only grow, so of a report that is lost the next one tells, and one that comes twice, or behind a
    newer one, adds nothing.
    """

    def __init__(self) -> None:
        self._past = AnswerCounts()
        self._lives: dict[str, dict[float, AnswerCounts]] = {}

    def take(self, gateway_id: str, started_at: float, counts: AnswerCounts) -> None:
        """Take what a gateway has counted since it started."""
        if counts == AnswerCounts():
            return
        lives = self._lives.setdefault(gateway_id, {})
        lives[started_at] = _most(lives.get(started_at, AnswerCounts()), counts)
        if len(lives) > _LIVES:
            self._past = _sum((self._past, lives.pop(next(iter(lives)))))

    def sum(self) -> AnswerCounts:
        """Return all of it together."""
        return _sum((self._past, *(counts for lives in self._lives.values() for counts in lives.values())))


def _sum(several: Iterable[AnswerCounts]) -> AnswerCounts:
    tiers: dict[str, Counter[str]] = {}
    buckets: tuple[int, ...] = ()
    took_us = 0
    for counts in several:
        for tier, found in counts.by_tier.items():
            tiers.setdefault(tier, Counter()).update(found)
        buckets = tuple(a + b for a, b in zip_longest(buckets, counts.buckets, fillvalue=0))
        took_us += counts.took_us
    by_tier = {tier: dict(found) for tier, found in tiers.items()}
    return AnswerCounts(by_tier=by_tier, buckets=buckets, took_us=took_us)


def _most(one: AnswerCounts, other: AnswerCounts) -> AnswerCounts:
    tiers = one.by_tier.keys() | other.by_tier.keys()
    return AnswerCounts(
        by_tier={
            tier: dict(Counter(one.by_tier.get(tier, {})) | Counter(other.by_tier.get(tier, {}))) for tier in tiers
        },
        buckets=tuple(max(pair) for pair in zip_longest(one.buckets, other.buckets, fillvalue=0)),
        took_us=max(one.took_us, other.took_us),
    )

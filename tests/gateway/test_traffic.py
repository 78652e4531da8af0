from __future__ import annotations

from bisect import bisect_left

import pytest

from aibro_jupyter.gateway.traffic import Traffic
from aibro_jupyter.protocol import LATENCY_BOUNDS_S, AnswerCounts
from aibro_jupyter.states import Role


def test_counters_and_windows() -> None:
    traffic = Traffic()
    for second in range(100):
        traffic.came(float(second))
        status = 500 if second == 3 else 200
        traffic.answered(second + 0.5, (second + 1) / 1000, traffic.tiers[Role.STANDBY], status=status)
    assert (traffic.requests, traffic.errors, traffic.last_at) == (100, 1, 99.5)
    assert traffic.per_minute(99.5) == 60
    assert traffic.percentile_ms(99.5, 0.50) == 70.0
    assert traffic.percentile_ms(99.5, 0.99) == 100.0
    assert traffic.per_minute(1_000) == 0
    assert traffic.percentile_ms(1_000, 0.5) is None


def test_a_callers_mistake_is_no_error() -> None:
    traffic = Traffic()
    traffic.came(0.0)
    traffic.answered(0.1, 0.1, traffic.tiers[Role.STANDBY], status=422)
    assert traffic.errors == 0


def test_answers_are_told_by_tier_and_class() -> None:
    traffic = Traffic()
    assert traffic.answers() == AnswerCounts()
    for status in (200, 200, 422, 500):
        traffic.answered(1.0, 0.25, traffic.tiers[Role.COOLING], status=status)
    traffic.answered(2.0, 60.0, traffic.own, status=503)
    assert traffic.answers().by_tier == {"cooling": {"2xx": 2, "4xx": 1, "5xx": 1}, "none": {"5xx": 1}}
    assert sum(traffic.answers().buckets) == 3, "as in the percentiles, errors are no latency"
    assert traffic.answers().took_us == 750_000
    assert traffic.errors == 2


def test_a_request_that_was_not_accepted_is_answered_but_no_traffic() -> None:
    traffic = Traffic()
    traffic.refused(429)
    assert traffic.answers() == AnswerCounts(by_tier={"none": {"4xx": 1}})
    assert (traffic.requests, traffic.last_at) == (0, None)


@pytest.mark.parametrize("bound_s", LATENCY_BOUNDS_S)
def test_a_bucket_holds_its_bound(bound_s: float) -> None:
    traffic = Traffic()
    traffic.answered(0.0, bound_s, traffic.own, status=200)
    traffic.answered(0.0, bound_s * 1.0001, traffic.own, status=200)
    place = bisect_left(LATENCY_BOUNDS_S, bound_s)
    assert traffic.answers().buckets[place : place + 2] == (1, 1)

"""`simulate()` beside a closed form: a cooling instance is awake from a request until its cool-down after the last one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aibro_jupyter.job import simulate

MACHINES = {"standby": "c5.large.od", "cooling": "g4dn.4xlarge.od"}
PRICES = {"c5.large.od": 1.0, "g4dn.4xlarge.od": 3600.0}
"""A dollar a second of the cooling instance."""
SPAN_S = 7200.0


def awake_s(requests_at: list[float], cool_down_s: float, until: float) -> float:
    """The closed form, without a minimum: merged stretches, each a cool-down longer than its last request."""
    total, ends = 0.0, 0.0
    began: float | None = None
    for at in sorted(requests_at):
        if began is not None and at < ends:
            ends = max(ends, at + cool_down_s)
            continue
        total += 0.0 if began is None else min(ends, until) - began
        began, ends = at, at + cool_down_s
    return total + (0.0 if began is None else min(ends, until) - began)


def simulated_s(requests_at: list[float], cool_down_s: int) -> float:
    cost = simulate(
        MACHINES, requests_at, from_at=0.0, until=SPAN_S, cool_down_s=cool_down_s, prices=PRICES, minimum_s=0
    ).cost
    return (
        sum((one.closed_ms or int(SPAN_S * 1000)) - one.opened_ms for one in cost.intervals if one.role == "cooling")
        / 1000
    )


@pytest.mark.parametrize(
    ("requests_at", "cool_down_s", "awake"),
    [
        ([100.0, 400.0], 30, 60.0),
        ([5.0, 5.1], 30, 30.1),
        ([0.0], 30, 30.0),
        ([0.0, 29.0, 90.5], 30, 89.0),
        ([], 30, 0.0),
        ([7190.0], 30, 10.0),
    ],
)
def test_examples(requests_at: list[float], cool_down_s: int, awake: float) -> None:
    assert awake_s(requests_at, cool_down_s, SPAN_S) == awake
    assert simulated_s(requests_at, cool_down_s) == pytest.approx(awake, abs=0.002)


@settings(max_examples=60, deadline=None)
@given(
    requests_at=st.lists(st.integers(0, int(SPAN_S * 100)).map(lambda tick: tick / 100), max_size=12, unique=True),
    cool_down_s=st.integers(1, 900),
)
def test_random_times(requests_at: list[float], cool_down_s: int) -> None:
    awake = awake_s(requests_at, cool_down_s, SPAN_S)
    assert simulated_s(requests_at, cool_down_s) == pytest.approx(awake, abs=0.01)

"""2,000 simulated days; `make soak` has 100,000. A seed that fails is played again with `python -m tests.sim SEED`."""

from __future__ import annotations

import os

import pytest

from tests.sim.day import play
from tests.sim.many import many
from tests.sim.past import PAST

SEEDS = 2_000


@pytest.mark.parametrize("seed", PAST)
def test_what_once_failed_holds(seed: int) -> None:
    assert not play(seed).broken


def test_a_seed_is_always_the_same_day() -> None:
    (elsewhere,) = many([7], 1)
    assert play(7) == elsewhere == play(7)


@pytest.mark.timeout(900)
def test_every_day_ends_well() -> None:
    broken = [came for came in many(range(SEEDS), os.cpu_count() or 1) if came.broken]
    assert not broken, "\n".join(f"python -m tests.sim {came.seed}  # {came.broken[0]}" for came in broken[:10])

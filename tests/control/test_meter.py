"""Money: exact, rounded once."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.control.ledger.billing import HOUR_MS, PriceBook
from aibro_jupyter.control.ledger.comparing import on_demand_micros
from aibro_jupyter.control.ledger.meter import Spending, cost_micros, spending, totals
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Interval
from aibro_jupyter.states import Role

FREE = PriceBook(minimum_s=0)


def interval(opened_ms: int, closed_ms: int | None, micros: int | None = 3_600_000, **more: Any) -> Interval:
    about = {"instance_id": "s1", "role": Role.STANDBY, "machine": "c5.large", "market": Market.ON_DEMAND}
    return Interval(
        **{
            "kind": "compute",
            "opened_ms": opened_ms,
            "closed_ms": closed_ms,
            "micros_per_hour": micros,
            "on_demand_micros_per_hour": 3_600_000,
            **about,
            **more,
        }
    )


def test_an_hour_costs_its_price_and_an_open_interval_runs_on() -> None:
    assert cost_micros([interval(0, HOUR_MS)], 10 * HOUR_MS, FREE) == 3_600_000
    assert cost_micros([interval(0, None)], HOUR_MS // 2, FREE) == 1_800_000
    assert cost_micros([interval(5000, None)], 0, FREE) == 0, "a clock behind the provider's"


def test_a_start_costs_its_minimum_at_once_and_a_disk_does_not() -> None:
    book = PriceBook(minimum_s=60)
    assert cost_micros([interval(0, 1)], 1, book) == 60_000
    assert cost_micros([interval(0, None)], 90_000, book) == 90_000
    assert cost_micros([interval(0, 1000, kind="disk")], 1000, book) == 1000


def test_what_has_no_price_counts_nothing_and_is_said() -> None:
    view = totals(
        [interval(0, HOUR_MS, None), interval(0, None)],
        now=7200.0,
        ended_at=None,
        configured=[(0, 3_600_000)],
        book=FREE,
        simulated=True,
    )
    assert view.unknown
    assert view.spent_micros == 7_200_000
    assert view.micros_per_hour == 3_600_000
    assert view.simulated


@given(st.lists(st.integers(min_value=0, max_value=10**9), min_size=2, max_size=20), st.integers(1, 10**7))
def test_cutting_an_interval_into_pieces_changes_nothing(cuts: list[int], micros: int) -> None:
    moments = sorted(cuts)
    pieces = [interval(a, b, micros) for a, b in pairwise(moments)]
    whole = [interval(moments[0], moments[-1], micros)]
    assert cost_micros(pieces, 0, FREE) == cost_micros(whole, 0, FREE)
    assert on_demand_micros(pieces, 0, FREE) == on_demand_micros(whole, 0, FREE)
    assert isinstance(cost_micros(pieces, 0, FREE), Fraction)


def test_spending_tells_today_from_all_and_how_fast_it_goes_on() -> None:
    day_ms = 24 * HOUR_MS
    yesterday = interval(day_ms - 2 * HOUR_MS, day_ms + HOUR_MS)
    running = interval(day_ms + 2 * HOUR_MS, None, 1_000_000)
    found = spending([yesterday, running], (day_ms + 4 * HOUR_MS) / 1000, FREE)
    assert (found.today_micros, found.spent_micros) == (3_600_000 + 2_000_000, 3 * 3_600_000 + 2_000_000)
    assert found.micros_per_hour == 1_000_000, "what is closed costs nothing more"
    assert spending([], 0.0, FREE) == Spending()

"""The two sums that a job could have cost: the intervals of its bill, by the rules of its bill."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.control.ledger.billing import HOUR_MS, PriceBook
from aibro_jupyter.control.ledger.comparing import COMPARABLE_S, always_on_micros, comparable_from, on_demand_micros
from aibro_jupyter.control.ledger.meter import cost_micros, totals
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Interval, MoneyView
from aibro_jupyter.states import Role
from tests.control.test_meter import FREE, interval

MINUTE = PriceBook(minimum_s=60)
SPOT: dict[str, Any] = {"market": Market.SPOT}
LATEST_MS = 1_000_000


@st.composite
def bills(draw: st.DrawFn) -> list[Interval]:
    """Starts and stops of any machine in any market, that overlap as they like; some run on."""
    made = []
    for _ in range(draw(st.integers(0, 8))):
        opened = draw(st.integers(0, LATEST_MS))
        price = draw(st.integers(1, 4_000_000))
        market = draw(st.sampled_from(Market))
        about = {
            "kind": draw(st.sampled_from(["compute", "compute", "disk"])),
            "role": draw(st.sampled_from(Role)),
            "market": market,
            "on_demand_micros_per_hour": price,
        }
        closed = draw(st.none() | st.integers(opened, 2 * LATEST_MS))
        made.append(interval(opened, closed, price if market is Market.ON_DEMAND else price // 3, **about))
    return made


books = st.sampled_from([FREE, MINUTE, PriceBook(minimum_s=600)])


def seen_at(bill: list[Interval], ms: int) -> list[Interval]:
    """What of a bill is known at a moment."""
    begun = [i for i in bill if i.opened_ms <= ms]
    return [replace(i, closed_ms=None) if i.closed_ms is not None and i.closed_ms > ms else i for i in begun]


def told(bill: list[Interval], ms: int, book: PriceBook, ended_at: float | None = None) -> MoneyView:
    return totals(
        seen_at(bill, ms), now=ms / 1000, ended_at=ended_at, configured=[(0, 4_000_000)], book=book, simulated=False
    )


@given(bills(), st.integers(0, 3 * LATEST_MS), books)
def test_what_ran_on_demand_had_cost_the_same_on_demand(bill: list[Interval], now_ms: int, book: PriceBook) -> None:
    on_demand = [i for i in seen_at(bill, now_ms) if i.market is Market.ON_DEMAND]
    assert on_demand_micros(on_demand, now_ms, book) == cost_micros(on_demand, now_ms, book)


@given(st.integers(0, LATEST_MS), st.integers(0, LATEST_MS), st.integers(1, 10**7), books)
def test_one_machine_on_demand_is_all_three_sums(opened: int, ran: int, price: int, book: PriceBook) -> None:
    bill = [interval(opened, opened + ran, price, on_demand_micros_per_hour=price)]
    for now_ms, ended_at in ((opened + ran // 2, None), (opened + ran, (opened + ran) / 1000), (9 * LATEST_MS, 0.0)):
        view = totals(
            seen_at(bill, now_ms),
            now=now_ms / 1000,
            ended_at=ended_at,
            configured=[(0, price)],
            book=book,
            simulated=False,
        )
        assert view.spent_micros == view.all_on_demand_micros == view.always_on_micros


@given(bills(), st.lists(st.integers(0, 3 * LATEST_MS), min_size=2, max_size=12), books)
def test_no_sum_falls(bill: list[Interval], moments: list[int], book: PriceBook) -> None:
    seen = [told(bill, ms, book) for ms in sorted(moments)]
    for sums in (
        [view.spent_micros for view in seen],
        [view.all_on_demand_micros for view in seen],
        [view.always_on_micros for view in seen],
    ):
        assert sums == sorted(sums)


@given(bills(), st.integers(0, 2 * LATEST_MS), st.lists(st.integers(0, LATEST_MS), min_size=1, max_size=6), books)
def test_what_is_shown_between_two_polls_is_what_the_next_one_tells(
    bill: list[Interval], polled_ms: int, later: list[int], book: PriceBook
) -> None:
    """A status that does not change (304) is counted on to the very sum, and a new one never brings less."""
    view = told(bill, polled_ms, book)
    shown: list[float] = []
    for ms in sorted(later):
        now_ms = polled_ms + ms
        shown.append(view.spent_micros + view.accrued_micros(now_ms / 1000))
        unchanged = seen_at(bill, polled_ms)
        assert shown[-1] == pytest.approx(float(cost_micros(unchanged, now_ms, book)), abs=1)
        if seen_at(bill, now_ms) == unchanged:
            assert told(bill, now_ms, book).spent_micros >= shown[-1] - 2
    assert shown == sorted(shown)


@given(bills(), st.lists(st.integers(2 * LATEST_MS + 600_000, 9 * LATEST_MS), min_size=2, max_size=4), books)
def test_an_ended_bill_is_constant(bill: list[Interval], moments: list[int], book: PriceBook) -> None:
    closed = [replace(i, closed_ms=i.closed_ms or 2 * LATEST_MS) for i in bill]
    seen = [told(closed, ms, book, ended_at=2 * LATEST_MS / 1000) for ms in moments]
    assert {replace(view, as_of=0, today_micros=0) for view in seen} == {
        replace(seen[0], as_of=0, today_micros=0, accruals=())
    }


def test_the_overlap_of_a_replacement_by_spot_counts_once() -> None:
    swapped = [interval(0, 7000, 1, instance_id="a"), interval(5000, 10_000, 1, instance_id="b", **SPOT)]
    assert on_demand_micros(swapped, 10_000, FREE) == 10_000
    redeployed = [interval(0, 7000, 1, instance_id="a"), interval(5000, 10_000, 1, instance_id="b")]
    assert on_demand_micros(redeployed, 10_000, FREE) == 12_000, "both ran on demand"
    beside = [interval(0, 7000, 1), interval(5000, 10_000, 1, role=Role.COOLING, **SPOT)]
    assert on_demand_micros(beside, 10_000, FREE) == 12_000
    with_a_gap = [interval(0, 1000), interval(9000, 10_000)]
    assert on_demand_micros(with_a_gap, 10_000, FREE) == 2000


def test_no_overlap_swallows_the_minimum_of_a_start() -> None:
    twice = [interval(0, 5000), interval(20_000, 25_000)]
    assert on_demand_micros(twice, 30_000, MINUTE) == cost_micros(twice, 30_000, MINUTE) == 120_000
    replaced = [interval(0, 200_000, 1), interval(100_000, 300_000, 1, **SPOT)]
    assert on_demand_micros(replaced, 300_000, MINUTE) == 300_000, "the one before covers it"


def test_always_on_has_the_price_of_each_stretch() -> None:
    both = [interval(HOUR_MS, 2 * HOUR_MS), interval(5 * HOUR_MS, None)]
    assert always_on_micros(both, 9 * HOUR_MS, None, [(0, 10)], FREE) == 80
    assert always_on_micros([], 9 * HOUR_MS, None, [(0, 10)], FREE) == 0
    redeployed = [(0, 10), (2 * HOUR_MS, 10), (6 * HOUR_MS, 1)]
    assert always_on_micros(both, 9 * HOUR_MS, None, redeployed, FREE) == 50 + 3
    assert always_on_micros(both, 5 * HOUR_MS, None, redeployed, FREE) == 40, "what comes later changes nothing before"
    before_it_ran = [(0, 10), (HOUR_MS // 2, 3)]
    assert always_on_micros(both, 2 * HOUR_MS, None, before_it_ran, FREE) == 3
    assert always_on_micros([interval(0, 1)], 1, None, [(0, HOUR_MS)], MINUTE) == 60_000, "a start has its minimum"


def test_always_on_ends_with_the_last_bill_of_an_ended_job() -> None:
    closed = [interval(0, 2 * HOUR_MS)]
    assert always_on_micros(closed, 9 * HOUR_MS, HOUR_MS, [(0, 10)], FREE) == 20
    assert always_on_micros(closed, 9 * HOUR_MS, 3 * HOUR_MS, [(0, 10)], FREE) == 30
    unknown = totals(closed, now=1.0, ended_at=None, configured=[(0, 1), (5, None)], book=FREE, simulated=False)
    assert unknown.unknown


def test_the_first_minutes_compare_with_nothing() -> None:
    bill = [interval(20_000, None)]
    assert comparable_from([], None) is None
    assert comparable_from(bill, None) == 20 + COMPARABLE_S
    assert comparable_from(bill, 25_000) is None
    assert comparable_from(bill, 10 * HOUR_MS) == 20 + COMPARABLE_S
    assert not told(bill, 20_000, MINUTE).comparable(20.0)

"""The reference's case study: the same day, the same prices, to the cent."""

from __future__ import annotations

from typing import Any

import pytest

from aibro_jupyter.machines import Market, machine
from aibro_jupyter.states import Phase, Role
from tests.simulation import HOUR, Day, spec

REQUESTS = [*range(9 * 3600, 11 * 3600 + 50 * 60 + 1, 300), *range(14 * 3600, 16 * 3600 + 50 * 60 + 1, 300)]
"""Morning and afternoon, every five minutes."""


def a_day(standby: str, cooling: str | None, **provider: Any) -> Day:
    day = Day(8 * HOUR, **provider)
    job_id = day.deploy(spec(standby, cooling, cool_down_period_s=600))
    for at in REQUESTS:
        day.run_until(at)
        day.request(job_id)
    day.run_until(24 * HOUR)
    return day


def dollars(micros: int) -> str:
    return f"{micros / 1_000_000:.2f}"


def test_without_cooling_the_strong_machine_runs_all_day() -> None:
    day = a_day("g4dn.12xlarge", None)
    money = day.view("inf_iris").money
    assert money.spent_micros == 62_560_000
    assert money.all_on_demand_micros == money.always_on_micros == 62_560_000
    assert dollars(money.spent_micros) == "62.56"


def test_with_standby_and_cooling_the_day_costs_a_third_less() -> None:
    day = a_day("g4dn.4xlarge", "g4dn.12xlarge")
    view = day.view("inf_iris")
    assert view.money.spent_micros == 42_660_000
    assert view.money.always_on_micros == 62_560_000
    assert not view.money.unknown
    cooling = [i for i in day.store.intervals("inf_iris") if i.role is Role.COOLING]
    assert [(i.opened_ms, i.closed_ms) for i in cooling] == [
        (9 * 3_600_000, 12 * 3_600_000),
        (14 * 3_600_000, 17 * 3_600_000),
    ]
    assert day.phase("inf_iris", Role.COOLING) is Phase.STOPPED
    assert len(day.calls("launch")) == 2, "the cooling instance is launched once"
    assert len(day.calls("start")) == 1, "and then woken on its own volume"


def test_spot_alone_saves_more_than_half() -> None:
    day = a_day("g4dn.12xlarge", None, offered={"g4dn.12xlarge"})
    money = day.view("inf_iris").money
    assert money.spent_micros == 25_760_000
    assert money.all_on_demand_micros == money.always_on_micros == 62_560_000
    assert [i.market for i in day.store.intervals("inf_iris")] == [Market.ON_DEMAND, Market.SPOT]


@pytest.mark.parametrize("stoppable", [True, False])
def test_with_spot_and_cooling_the_day_costs_a_quarter(stoppable: bool) -> None:
    day = a_day("g4dn.4xlarge", "g4dn.12xlarge", offered={"g4dn.4xlarge", "g4dn.12xlarge"}, stoppable=stoppable)
    money = day.view("inf_iris").money
    assert money.spent_micros == 15_420_000
    assert money.all_on_demand_micros == 42_660_000
    assert money.always_on_micros == 62_560_000
    cooling = [i for i in day.store.intervals("inf_iris") if i.role is Role.COOLING]
    assert [(i.opened_ms, i.closed_ms, i.market) for i in cooling] == [
        (9 * 3_600_000, 12 * 3_600_000, Market.SPOT),
        (14 * 3_600_000, 17 * 3_600_000, Market.SPOT),
    ]


def test_a_day_with_real_prices_a_minimum_and_a_slow_wake() -> None:
    """The second golden day: pending is not billed, loading is, and a start costs a minute at least."""
    prices = {
        ("g4dn.4xlarge", Market.ON_DEMAND): machine("g4dn.4xlarge").on_demand_micros,
        ("g4dn.12xlarge", Market.ON_DEMAND): machine("g4dn.12xlarge").on_demand_micros,
    }
    day = Day(8 * HOUR, boot_s=90.0, load_s=30.0, prices=prices, settings={"minimum_s": 60})
    job_id = day.deploy(spec("g4dn.4xlarge", "g4dn.12xlarge", cool_down_period_s=600))
    for at in REQUESTS:
        day.run_until(at)
        day.request(job_id)
    day.run_until(24 * HOUR)
    cooling = [i for i in day.store.intervals(job_id) if i.role is Role.COOLING]
    assert [(i.opened_ms, i.closed_ms) for i in cooling] == [
        (9 * 3_600_000 + 90_000, 12 * 3_600_000),
        (14 * 3_600_000 + 90_000, 17 * 3_600_000),
    ]
    # 16 h less 90 s at $1.204, twice 3 h less 90 s at $3.912.
    assert day.view(job_id).money.spent_micros == 42_510_300


def test_a_start_costs_a_minute_at_least() -> None:
    day = Day(8 * HOUR, settings={"minimum_s": 60})
    job_id = day.deploy(spec("g4dn.4xlarge"))
    day.run_until(8 * HOUR + 20)
    assert day.view(job_id).money.today_micros == 20_000
    day.complete(job_id)
    money = day.view(job_id).money
    assert money.spent_micros == money.all_on_demand_micros == money.always_on_micros == 20_000


def test_a_redeploy_without_cooling_leaves_what_always_on_had_cost() -> None:
    day = Day(8 * HOUR)
    job_id = day.deploy(spec("g4dn.4xlarge", "g4dn.12xlarge"))
    day.run_until(10 * HOUR)
    before = day.view(job_id).money.always_on_micros
    assert before == 2 * 3_910_000
    day.new_version(job_id, spec("g4dn.4xlarge"))
    assert day.view(job_id).money.always_on_micros == before
    day.run_until(11 * HOUR)
    assert day.view(job_id).money.always_on_micros == before + 1_200_000


def test_today_begins_at_midnight() -> None:
    day = Day(23 * HOUR)
    job_id = day.deploy(spec("g4dn.4xlarge"))
    day.run_until(26 * HOUR)
    money = day.view(job_id).money
    assert (money.spent_micros, money.today_micros) == (3_600_000, 2_400_000)


def test_a_cold_start_counts_its_timer_from_ready() -> None:
    day = Day(8 * HOUR, boot_s=90.0, load_s=30.0)
    job_id = day.deploy(spec("g4dn.4xlarge", "g4dn.12xlarge", cool_down_period_s=600))
    day.run_until(9 * HOUR)
    day.request(job_id)
    assert day.phase(job_id, Role.COOLING) is Phase.CONNECTING
    day.run_until(10 * HOUR)
    (cooling,) = [i for i in day.store.intervals(job_id) if i.role is Role.COOLING]
    assert cooling.opened_ms == 9 * 3_600_000 + 90_000
    # Seen ready at the first look after 9:02, and the gateway speaks as the period ends.
    assert cooling.closed_ms == 9 * 3_600_000 + 120_300 + 600_000
    assert day.phase(job_id, Role.COOLING) is Phase.STOPPED


def test_a_volume_costs_from_its_first_start_until_it_is_deleted() -> None:
    day = Day(8 * HOUR, settings={"disk_micros_per_hour": 11_000})
    job_id = day.deploy(spec("g4dn.4xlarge", "g4dn.12xlarge", cool_down_period_s=600))
    day.run_until(9 * HOUR)
    day.request(job_id)
    day.run_until(10 * HOUR)
    assert day.phase(job_id, Role.COOLING) is Phase.STOPPED
    day.complete(job_id)
    disks = [i for i in day.store.intervals(job_id) if i.kind == "disk"]
    assert [(i.opened_ms // 3_600_000, (i.closed_ms or 0) // 3_600_000) for i in disks] == [(8, 10), (9, 10)]
    assert day.view(job_id).money.spent_micros == round(2 * 1_200_000 + 3_910_000 / 6 + 3 * 11_000)

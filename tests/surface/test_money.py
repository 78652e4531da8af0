"""What a configuration costs, by the engine on a simulated clock, and how it is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from aibro_jupyter import simulate
from aibro_jupyter.control.ledger.billing import PriceBook
from aibro_jupyter.control.ledger.meter import totals
from aibro_jupyter.errors import AibroError, BadMachine, BadRequest
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Accrual, BudgetView, CostView, Interval, MoneyView
from aibro_jupyter.states import Role
from aibro_jupyter.views.budget import BudgetCard, gauge
from aibro_jupyter.views.cost import CostCard
from aibro_jupyter.views.jobs import StatusList
from aibro_jupyter.views.text import joined
from tests.surface.samples import MONEY, job, status

HOUR = 3600.0
REQUESTS = [*range(9 * 3600, 11 * 3600 + 50 * 60 + 1, 300), *range(14 * 3600, 16 * 3600 + 50 * 60 + 1, 300)]
PRICES = {"g4dn.12xlarge.od": 3.91, "g4dn.4xlarge.od": 1.20, "g4dn.12xlarge": 1.61, "g4dn.4xlarge": 0.36}
STRONG = {"standby": "g4dn.12xlarge"}
BOTH = {"standby": "g4dn.4xlarge", "cooling": "g4dn.12xlarge"}
FIGURES = {
    "strong, on demand": (STRONG, False, 62_560_000),
    "strong, spot": (STRONG, True, 25_760_000),
    "both, on demand": (BOTH, False, 42_660_000),
    "both, spot": (BOTH, True, 15_420_000),
}


def a_day(machines: dict[str, str], spot: bool = False, **more: Any) -> CostCard:
    return simulate(
        machines, REQUESTS, from_at=8 * HOUR, until=24 * HOUR, spot=spot, prices=PRICES, minimum_s=0, **more
    )


@pytest.mark.parametrize(("machines", "spot", "micros"), FIGURES.values(), ids=FIGURES.keys())
def test_the_four_figures_of_the_case_study(machines: dict[str, str], spot: bool, micros: int) -> None:
    assert a_day(machines, spot).cost.money.spent_micros == micros


def test_a_day_with_real_prices_and_slow_machines() -> None:
    day = simulate(
        {"standby": "g4dn.4xlarge.od", "cooling": "g4dn.12xlarge.od"},
        REQUESTS, from_at=8 * HOUR, until=24 * HOUR, boot_s=90, load_s=30,
    )  # fmt: skip
    assert day.cost.money.spent_micros == 42_510_300


@pytest.mark.parametrize(
    ("machines", "more", "fact"),
    [({"cooling": "g4dn.4xlarge"}, {}, BadMachine), (BOTH, {"until": 8 * HOUR}, BadRequest), (BOTH, {"from_at": 10 * HOUR}, BadRequest)],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused(machines: dict[str, str], more: Any, fact: type[AibroError]) -> None:
    with pytest.raises(fact):
        simulate(machines, REQUESTS, **({"from_at": 8 * HOUR, "until": 24 * HOUR, "prices": PRICES} | more))


def test_the_picture_is_one_svg_with_every_part() -> None:
    card = a_day(BOTH, spot=True)
    svg = ElementTree.fromstring(card.chart().svg())
    assert svg.get("role") == "img"
    assert "spent $15.42" in svg.get("aria-label", "")
    said = [" ".join(text.itertext()) for text in svg.iter("text")]
    assert {"standby", "cooling", "requests", "money", "g4dn.12xlarge spot"} <= set(said)
    # Two prices side by side would be a formula: each dollar is alone in its element.
    assert not [text for text in svg.iter("text") if "$" in (text.text or "") or "$" in (text.tail or "")]
    assert len([rect for rect in svg.iter("rect") if rect.get("fill-opacity") == "0.45"]) == 3
    assert svg.find("polyline") is not None


def test_the_table_has_bars_and_the_bill() -> None:
    text = a_day(BOTH).text()
    assert "$42.66" in text
    assert "$62.56  ████████████████████████████" in text
    assert "3 h 0 min" in text
    assert json.dumps(a_day(BOTH).data())
    assert "<svg" not in CostCard(cost=a_day(BOTH).cost, plot=False).html()


def test_a_bill_that_just_began_and_a_name_to_escape() -> None:
    money = MoneyView(
        simulated=True, spent_micros=0, micros_per_hour=0, all_on_demand_micros=0, always_on_micros=0, as_of=100.0
    )
    empty = CostCard(cost=CostView(job_id="inf_1", model_name="<b>", money=money, intervals=()))
    assert "&lt;b&gt;" in empty.html()
    assert empty.text()
    open_ = Interval(
        instance_id="ins_1", role=Role.STANDBY, machine="c5.large", market=Market.ON_DEMAND, kind="compute",
        opened_ms=100_000, closed_ms=None, micros_per_hour=None, on_demand_micros_per_hour=85_000,
    )  # fmt: skip
    begun = CostCard(cost=CostView(job_id="inf_1", model_name="x", money=money, intervals=(open_,)))
    assert ElementTree.fromstring(begun.chart().svg()) is not None
    assert "unknown" in begun.text()


def test_the_first_minutes_say_what_they_cannot_and_explain_the_minimum() -> None:
    bill = (
        Interval(
            instance_id="ins_1", role=Role.STANDBY, machine="c5.large", market=Market.ON_DEMAND, kind="compute",
            opened_ms=100_000, closed_ms=None, micros_per_hour=85_000, on_demand_micros_per_hour=85_000,
        ),
    )  # fmt: skip

    def card(at: float, minimum_s: int = 60) -> CostCard:
        money = totals(
            bill, now=at, ended_at=None, configured=[(0, 99_000)], book=PriceBook(minimum_s=minimum_s), simulated=False
        )
        return CostCard(cost=CostView(job_id="inf_1", model_name="x", money=money, intervals=bill))

    for early in (card(110.0).text(), card(110.0).html()):
        assert "too early to compare" in early
        assert "all on demand" not in early
        assert "a start is billed for at least 60 s" in early
    assert card(110.0).data()["money"]["comparable_from"] == 400.0
    later = card(400.0).text()
    assert "too early" not in later
    assert "all on demand" in later
    assert "billed for at least" not in later
    assert "billed for at least" not in card(110.0, minimum_s=0).text()


def test_status_counts_on_and_explains_a_running_minimum() -> None:
    starting = replace(MONEY, as_of=100.0, accruals=(Accrual(from_at=160.0, micros_per_hour=360_000),))
    seen = job(money=starting)

    def text(at: float) -> str:
        return StatusList(status=replace(status(seen), as_of=at)).text()

    assert "$0.0123 so far" in text(159.0)
    assert "a start is billed for at least 60 s" in text(159.0)
    assert "$0.0133 so far" in text(170.0)
    assert "billed for at least" not in text(170.0)


def test_a_budget_is_a_gauge() -> None:
    assert joined(gauge(2_500_000, 5_000_000)) == "▓▓▓▓▓░░░░░ $2.50 of $5.00"
    assert joined(gauge(9_000_000, 5_000_000)).startswith("▓▓▓▓▓▓▓▓▓▓ ")
    used = BudgetView(
        per_day_micros=5, stop_micros=None, today_micros=5, spent_micros=9, state="degraded", notify="hooks.example"
    )
    card = BudgetCard(whose="iris", budget=used)
    assert "cooling is off until midnight" in card.text()
    assert "hooks.example" in card.html()
    assert BudgetCard(whose="iris", budget=None).text() == "iris: no limits"

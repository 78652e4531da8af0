"""Spot's rules one by one: what is known, what time it is, what is due."""

from __future__ import annotations

from typing import Any

import pytest

from aibro_jupyter.control.ledger.meter import Spending
from aibro_jupyter.control.ledger.rows import Loss, Move, VersionState
from aibro_jupyter.control.rules.actions import Action, Ask, BudgetNews, Call, Complete, Launch
from aibro_jupyter.control.rules.budget import Standing, due_at, standing, state, view
from aibro_jupyter.control.rules.plan import pace_s, plan
from aibro_jupyter.control.rules.snapshot import Snapshot
from aibro_jupyter.control.rules.spot import rests
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Limits
from aibro_jupyter.states import Phase, Role
from tests.control.rows import cooling, job, snapshot, standby, version

P, STANDBY, COOLING, SPOT, OD = Phase, Role.STANDBY, Role.COOLING, Market.SPOT, Market.ON_DEMAND
OFFERED: dict[str, Any] = {"spot_from": {"c5.large": 0.0, "g4dn.4xlarge": 0.0}}
RESTING: dict[str, Any] = {"spot_from": {"c5.large": 100.0, "g4dn.4xlarge": 100.0}}
SWAP = Launch(STANDBY, 1, "c5.large", SPOT, "s1")


def on_spot(instance_id: str = "s1", phase: Phase = P.SERVING, **more: Any) -> Any:
    return standby(phase, instance_id, market=SPOT, **more)


NOTICED: dict[str, Any] = {"interrupt_at": 150.0, "interrupted_at": 30.0}
OFF: dict[str, Any] = {"job": job(cooling_off=True)}
POOR: dict[str, Any] = {"job": job(budget_state="degraded"), "standing": Standing(state="degraded")}

CASES: dict[str, tuple[Snapshot, float, list[Action]]] = {
    # --- spot comes in
    "a first deploy is on demand": (
        snapshot(job=job(deployed_at=None), versions=(version(state=VersionState.COMING),), **OFFERED),
        0,
        [Launch(STANDBY, 1, "c5.large")],
    ),
    "spot comes up beside the on-demand standby": (snapshot(standby(), **OFFERED), 20, [SWAP]),
    "but not during its rest": (snapshot(standby(), **RESTING), 99, []),
    "and after it": (snapshot(standby(), **RESTING), 100, [SWAP]),
    "not a second time while one comes": (
        snapshot(standby(), on_spot("s2", P.CONNECTING, replaces="s1", asked_at=1.0), **OFFERED),
        20,
        [],
    ),
    "not while a new version comes": (
        snapshot(
            standby(),
            standby(P.CONNECTING, "s2", version=2, asked_at=1.0),
            versions=(version(1), version(2, VersionState.COMING)),
            **OFFERED,
        ),
        20,
        [],
    ),
    "not at once again after one that did not come up": (
        snapshot(standby(), on_spot("s2", P.TERMINATED, launched_at=18.0, failed_at=19.5), **OFFERED),
        20,
        [],
    ),
    "once it serves, the one before ends": (
        snapshot(standby(), on_spot("s2", replaces="s1"), **OFFERED),
        20,
        [Move("s1", P.TERMINATING, "a spot instance serves in its place")],
    ),
    "a lost standby comes back on spot": (
        snapshot(standby(P.TERMINATED, failed_at=10.0, answered_at=5.0), **OFFERED),
        20,
        [Launch(STANDBY, 1, "c5.large", SPOT)],
    ),
    "a cooling instance is swapped too": (
        snapshot(on_spot(), cooling(), last_request_at=15.0, **OFFERED),
        20,
        [Launch(COOLING, 1, "g4dn.4xlarge", SPOT, "c1")],
    ),
    "a wake is on spot, and the sleeper is kept": (
        snapshot(on_spot(), cooling(P.STOPPED, serving_at=5.0, left_at=10.0), last_request_at=19.0, **OFFERED),
        20,
        [Launch(COOLING, 1, "g4dn.4xlarge", SPOT, "c1")],
    ),
    "a sleeper that is on spot itself is woken": (
        snapshot(
            on_spot(),
            cooling(P.STOPPED, market=SPOT, serving_at=5.0, left_at=10.0),
            last_request_at=19.0,
            **OFFERED,
        ),
        20,
        [Move("c1", P.CONNECTING, "a request came")],
    ),
    "a sleeper is woken when spot did not come up just now": (
        snapshot(
            on_spot(),
            cooling(P.STOPPED, serving_at=5.0, left_at=10.0),
            cooling(P.TERMINATED, "c2", market=SPOT, launched_at=18.0, failed_at=19.5, replaces="c1"),
            last_request_at=19.0,
            **OFFERED,
        ),
        20,
        [Move("c1", P.CONNECTING, "a request came")],
    ),
    # --- spot goes out
    "notice: a replacement is launched at once": (
        snapshot(on_spot(**NOTICED), **RESTING),
        31,
        [Launch(STANDBY, 1, "c5.large", OD, "s1")],
    ),
    "and once only": (
        snapshot(on_spot(**NOTICED), standby(P.CONNECTING, "s2", replaces="s1", asked_at=32.0), **RESTING),
        40,
        [],
    ),
    "ten seconds before the end it leaves the routes": (
        snapshot(on_spot(**NOTICED), standby(P.CONNECTING, "s2", replaces="s1", asked_at=32.0), **RESTING),
        140,
        [Move("s1", P.TERMINATING, "its machine is taken back")],
    ),
    "one that does not serve yet is given up at once": (
        snapshot(on_spot(phase=P.DEPLOYING, asked_at=1.0, **NOTICED), **RESTING),
        31,
        [Move("s1", P.TERMINATING, "its machine is taken back")],
    ),
    "one that sleeps is left": (
        snapshot(standby(), cooling(P.STOPPED, market=SPOT, **NOTICED), **RESTING),
        31,
        [],
    ),
    "a cooling one is replaced too": (
        snapshot(standby(), cooling(market=SPOT, **NOTICED), last_request_at=30.0, **RESTING),
        31,
        [Launch(COOLING, 1, "g4dn.4xlarge", OD, "c1")],
    ),
    "of a version that is over it is not replaced": (
        snapshot(
            on_spot(phase=P.TERMINATING, asked_at=30.0, **NOTICED),
            standby(instance_id="s2", version=2),
            versions=(version(1, VersionState.RETIRED), version(2)),
        ),
        31,
        [],
    ),
    # --- switched off
    "cooling off: it sleeps at once": (
        snapshot(standby(), cooling(), last_request_at=30.0, **OFF),
        31,
        [Move("c1", P.STOPPING, "cooling is off")],
    ),
    "and is neither woken nor swapped": (
        snapshot(on_spot(), cooling(P.STOPPED), last_request_at=30.0, **OFF, **OFFERED),
        31,
        [],
    ),
    "nor replaced when it is taken back": (
        snapshot(standby(), cooling(market=SPOT, **NOTICED), last_request_at=30.0, **OFF),
        31,
        [Move("c1", P.STOPPING, "cooling is off")],
    ),
    "and one that is only asked for is not waited for": (
        snapshot(standby(), cooling(P.REQUESTING, asked_at=30.0), last_request_at=30.0, **OFF),
        31,
        [Move("c1", P.TERMINATING, "cooling is off")],
    ),
    "a poor job's cooling is off": (
        snapshot(standby(), cooling(), last_request_at=30.0, **POOR),
        31,
        [Move("c1", P.STOPPING, "cooling is off")],
    ),
    "its owner sends it to sleep": (
        snapshot(standby(), cooling(), last_request_at=30.0, job=job(sleep_asked_at=31.0), busy=frozenset({"c1"})),
        31,
        [Move("c1", P.STOPPING, "its owner sent it to sleep")],
    ),
    "which is over once it was woken again": (
        snapshot(standby(), cooling(serving_at=32.0), last_request_at=32.0, job=job(sleep_asked_at=31.0)),
        33,
        [],
    ),
    "two reasons to end are one end": (
        snapshot(standby(), cooling(P.CONNECTING, asked_at=1.0, phase_at=0.0), last_request_at=30.0, **OFF),
        700,
        [Move("c1", P.TERMINATING, "CONNECTING took longer than 600 s", failed=True)],
    ),
    # --- limits
    "its time is over": (snapshot(standby(), standing=Standing(until=40.0)), 40, [Complete("its time is over")]),
    "not a second before": (snapshot(standby(), standing=Standing(until=40.0)), 39, []),
    "its budget is used up": (
        snapshot(standby(), standing=Standing(state="stopped", text="budget reached")),
        40,
        [Complete("budget reached")],
    ),
    "a parked job ends in time too": (
        snapshot(standby(P.STOPPED), parked=True, standing=Standing(until=40.0)),
        40,
        [Complete("its time is over")],
    ),
    "news of a budget are told": (
        snapshot(standby(), standing=Standing(state="near", text="80 %")),
        40,
        [BudgetNews("near", "80 %")],
    ),
    "a retired version's replacement ends with it": (
        snapshot(
            standby(instance_id="s3", version=2),
            on_spot("s2", P.REQUESTING, replaces="s1", asked_at=1.0),
            versions=(version(1, VersionState.RETIRED), version(2)),
        ),
        2,
        [Move("s2", P.TERMINATING, "v1 serves no more")],
    ),
    "what was written down is asked for": (
        snapshot(standby(), on_spot("s2", P.REQUESTING, replaces="s1"), **OFFERED),
        20,
        [Ask("s2", Call.LAUNCH)],
    ),
}


@pytest.mark.parametrize(("known", "now", "due"), CASES.values(), ids=CASES.keys())
def test_plan(known: Snapshot, now: float, due: list[Action]) -> None:
    assert plan(known, now) == due


def test_a_swap_counts_its_cool_down_from_the_one_before() -> None:
    before = cooling(P.TERMINATED, serving_at=10.0, left_at=300.0)
    after = cooling(P.SERVING, "c2", market=SPOT, launched_at=290.0, serving_at=300.0, replaces="c1")
    assert plan(snapshot(standby(), before, after), 609.0) == []
    assert plan(snapshot(standby(), before, after), 610.0) == [Move("c2", P.STOPPING, "no request for 600 s")]
    woken = cooling(P.TERMINATED, serving_at=10.0, left_at=200.0)
    assert plan(snapshot(standby(), woken, after), 899.0) == [], "a wake counts from its own"


def test_the_next_look_is_in_time_for_what_is_known() -> None:
    pace = {"hurry_s": 0.3, "resync_s": 500.0}
    assert pace_s(snapshot(on_spot(**NOTICED)), 31, **pace) == 109.0
    assert pace_s(snapshot(standby(), **RESTING), 31, **pace) == 69.0
    assert pace_s(snapshot(standby(), standing=Standing(due_at=40.0)), 31, **pace) == 9.0


def lost(at: float, *, refused: bool = False, machine: str = "c5.large") -> Loss:
    return Loss(provider="here", machine=machine, at=at, refused=refused)


def test_rests_grow_while_it_goes_on_and_begin_anew_after_a_calm_time() -> None:
    here = ("here", "c5.large")
    assert rests([]) == {}
    assert rests([lost(0)]) == {here: 600.0}
    assert rests([lost(0), lost(10)])[here] == 610.0, "two at once are one reason"
    assert rests([lost(0), lost(700)])[here] == 700.0 + 1200
    assert rests([lost(0), lost(700), lost(2000), lost(5000), lost(10_000)])[here] == 10_000.0 + 7200
    assert rests([lost(0), lost(10_000)])[here] == 10_600.0
    assert rests([lost(0, refused=True), lost(61, refused=True)])[here] == 61.0 + 120
    assert rests([lost(0), lost(30, refused=True)])[here] == 600.0
    assert rests([lost(0), lost(0, machine="m5.large")])["here", "m5.large"] == 600.0


# --- budgets ----------------------------------------------------------------------------------------------------------

DAY, STOP = Limits(budget_per_day_micros=1000), Limits(budget_stop_micros=2000)


@pytest.mark.parametrize(
    ("limits", "today", "spent", "expected"),
    [
        (Limits(), 10**9, 10**9, "ok"),
        (DAY, 799, 10**9, "ok"),
        (DAY, 800, 0, "near"),
        (DAY, 1000, 0, "degraded"),
        (STOP, 0, 1599, "ok"),
        (STOP, 0, 1600, "near"),
        (STOP, 0, 2000, "stopped"),
    ],
)
def test_the_state_of_a_budget(limits: Limits, today: int, spent: int, expected: str) -> None:
    used = Spending(today_micros=today, spent_micros=spent)
    assert state(limits, used) == expected
    seen = view(limits, used, "example.com")
    assert (seen is None) == (limits == Limits())
    assert seen is None or (seen.state, seen.notify) == (expected, "example.com")


def test_when_a_budget_will_change() -> None:
    fast = Spending(today_micros=0, spent_micros=0, micros_per_hour=3600)
    assert due_at(Limits(), fast, 50.0) is None
    assert due_at(STOP, fast, 50.0) == 50.0 + 1600
    assert due_at(STOP, Spending(spent_micros=1600, micros_per_hour=3600), 50.0) == 450.0
    assert due_at(STOP, Spending(spent_micros=5000, micros_per_hour=3600), 50.0) is None
    assert due_at(DAY, Spending(), 50.0) == 86_400.0, "the day ends, whatever is spent"
    assert due_at(STOP, Spending(spent_micros=1599, micros_per_hour=36_000_000), 50.0) == 51.0, "not too often"


def test_the_worse_of_two_budgets_counts() -> None:
    mine, ours = Spending(today_micros=900), Spending(today_micros=5000)
    assert standing(DAY, mine, Limits(), ours, 5.0).text == "its budget of the day is 80 % used: $0.0009 of $0.0010"
    both = standing(DAY, mine, DAY, ours, 5.0)
    assert (both.state, both.text[:9]) == ("degraded", "all jobs'")
    near = standing(STOP, Spending(spent_micros=1700), Limits(), ours, 5.0)
    assert near.text == "its budget is 80 % used: $0.0017 of $0.0020"
    assert standing(STOP, Spending(spent_micros=2000), Limits(), ours, 5.0).text.startswith("budget reached")
    calm = standing(STOP, Spending(), Limits(until=9.0), ours, 5.0)
    assert (calm.state, calm.until, calm.due_at) == ("ok", 9.0, 9.0)
    assert calm.text.endswith("fine again")

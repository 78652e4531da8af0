"""Budgets, ends and switches on the fake clock: to the second, and said once."""

from __future__ import annotations

import pytest

from aibro_jupyter.control.engine.sync import route
from aibro_jupyter.protocol import Limits
from aibro_jupyter.states import JobStatus, Outcome, Phase, Role
from tests.simulation import HOUR, Day, spec

STANDBY, COOLING = Role.STANDBY, Role.COOLING
WITH_COOLING = spec(cooling="g4dn.12xlarge", cool_down_period_s=600)
HOOK = "https://hooks.example.com/secret-path"


def events(day: Day) -> list[str]:
    return [notice.event for _, notice in day.notices]


def ask_for_an_hour(day: Day, job_id: str) -> None:
    for _ in range(12):
        day.request(job_id)
        day.run_until(day.clock.now() + 300)


def test_a_budget_of_the_day_switches_cooling_off_and_keeps_the_standby() -> None:
    day = Day(8 * HOUR)
    limits = Limits(budget_per_day_micros=10_000_000, notify=HOOK)
    job_id = day.deploy(WITH_COOLING, limits=limits)
    spent_at: dict[str, float] = {}
    while day.clock.now() < 16 * HOUR:
        day.request(job_id)
        day.run_until(day.clock.now() + 60)
        view = day.view(job_id)
        assert view.budget is not None
        spent_at.setdefault(view.budget.state, day.clock.now())
    assert list(spent_at) == ["ok", "near", "degraded"]
    # 5.11 $/h: 8 $ after 1:33:56, 10 $ after 1:57:25.
    assert spent_at["near"] == pytest.approx(8 * HOUR + 8 / 5.11 * HOUR, abs=61)
    assert spent_at["degraded"] == pytest.approx(8 * HOUR + 10 / 5.11 * HOUR, abs=61)
    view = day.view(job_id)
    assert (view.status, view.cooling_off) == (JobStatus.DEPLOYED, True)
    assert day.phase(job_id, STANDBY) is Phase.SERVING
    assert day.phase(job_id, COOLING) is Phase.STOPPED
    (first, *_) = [i for i in day.store.intervals(job_id) if i.role is COOLING]
    assert first.closed_ms == pytest.approx((8 * HOUR + 10 / 5.11 * HOUR) * 1000, abs=1500)
    told = route(day.job(job_id), day.clock.now())
    assert (told.budget, told.has_cooling) == ("degraded", False)
    assert events(day) == ["budget-near", "budget-degraded"]
    assert any("cooling is off" in warning for warning in view.warnings)
    day.run_until(24 * HOUR + 120)
    assert day.view(job_id).budget is not None
    assert not day.view(job_id).cooling_off, "a new day"
    assert day.phase(job_id, COOLING) is Phase.STOPPED
    day.request(job_id)
    assert day.phase(job_id, COOLING) is Phase.SERVING


def test_a_budget_that_stops_ends_the_job_at_that_second() -> None:
    day = Day(8 * HOUR)
    job_id = day.deploy(spec(), limits=Limits(budget_stop_micros=2_400_000, notify=HOOK))
    day.run_until(12 * HOUR)
    view = day.view(job_id)
    assert view.outcome is Outcome.COMPLETED
    assert view.ended_at == pytest.approx(10 * HOUR, abs=1.5)
    assert view.reason.startswith("budget reached")
    assert view.money.spent_micros == pytest.approx(2_400_000, abs=600)
    assert events(day) == ["budget-near", "ended"]
    assert day.phase(job_id, STANDBY) is Phase.TERMINATED


def test_one_budget_spans_all_jobs() -> None:
    day = Day(8 * HOUR)
    day.store.set_common_limits(Limits(budget_stop_micros=2_400_000))
    one, other = day.deploy(spec(), name="one"), day.deploy(spec(), name="other")
    day.run_until(8.5 * HOUR)
    assert day.views.together() is not None
    day.run_until(12 * HOUR)
    for job_id in (one, other):
        view = day.view(job_id)
        assert view.outcome is Outcome.COMPLETED
        assert view.ended_at == pytest.approx(9 * HOUR, abs=2)
        assert view.budget is None, "it has none of its own"
    together = day.views.together()
    assert together is not None
    assert together.state == "stopped"


def test_a_job_ends_in_time() -> None:
    day = Day(8 * HOUR)
    job_id = day.deploy(spec(), limits=Limits(until=9 * HOUR + 30))
    day.run_until(9 * HOUR + 29)
    assert day.view(job_id).outcome is None
    day.run_until(9 * HOUR + 31)
    view = day.view(job_id)
    assert (view.outcome, view.reason, view.ended_at) == (Outcome.COMPLETED, "its time is over", 9 * HOUR + 30)


def test_limits_may_change_while_it_runs() -> None:
    day = Day(8 * HOUR)
    job_id = day.deploy(spec(), limits=Limits(budget_stop_micros=1_000_000))
    day.store.set_limits(job_id, Limits(), day.clock.now())
    day.run_until(12 * HOUR)
    view = day.view(job_id)
    assert (view.outcome, view.budget) == (None, None)


def test_switching_cooling_off_sends_it_to_sleep_and_keeps_it_there() -> None:
    day = Day()
    job_id = day.deploy(WITH_COOLING)
    day.request(job_id)
    day.store.set_cooling(job_id, True, day.clock.now())
    day.engine.wake(job_id)
    ask_for_an_hour(day, job_id)
    assert day.phase(job_id, COOLING) is Phase.STOPPED
    assert len(day.calls("start")) == 0
    day.store.set_cooling(job_id, False, day.clock.now())
    day.request(job_id)
    assert day.phase(job_id, COOLING) is Phase.SERVING


def test_cooling_switched_off_in_the_midst_of_a_wake_ends_the_wake() -> None:
    day = Day(boot_s=50)
    job_id = day.deploy(WITH_COOLING)
    day.run_until(day.clock.now() + 60)
    day.request(job_id)
    assert day.phase(job_id, COOLING) is Phase.CONNECTING
    day.store.set_cooling(job_id, True, day.clock.now())
    day.engine.wake(job_id)
    day.run_until(day.clock.now() + 200)
    assert day.phase(job_id, COOLING) is Phase.STOPPED


def test_a_sleep_drill_sleeps_now_and_the_next_request_wakes_it() -> None:
    day = Day()
    job_id = day.deploy(WITH_COOLING)
    day.request(job_id)
    cooling = day.one(job_id, COOLING)
    day.in_flight[job_id] = {cooling.instance_id: 1}
    day.run_until(day.clock.now() + 5)
    day.store.ask_to_sleep(job_id, day.clock.now())
    day.engine.wake(job_id)
    day.run_until(day.clock.now() + 5)
    assert day.phase(job_id, COOLING) is Phase.STOPPING
    assert day.calls("stop") == [], "not with a request in flight"
    day.in_flight[job_id] = {}
    day.run_until(day.clock.now() + 65)
    assert day.phase(job_id, COOLING) is Phase.STOPPED
    day.request(job_id)
    assert day.phase(job_id, COOLING) is Phase.SERVING
    day.run_until(day.clock.now() + 60)
    assert day.phase(job_id, COOLING) is Phase.SERVING, "the drill is over"


def test_a_failed_wake_is_told_seen_and_tried_again() -> None:
    day = Day(failing_machines=frozenset({"g4dn.12xlarge"}))
    job_id = day.deploy(WITH_COOLING, limits=Limits(notify=HOOK))
    day.request(job_id)
    day.run_until(day.clock.now() + 30)
    view = day.view(job_id)
    assert view.status is JobStatus.DEPLOYED
    assert {wake.state for wake in view.wakes if wake.role is COOLING} >= {"failed"}
    assert any("CUDA not found" in warning for warning in view.warnings)
    assert set(events(day)) == {"wake-failed"}
    assert day.notices[0][0] == HOOK
    assert len([wake for wake in view.wakes if wake.role is COOLING]) in range(3, 6), "with back-off"
    day.provider.failing_machines = frozenset()
    day.run_until(day.clock.now() + 60)
    assert day.phase(job_id, COOLING) is Phase.SERVING
    assert day.view(job_id).wakes[0].state == "done"
    assert not day.view(job_id).warnings


def test_a_wake_that_hangs_is_ended_and_tried_again() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=3600))
    day.provider.stuck = frozenset({"g4dn.12xlarge"})
    day.request(job_id)
    day.run_until(day.clock.now() + 605)
    day.provider.stuck = frozenset()
    states = [wake.state for wake in day.view(job_id).wakes if wake.role is COOLING]
    assert states[1:] == ["failed"]
    assert day.phase(job_id, STANDBY) is Phase.SERVING
    day.run_until(day.clock.now() + 30)
    assert day.phase(job_id, COOLING) is Phase.SERVING


def test_canceled_is_told_without_the_traceback() -> None:
    day = Day(failing="ValueError: no such column\n  File secret.py, line 3, password='x'")
    day.deploy(spec(), limits=Limits(notify=HOOK))
    ((url, notice),) = day.notices
    assert (url, notice.event, notice.model_name) == (HOOK, "canceled", "iris")
    assert "password" not in notice.text


def test_a_lost_spot_machine_is_told() -> None:
    day = Day(offered={"g4dn.4xlarge"})
    day.store.set_common_limits(Limits(notify=HOOK))
    job_id = day.deploy(spec())
    day.run_until(day.clock.now() + 60)
    day.provider.interrupt(day.one(job_id, STANDBY).instance_id, 120)
    day.run_until(day.clock.now() + 60)
    assert events(day) == ["spot-lost"]

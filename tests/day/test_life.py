"""Lives of jobs on the fake clock: failures, updates, crashes, going down and coming back."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.control.engine.sweep import end_unknown, sweep
from aibro_jupyter.control.ledger.rows import VersionState
from aibro_jupyter.control.ledger.vault import Vault
from aibro_jupyter.control.rules.snapshot import SILENT_S
from aibro_jupyter.errors import LaunchRefused, NotFound
from aibro_jupyter.home import Home
from aibro_jupyter.providers.base import State, Tags
from aibro_jupyter.providers.simulated import SimulatedMachine
from aibro_jupyter.states import JobStatus, JobSubstatus, Outcome, Phase, Role
from tests.simulation import HOUR, Day, spec

STANDBY, COOLING = Role.STANDBY, Role.COOLING


def test_a_job_goes_through_the_substatuses_of_the_reference() -> None:
    day = Day(boot_s=20, load_s=10)
    job_id = day.deploy(spec())
    seen = [day.view(job_id).substatus]
    for _ in range(60):
        day.run_until(day.clock.now() + 1)
        seen.append(day.view(job_id).substatus)
    assert list(dict.fromkeys(seen)) == [
        JobSubstatus.CONNECTING_SERVER,
        JobSubstatus.DEPLOYING_MODEL,
        JobSubstatus.DEPLOYED_MODEL,
    ]
    assert day.view(job_id).status is JobStatus.DEPLOYED
    assert day.view(job_id).reason == ""


def test_a_standby_that_is_not_granted_in_time_cancels_the_job() -> None:
    day = Day(refusal=LaunchRefused("no capacity in us-east-1", reason="capacity"))
    job_id = day.deploy(spec(), wait_request_s=30)
    day.run_until(day.clock.now() + 28)
    assert day.view(job_id).status is JobStatus.QUEUING
    assert day.view(job_id).reason == "no capacity in us-east-1"
    assert len(day.calls("launch")) > 3, "it is asked for again while it may wait"
    day.run_until(day.clock.now() + 2)
    view = day.view(job_id)
    assert view.status is JobStatus.CANCELED
    assert "30 s (wait_request_s)" in view.reason
    assert "no capacity" in view.reason


def test_a_capacity_that_comes_back_in_time_is_taken() -> None:
    day = Day(refusal=LaunchRefused("no capacity", reason="capacity"))
    job_id = day.deploy(spec(), wait_request_s=30)
    day.run_until(day.clock.now() + 12)
    day.provider.refusal = None
    day.run_until(day.clock.now() + 10)
    assert day.view(job_id).status is JobStatus.DEPLOYED
    assert len(day.provider.machines) == 1


def test_a_refusal_for_good_cancels_at_once() -> None:
    day = Day(refusal=LaunchRefused("you may not", reason="denied"))
    view = day.view(day.deploy(spec()))
    assert (view.outcome, view.reason) == (Outcome.CANCELED, "you may not")
    assert view.versions[0].state == "failed"


def test_a_model_that_cannot_load_cancels_the_first_deploy_and_frees_the_name() -> None:
    day = Day(failing="ValueError: no such column")
    job_id = day.deploy(spec())
    view = day.view(job_id)
    assert (view.status, view.reason) == (JobStatus.CANCELED, "ValueError: no such column")
    assert day.phase(job_id, STANDBY) is Phase.TERMINATED
    assert all(machine.state is State.GONE for machine in day.provider.machines.values())
    assert all(interval.closed_ms is not None for interval in day.store.intervals(job_id))
    day.provider.failing = ""
    other = day.store.job(job_id).job.model_name
    assert day.view(day.deploy(spec(), name=f"{other}2")).status is JobStatus.DEPLOYED


def test_a_load_that_never_ends_is_ended_by_the_limit_of_its_phase() -> None:
    day = Day(load_s=10_000_000)
    job_id = day.deploy(spec())
    day.run_until(day.clock.now() + 1801)
    assert "DEPLOYING took longer than 1800 s" in day.view(job_id).reason


def test_once_deployed_a_job_is_never_canceled_but_tried_again_more_and_more_slowly() -> None:
    day = Day()
    job_id = day.deploy(spec())
    begun = day.clock.now()
    day.provider.failing = "out of memory"
    day.run_until(begun + 30 * 60)
    view = day.view(job_id)
    assert view.status is JobStatus.DEPLOYED
    assert view.outcome is None
    assert view.reason == "out of memory"
    assert view.warnings
    # 1, 2, 4 … 256, then 300 s apart.
    assert len(day.calls("launch")) - 1 in range(11, 16)
    day.provider.failing = ""
    day.run_until(day.clock.now() + 301)
    assert day.view(job_id).substatus is JobSubstatus.DEPLOYED_MODEL
    assert not day.view(job_id).warnings


def test_a_crash_while_serving_is_recorded_as_seen_and_replaced() -> None:
    day = Day()
    job_id = day.deploy(spec())
    day.run_until(9 * HOUR)
    first = day.one(job_id, STANDBY)
    day.clock.advance(17.5)
    day.provider.crash(first.instance_id)
    crashed_at = day.clock.now()
    day.run_until(9 * HOUR + 90)
    assert day.phase(job_id, STANDBY) is Phase.SERVING
    assert day.one(job_id, STANDBY).instance_id != first.instance_id
    old, new = day.store.intervals(job_id)
    assert old.closed_ms == round(crashed_at * 1000), "billed until the provider's own time"
    assert new.closed_ms is None
    texts = [event.text for event in day.store.events(job_id)]
    assert any("TERMINATED" in text and "killed" in text for text in texts)


def test_an_agent_that_hangs_is_replaced_but_one_that_was_asked_too_rarely_is_not() -> None:
    day = Day(settings={"resync_s": 5.0})
    job_id = day.deploy(spec())
    day.run_until(day.clock.now() + 120)
    first = day.one(job_id, STANDBY).instance_id
    day.provider.mute = frozenset({first})
    day.clock.advance(3600)
    day.run_until(day.clock.now() + 15)
    assert day.one(job_id, STANDBY).instance_id == first, "the computer slept, that is no silence"
    day.provider.mute = frozenset()
    day.run_until(day.clock.now() + 30)
    day.provider.mute = frozenset({first})
    day.run_until(day.clock.now() + 70)
    assert day.one(job_id, STANDBY).instance_id != first
    assert day.phase(job_id, STANDBY) is Phase.SERVING
    assert any(f"has not answered for {SILENT_S:.0f} s" in event.text for event in day.store.events(job_id))


def live_version(day: Day, job_id: str) -> int | None:
    live = day.job(job_id).live
    return live.version if live is not None else None


def test_a_new_version_comes_up_beside_and_then_takes_over() -> None:
    day = Day(load_s=30)
    job_id = day.deploy(spec())
    day.run_until(day.clock.now() + 60)
    old = day.one(job_id, STANDBY)
    day.new_version(job_id, spec("g4dn.12xlarge"))
    day.run_until(day.clock.now() + 10)
    assert live_version(day, job_id) == 1
    assert {i.phase for i in day.job(job_id).instances} == {Phase.SERVING, Phase.DEPLOYING}
    day.run_until(day.clock.now() + 60)
    assert live_version(day, job_id) == 2
    assert [v.state for v in day.job(job_id).versions] == [VersionState.RETIRED, VersionState.LIVE]
    phases = {i.instance_id: i.phase for i in day.job(job_id).instances}
    assert phases.pop(old.instance_id) is Phase.TERMINATED
    assert list(phases.values()) == [Phase.SERVING]


def test_a_version_that_fails_leaves_the_old_one_serving() -> None:
    day = Day(failing_machines=frozenset({"g4dn.12xlarge"}))
    job_id = day.deploy(spec())
    day.new_version(job_id, spec("g4dn.12xlarge"))
    view = day.view(job_id)
    assert [(v.version, v.state) for v in view.versions] == [(2, "failed"), (1, "live")]
    assert view.substatus is JobSubstatus.DEPLOYED_MODEL
    assert any("CUDA not found" in warning for warning in view.warnings)
    day.run_until(day.clock.now() + 600)
    assert len(day.calls("launch")) == 2, "a failed version is not tried again by itself"


def test_a_newer_version_replaces_one_that_is_still_coming() -> None:
    day = Day(load_s=30)
    job_id = day.deploy(spec())
    day.run_until(day.clock.now() + 60)
    day.new_version(job_id, spec(), "v2")
    day.new_version(job_id, spec(), "v3")
    day.run_until(day.clock.now() + 60)
    assert live_version(day, job_id) == 3
    assert sum(i.phase is Phase.SERVING for i in day.job(job_id).instances) == 1


def test_the_first_request_launches_the_cooling_instance_and_none_does_not() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge"))
    day.run_until(day.clock.now() + 3600)
    assert len(day.provider.machines) == 1
    day.request(job_id)
    assert day.phase(job_id, COOLING) is Phase.SERVING


def test_a_cooling_instance_that_cannot_load_leaves_the_job_deployed_with_a_warning() -> None:
    day = Day(failing_machines=frozenset({"g4dn.12xlarge"}))
    job_id = day.deploy(spec(cooling="g4dn.12xlarge"))
    day.request(job_id)
    day.run_until(day.clock.now() + 5)
    view = day.view(job_id)
    assert view.status is JobStatus.DEPLOYED
    assert view.substatus is JobSubstatus.DEPLOYED_MODEL
    assert any("CUDA not found" in warning for warning in view.warnings)


def test_no_sleep_with_a_request_in_flight_and_none_before_every_gateway_spoke() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600))
    day.request(job_id)
    cooling = day.one(job_id, COOLING).instance_id
    day.in_flight = {job_id: {cooling: 1}}
    day.run_until(day.clock.now() + 1200)
    assert day.phase(job_id, COOLING) is Phase.SERVING, "a request is in flight"
    day.in_flight, day.gateway_up = {}, False
    day.run_until(day.clock.now() + 1200)
    assert day.phase(job_id, COOLING) is Phase.SERVING, "the gateway has not said that it ended"
    day.gateway_up = True
    day.run_until(day.clock.now() + 61)
    assert day.phase(job_id, COOLING) is Phase.STOPPED


def test_after_a_restart_nothing_sleeps_before_the_gateway_was_heard(tmp_path: Path) -> None:
    day = Day(database=tmp_path / "aibro.db")
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600))
    day.request(job_id)
    day.gateway_up = False
    day.store.close()
    day.boot()
    day.run_until(day.clock.now() + 3600)
    assert day.phase(job_id, COOLING) is Phase.SERVING
    day.gateway_up = True
    day.run_until(day.clock.now() + 61)
    assert day.phase(job_id, COOLING) is Phase.STOPPED
    day.store.close()


def test_a_request_while_it_stops_wakes_it_again_once_it_stopped() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600))
    day.request(job_id)
    day.provider.deaf = True
    day.run_until(day.clock.now() + 661)
    assert day.phase(job_id, COOLING) is Phase.STOPPING
    day.clock.advance(5)
    day.request(job_id)
    assert day.phase(job_id, COOLING) is Phase.STOPPING
    day.provider.deaf = False
    day.run_until(day.clock.now() + 31)
    assert day.phase(job_id, COOLING) is Phase.SERVING
    assert len(day.calls("launch")) == 2


def test_on_a_market_that_cannot_stop_sleeping_is_terminating() -> None:
    day = Day(stoppable=False)
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600))
    day.request(job_id)
    day.run_until(day.clock.now() + 661)
    assert day.phase(job_id, COOLING) is Phase.TERMINATED
    day.request(job_id)
    assert day.phase(job_id, COOLING) is Phase.SERVING


def test_a_closing_instance_is_drained_before_the_provider_is_asked() -> None:
    day = Day()
    job_id = day.deploy(spec(request_limit_s=300))
    standby = day.one(job_id, STANDBY).instance_id
    day.run_until(day.clock.now() + 60)
    day.in_flight = {job_id: {standby: 2}}
    day.talk()
    day.complete(job_id)
    day.run_until(day.clock.now() + 200)
    assert day.phase(job_id, STANDBY) is Phase.TERMINATING
    assert day.calls("terminate") == []
    day.run_until(day.clock.now() + 110)
    assert day.calls("terminate") == [standby], "the longest a request may take has passed"
    assert day.phase(job_id, STANDBY) is Phase.TERMINATED


def test_complete_frees_the_name_and_closes_the_bill() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=10_000))
    day.request(job_id)
    day.run_until(9 * HOUR + 1)
    day.complete(job_id)
    view = day.view(job_id)
    assert (view.status, view.substatus) == (JobStatus.COMPLETED, JobSubstatus.COMPLETED)
    assert all(i.phase is Phase.TERMINATED for i in day.job(job_id).instances)
    assert view.money.micros_per_hour == 0
    assert view.money.spent_micros == 3_910_000 + round(1_200_000 * 3601 / 3600)
    assert day.engine.queue.next_at() is None, "nothing is left to do"
    assert day.store.unsettled() == ()


def test_parked_jobs_come_back_with_control(tmp_path: Path) -> None:
    day = Day(database=tmp_path / "aibro.db")
    job_id = day.deploy(spec(cooling="g4dn.12xlarge"))
    day.request(job_id)
    day.engine.reconciler.parked = True
    day.engine.wake_all()
    day.run_until(day.clock.now() + 1)
    assert {i.phase for i in day.job(job_id).instances} == {Phase.STOPPED}
    assert all(interval.closed_ms is not None for interval in day.store.intervals(job_id))
    day.store.close()
    day.clock.advance(3600)
    day.boot()
    day.run_until(day.clock.now() + 1)
    assert day.phase(job_id, STANDBY) is Phase.SERVING
    assert day.phase(job_id, COOLING) is Phase.STOPPED, "it sleeps until a request comes"
    assert len(day.calls("launch")) == 2
    day.store.close()


def test_parking_in_the_midst_of_a_deploy_ends_what_cannot_stop() -> None:
    day = Day(refusal=LaunchRefused("wait", reason="capacity"))
    job_id = day.deploy(spec(), wait_request_s=3600)
    day.engine.reconciler.parked = True
    day.engine.wake_all()
    day.run_until(day.clock.now() + 61)
    assert day.phase(job_id, STANDBY) is Phase.TERMINATED
    assert day.view(job_id).status is JobStatus.QUEUING


def stray(day: Day, instance_id: str, like: str, **tags: str) -> SimulatedMachine:
    """Have a machine there that nobody here launched, with the tags of whoever did."""
    model = day.provider.machines[like]
    found = day.provider.machines[instance_id] = replace(model, tags=Tags(**tags), runs=list(model.runs))
    return found


def day_of_backend(backend_id: str, **world: Any) -> Day:
    day = Day()
    day.world = replace(day.world, backend_id=backend_id, **world)
    return day


def test_the_sweep_ends_what_is_ended_here_and_leaves_what_is_another_backends() -> None:
    day = day_of_backend("bk_own")
    job_id = day.deploy(spec())
    mine = day.one(job_id, STANDBY).instance_id
    day.complete(job_id)
    day.run_until(day.clock.now() + 1)
    assert day.provider.machines[mine].state is State.GONE
    for owner, ended in (("bk_another", ()), ("", (mine,)), (day.world.backend_id, (mine,))):
        day.provider.machines[mine].state = State.RUNNING
        day.provider.machines[mine].tags = Tags(backend_id=owner)
        assert asyncio.run(sweep(day.world)) == ended, owner


def test_what_the_database_does_not_know_is_told_and_ended_only_when_asked() -> None:
    day = day_of_backend("bk_own")
    job_id = day.deploy(spec())
    mine = day.one(job_id, STANDBY).instance_id
    stray(day, "ins_own", mine, backend_id=day.world.backend_id, model_name="newer", job_id="inf_newer")
    stray(day, "ins_other", mine, backend_id="bk_another")
    rev = day.store.rev
    assert asyncio.run(sweep(day.world)) == ()
    told = {one.instance_id: (one.mine, one.model_name, one.state) for one in day.world.unknown.values()}
    assert told == {"ins_own": (True, "newer", "running"), "ins_other": (False, "", "running")}
    assert day.store.rev > rev, "whoever watches hears of it"
    with pytest.raises(NotFound, match=mine):
        asyncio.run(end_unknown(day.world, [mine]))
    assert {day.provider.machines[name].state for name in (mine, "ins_own")} == {State.RUNNING}
    asyncio.run(end_unknown(day.world, ["ins_own"]))
    assert day.provider.machines["ins_own"].state is State.GONE
    assert set(day.world.unknown) == {"ins_other"}


def test_the_secrets_of_what_the_database_does_not_know_are_kept(tmp_path: Path) -> None:
    day = day_of_backend("bk_own", home=Home(tmp_path))
    job_id, newer = day.deploy(spec()), f"inf_{uuid.uuid4()}"
    vault = Vault(day.world.home.secrets)
    for owner in (newer, gone := f"inf_{uuid.uuid4()}"):
        vault.keep(owner, {"KEY": "value"})
        os.utime(day.world.home.secrets / owner, (0, 0))
    stray(day, "ins_own", day.one(job_id, STANDBY).instance_id, job_id=newer)
    asyncio.run(sweep(day.world))
    assert vault.view(newer).names == ("KEY",)
    assert vault.view(gone).names == ()


class Killed(BaseException):
    """kill -9, at a chosen moment."""


def _whole_life(day: Day) -> str:
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600))
    day.request(job_id)
    day.run_until(day.clock.now() + 700)
    day.request(job_id)
    day.new_version(job_id, spec())
    day.complete(job_id)
    return job_id


def _calls_of_a_whole_life() -> int:
    day = Day()
    _whole_life(day)
    return len(day.provider.calls)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("nth", range(_calls_of_a_whole_life()))
def test_control_killed_around_any_call_of_a_provider_loses_and_doubles_nothing(
    nth: int, moment: str, tmp_path: Path
) -> None:
    day = Day(database=tmp_path / "aibro.db")
    left = [nth]

    def killed(call: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise Killed

    setattr(day.provider, f"{moment}_call", killed)
    job_id = "inf_iris"
    script: list[Callable[[], object]] = [
        lambda: day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600)),
        lambda: day.request(job_id),
        lambda: day.run_until(day.clock.now() + 700),
        lambda: day.request(job_id),
        lambda: day.new_version(job_id, spec()),
        lambda: day.complete(job_id),
    ]
    for act in script:
        try:
            act()
        except Killed:
            day.store.close()
            day.boot()
        day.run_until(day.clock.now() + 40)
    day.run_until(day.clock.now() + 120)
    assert left[0] < 0, "it was killed"
    assert day.job(job_id).job.outcome is Outcome.COMPLETED
    assert all(machine.state is State.GONE for machine in day.provider.machines.values()), "no orphan"
    assert {i.phase for i in day.job(job_id).instances} == {Phase.TERMINATED}
    known = {i.instance_id for i in day.job(job_id).instances}
    assert set(day.provider.machines) <= known, "every machine was written down before it was asked for"
    assert all(interval.closed_ms is not None for interval in day.store.intervals(job_id))
    day.store.close()

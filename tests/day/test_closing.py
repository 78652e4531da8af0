"""Closing: what ends is not billed on, what does not end is told, and neither waits for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from aibro_jupyter.protocol import Limits
from aibro_jupyter.states import Phase, Role
from tests.simulation import HOUR, Day, spec

STANDBY = Role.STANDBY
LOOK_S = 60.0
"""How often a day looks at an instance that serves."""


def ended(day: Day, job_id: str, kind: str = "compute") -> list[float | None]:
    return [None if i.closed_ms is None else i.closed_ms / 1000 for i in day.store.intervals(job_id) if i.kind == kind]


def vanish(day: Day, job_id: str) -> str:
    """Let the provider forget the standby, as if its folder were deleted by hand; return its id."""
    instance_id = day.one(job_id, STANDBY).instance_id
    del day.provider.machines[instance_id]
    return instance_id


@pytest.mark.parametrize("disk", [0, 11_000])
def test_an_instance_nobody_knows_any_more_is_billed_until_it_was_last_seen(disk: int) -> None:
    day = Day(settings={"disk_micros_per_hour": disk})
    job_id = day.deploy(spec())
    day.run_until(9 * HOUR)
    lost = vanish(day, job_id)
    day.run_until(9 * HOUR + 2 * LOOK_S)
    assert {i.instance_id: i.phase for i in day.job(job_id).instances}[lost] is Phase.TERMINATED
    assert day.phase(job_id, STANDBY) is Phase.SERVING, "another one took its place"
    for kind in ("compute", "disk") if disk else ("compute",):
        first, second = ended(day, job_id, kind)
        assert first is not None
        assert 9 * HOUR - LOOK_S <= first <= 9 * HOUR
        assert second is None


def test_down_and_up_do_not_open_its_bill_again(tmp_path: Path) -> None:
    day = Day(database=tmp_path / "aibro.db")
    job_id = day.deploy(spec())
    day.run_until(9 * HOUR)
    vanish(day, job_id)
    day.engine.reconciler.parked = True
    day.engine.wake_all()
    day.run_until(9 * HOUR + 2 * LOOK_S)
    (before,) = ended(day, job_id)
    assert before is not None
    assert 9 * HOUR - LOOK_S <= before <= 9 * HOUR
    day.store.close()
    day.boot()
    day.run_until(10 * HOUR)
    assert ended(day, job_id) == [before, None], "what is billed now is another one"
    day.store.close()


def test_a_control_that_starts_anew_bills_until_what_its_database_knows(tmp_path: Path) -> None:
    day = Day(database=tmp_path / "aibro.db")
    job_id = day.deploy(spec())
    day.run_until(9 * HOUR)
    day.store.close()
    vanish_at = 9 * HOUR
    (name,) = day.provider.machines
    del day.provider.machines[name]
    day.clock.advance(HOUR)
    day.boot()
    day.run_until(10 * HOUR + 2 * LOOK_S)
    first = ended(day, job_id)[0]
    assert first is not None
    assert vanish_at - 2 * LOOK_S <= first <= vanish_at, "not the hour that control was down"
    day.store.close()


def test_one_that_vanishes_while_it_stops_is_not_waited_for() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600))
    day.request(job_id)
    day.provider.deaf = True
    day.run_until(day.clock.now() + 661)
    cooling = day.one(job_id, Role.COOLING)
    assert cooling.phase is Phase.STOPPING
    del day.provider.machines[cooling.instance_id]
    day.run_until(day.clock.now() + 2 * LOOK_S)
    assert day.one(job_id, Role.COOLING).phase is Phase.TERMINATED
    assert all(i.closed_ms is not None for i in day.store.intervals(job_id) if i.instance_id == cooling.instance_id)


def test_a_machine_that_never_stops_is_told_asked_on_and_billed() -> None:
    day = Day()
    job_id = day.deploy(spec(), limits=Limits(notify="http://127.0.0.1:1/here"))
    standby = day.one(job_id, STANDBY).instance_id
    day.provider.deaf = True
    day.engine.reconciler.parked = True
    day.engine.wake_all()
    day.run_until(day.clock.now() + 890)
    assert day.phase(job_id, STANDBY) is Phase.STOPPING
    asked = len(day.calls("stop"))
    assert asked >= 25, "it is asked every 30 s"
    day.run_until(day.clock.now() + 60)
    assert day.phase(job_id, STANDBY) is Phase.TERMINATING, "a stop has its limit"
    assert not any("did not end" in warning for warning in day.view(job_id).warnings)
    day.run_until(day.clock.now() + 1800)
    warning = day.view(job_id).warnings[0]
    assert warning.startswith(f"{standby} on g4dn.4xlarge did not end within 900 s")
    assert [notice.event for _, notice in day.notices] == ["not-ended"], "once"
    assert sum("did not end" in event.text for event in day.store.events(job_id)) == 1
    assert len(day.calls("terminate")) > 50, "it goes on being asked"
    assert ended(day, job_id) == [None], "it may be running"
    day.provider.deaf = False
    day.run_until(day.clock.now() + 61)
    assert day.phase(job_id, STANDBY) is Phase.TERMINATED
    ((_, _, ran_until),) = day.provider.ran
    assert ended(day, job_id) == [pytest.approx(ran_until, abs=0.001)]
    assert not any("did not end" in warning for warning in day.view(job_id).warnings)


def test_a_launch_that_is_taken_and_never_shows_is_given_up() -> None:
    day = Day()
    job_id = day.deploy(spec())
    day.run_until(day.clock.now() + 120)
    day.provider.after_call = lambda call: day.provider.machines.clear() if call == "launch" else None
    day.provider.crash(day.one(job_id, STANDBY).instance_id)
    day.run_until(day.clock.now() + LOOK_S)
    first = day.one(job_id, STANDBY)
    assert first.phase is Phase.REQUESTING
    day.run_until(day.clock.now() + 120)
    phases = {i.instance_id: i.phase for i in day.job(job_id).instances}
    assert phases[first.instance_id] is Phase.TERMINATED, "sixty seconds from the first ask, not from the last"

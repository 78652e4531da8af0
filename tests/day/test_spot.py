"""Spot on the fake clock: it comes in beside what serves, and when it is taken back nothing is missing."""

from __future__ import annotations

from aibro_jupyter.control.ledger.rows import InstanceRow
from aibro_jupyter.errors import LaunchRefused
from aibro_jupyter.machines import Market
from aibro_jupyter.states import Phase, Role
from tests.simulation import HOUR, Day, spec

STANDBY, COOLING = Role.STANDBY, Role.COOLING
BOTH = {"g4dn.4xlarge", "g4dn.12xlarge"}


def up(day: Day, job_id: str, role: Role = STANDBY) -> list[InstanceRow]:
    return [i for i in day.job(job_id).instances if i.role is role and i.phase is Phase.SERVING]


def always_serves(day: Day, job_id: str, until: float) -> None:
    """Let time pass second by second; at each something must serve."""
    while day.clock.now() < until:
        day.run_until(day.clock.now() + 1)
        assert up(day, job_id) or up(day, job_id, COOLING), day.clock.now()


def test_the_first_deploy_is_on_demand_and_spot_comes_in_beside_it() -> None:
    day = Day(boot_s=30, load_s=10)
    job_id = day.deploy(spec())
    day.run_until(9 * HOUR)
    (first,) = up(day, job_id)
    assert first.market is Market.ON_DEMAND
    day.provider.offered = BOTH
    day.run_until(9 * HOUR + 30)
    assert [i.instance_id for i in up(day, job_id)] == [first.instance_id], "it serves until the other one does"
    always_serves(day, job_id, 9 * HOUR + 180)
    (second,) = up(day, job_id)
    assert (second.market, second.replaces) == (Market.SPOT, first.instance_id)
    assert day.one(job_id, STANDBY).instance_id == second.instance_id
    assert day.view(job_id).warnings == ()
    assert any("a spot instance serves in its place" in event.text for event in day.store.events(job_id))


def test_with_notice_the_replacement_serves_before_the_machine_is_gone() -> None:
    day = Day(boot_s=30, load_s=10, offered=BOTH)
    job_id = day.deploy(spec())
    day.run_until(9 * HOUR)
    (spot,) = up(day, job_id)
    assert spot.market is Market.SPOT
    day.provider.interrupt(spot.instance_id, 120)
    always_serves(day, job_id, 9 * HOUR + 300)
    (now,) = up(day, job_id)
    assert now.market is Market.ON_DEMAND, "no spot try on that machine after an interruption"
    gone_at = day.provider.machines[spot.instance_id].since
    assert gone_at < 9 * HOUR + 120, "it was drained and ended before it was taken"
    day.run_until(9 * HOUR + 650)
    assert [i.market for i in up(day, job_id)] == [Market.ON_DEMAND]
    day.run_until(9 * HOUR + 800)
    assert [i.market for i in up(day, job_id)] == [Market.SPOT], "after ten minutes it is tried again"


def test_without_notice_it_is_replaced_at_once_as_after_a_crash() -> None:
    day = Day(offered=BOTH)
    job_id = day.deploy(spec())
    day.run_until(9 * HOUR)
    (spot,) = up(day, job_id)
    day.provider.interrupt(spot.instance_id, 0)
    day.run_until(9 * HOUR + 61)
    (now,) = up(day, job_id)
    assert now.market is Market.ON_DEMAND
    closed = [i for i in day.store.intervals(job_id) if i.instance_id == spot.instance_id]
    assert closed[0].closed_ms == 9 * 3_600_000, "billed until its market took it"
    assert any("is taken back" in event.text for event in day.store.events(job_id))


def test_a_replacement_too_slow_for_the_notice_leaves_no_request_on_the_machine_that_goes() -> None:
    day = Day(boot_s=300, offered=BOTH)
    job_id = day.deploy(spec())
    day.run_until(10 * HOUR)
    (spot,) = up(day, job_id)
    day.provider.interrupt(spot.instance_id, 120)
    day.run_until(10 * HOUR + 115)
    assert not up(day, job_id), "ten seconds before, it has left the routes; requests are held"
    day.run_until(10 * HOUR + 400)
    assert len(up(day, job_id)) == 1


def test_a_wake_takes_spot_first_and_falls_back_on_refusal() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600))
    day.request(job_id)
    first = day.one(job_id, COOLING)
    day.run_until(9 * HOUR)
    assert day.phase(job_id, COOLING) is Phase.STOPPED
    day.provider.offered = {"g4dn.12xlarge"}
    day.provider.spot_refusal = LaunchRefused("no spot left", reason="capacity")
    day.request(job_id)
    day.run_until(day.clock.now() + 5)
    (awake,) = up(day, job_id, COOLING)
    assert awake.instance_id == first.instance_id, "the sleeping one was kept, and serves after all"
    assert not day.view(job_id).warnings
    day.run_until(10 * HOUR)
    assert not up(day, job_id, COOLING)
    day.provider.spot_refusal = None
    day.run_until(11 * HOUR)
    day.request(job_id)
    day.run_until(day.clock.now() + 5)
    (awake,) = up(day, job_id, COOLING)
    assert (awake.market, awake.replaces) == (Market.SPOT, first.instance_id)
    old = next(i for i in day.job(job_id).instances if i.instance_id == first.instance_id)
    assert old.phase is Phase.TERMINATED


def test_a_swap_of_the_cooling_instance_does_not_lengthen_its_day() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600))
    day.run_until(9 * HOUR)
    day.request(job_id)
    day.run_until(9 * HOUR + 300)
    day.provider.offered = {"g4dn.12xlarge"}
    day.run_until(9 * HOUR + 400)
    assert [i.market for i in up(day, job_id, COOLING)] == [Market.SPOT]
    day.run_until(9 * HOUR + 601)
    assert up(day, job_id, COOLING) == []


def test_interrupted_again_and_again_it_rests_longer_and_longer() -> None:
    day = Day(offered=BOTH)
    job_id = day.deploy(spec())
    began, launched = day.clock.now(), 0.0
    rests = []
    for _ in range(6):
        while not (found := [i for i in up(day, job_id) if i.market is Market.SPOT]):
            day.run_until(day.clock.now() + 30)
        if launched:
            rests.append(found[0].launched_at - launched)
        launched = day.clock.now()
        day.provider.interrupt(found[0].instance_id, 0)
        day.run_until(day.clock.now() + 60)
    assert began < launched
    assert [round(rest / 600) for rest in rests] == [1, 2, 4, 8, 12]
    assert up(day, job_id), "on demand it serves on"

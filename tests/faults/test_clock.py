"""Clocks that jump and laptops that sleep: cool-down, bills and time limits follow the time that really passed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from aibro_jupyter.clock import FakeClock, SystemClock
from aibro_jupyter.gateway import server
from aibro_jupyter.gateway.server import Gateway
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.protocol import Route, RouteTable
from aibro_jupyter.states import Phase, Role
from tests.simulation import Day, spec

DAY = 86_400.0
LID_S = 600.0


class Behind:
    """A clock that goes wrong by a fixed time."""

    def __init__(self, clock: FakeClock, wrong_s: float) -> None:
        self._clock = clock
        self._wrong_s = wrong_s

    def now(self) -> float:
        return self._clock.now() + self._wrong_s

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


def test_a_start_is_never_before_what_is_known() -> None:
    assert SystemClock(at_least=time.time() + DAY).now() >= time.time() + DAY - 60


@pytest.mark.parametrize("jump_s", [-DAY, -3600, -1, 1, 3600, DAY])
def test_a_wall_clock_that_jumps_moves_nothing(jump_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before, real = clock.now(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump_s)
    assert 0 <= clock.now() - before < 60


@pytest.mark.parametrize("jump_s", [-DAY, -1, DAY])
def test_control_restarted_after_a_jump_never_goes_back_in_time(jump_s: float, tmp_path: Path) -> None:
    day = Day(start=10 * DAY, database=tmp_path / "aibro.db")
    job_id = day.deploy(spec(cooling="g4dn.12xlarge"))
    day.request(job_id)
    day.run_until(day.clock.now() + 60)
    day.store.close()
    # The cloud's clock is its own; control starts as it does in app.py: never behind what it wrote before.
    wall = day.clock.now() + jump_s
    day.clock = FakeClock(max(wall, day.store.newest_at))
    day.provider.clock = Behind(day.clock, wall - day.clock.now())
    day.boot()
    day.provider.crash(day.one(job_id, Role.STANDBY).instance_id)
    day.run_until(day.clock.now() + 400)
    assert day.phase(job_id, Role.STANDBY) is Phase.SERVING
    for interval in day.store.intervals(job_id):
        assert interval.closed_ms is None or interval.closed_ms >= interval.opened_ms
    events = [event.at for event in day.store.events(job_id)]
    assert events == sorted(events)
    day.store.close()


def test_a_laptop_that_slept_is_looked_at_before_anything_is_overdue() -> None:
    day = Day(boot_s=5.0, load_s=1_000.0)
    job_id = day.deploy(spec(), wait_request_s=30)
    day.run_until(day.clock.now() + 60)
    assert day.phase(job_id, Role.STANDBY) is Phase.DEPLOYING
    # Asleep for longer than loading may take; the agent has loaded in the meantime, as a look will tell.
    day.clock.advance(2_000)
    day.run_until(day.clock.now() + 1)
    assert day.phase(job_id, Role.STANDBY) is Phase.SERVING
    assert len(day.provider.machines) == 1


def test_a_lid_closed_for_ten_minutes_neither_wakes_nor_bills_twice() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=60))
    day.request(job_id)
    day.run_until(day.clock.now() + 30)
    assert day.phase(job_id, Role.COOLING) is Phase.SERVING
    day.clock.advance(LID_S)
    day.run_until(day.clock.now() + 120)
    assert day.phase(job_id, Role.COOLING) is Phase.STOPPED
    began = len(day.calls("start")) + len(day.calls("launch"))
    day.clock.advance(LID_S)
    day.run_until(day.clock.now() + 600)
    assert len(day.calls("start")) + len(day.calls("launch")) == began, "no request came, nothing may wake"
    billed = [(i.instance_id, i.opened_ms, i.closed_ms) for i in day.store.intervals(job_id)]
    assert len(billed) == len(day.provider.ran) == 2


def test_a_gateway_counts_idle_time_while_the_computer_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(1_000.0)
    monkeypatch.setattr(server, "now", clock.now)

    async def idle_s() -> float | None:
        gateway = Gateway("gw1", GatewaySettings())
        route = Route(
            job_id="inf_1",
            username="ana",
            model_name="iris",
            public=True,
            client_hashes=frozenset(),
            deployed=True,
            targets=(),
        )
        gateway.apply(RouteTable(rev=1, routes=(route,)))
        gateway._gates["inf_1"].traffic.came(clock.now())
        clock.advance(LID_S)
        (told,) = gateway.report().jobs
        return told.idle_s

    assert asyncio.run(idle_s()) == LID_S

"""Machines that exist on a clock only."""

from __future__ import annotations

import pytest

from aibro_jupyter.clock import FakeClock
from aibro_jupyter.errors import NothingToDrill
from aibro_jupyter.machines import Market
from aibro_jupyter.providers.base import Seen, State
from aibro_jupyter.providers.simulated import SimulatedPlace


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1000.0)


@pytest.fixture
def place(clock: FakeClock) -> SimulatedPlace:
    return SimulatedPlace(clock, boot_s=40, load_s=10)


def seen(place: SimulatedPlace) -> Seen:
    return place.look(["ins_1"])["ins_1"]


def test_a_machine_comes_up_sleeps_wakes_and_goes(clock: FakeClock, place: SimulatedPlace) -> None:
    assert seen(place).state is State.ABSENT
    place.launch("ins_1", "c5.large", Market.ON_DEMAND, None)  # type: ignore[arg-type]  # it boots from nothing
    assert seen(place).state is State.PENDING
    clock.set(1045.0)
    assert (seen(place).state, seen(place).since, place.serves("ins_1")) == (State.RUNNING, 1040.0, False)
    clock.set(1050.0)
    assert place.serves("ins_1")
    place.stop("ins_1")
    assert (seen(place).state, seen(place).ran) == (State.STOPPED, (1040.0, 1050.0))
    place.start("ins_1")
    clock.set(1100.0)
    assert (seen(place).state, seen(place).since) == (State.RUNNING, 1090.0)
    place.terminate("ins_1")
    assert seen(place).state is State.GONE
    assert place.owned() == {}


def test_a_machine_is_taken_back_at_its_moment(clock: FakeClock, place: SimulatedPlace) -> None:
    place.launch("ins_1", "c5.large", Market.SPOT, None)  # type: ignore[arg-type]  # it boots from nothing
    with pytest.raises(NothingToDrill):
        place.drill("ins_1", "spot", 30)
    clock.set(1050.0)
    assert seen(place).state is State.RUNNING
    place.drill("ins_1", "spot", 30)
    assert seen(place).interrupt_at == 1080.0
    clock.set(1200.0)
    assert (seen(place).state, seen(place).since) == (State.GONE, 1080.0)


def test_it_offers_what_it_has_a_price_for(clock: FakeClock, place: SimulatedPlace) -> None:
    assert place.offers("c5.large", Market.ON_DEMAND)
    assert not place.offers("c5.large", Market.SPOT)
    assert not place.offers("c5.enormous", Market.ON_DEMAND)
    priced = SimulatedPlace(clock, prices={("big", Market.SPOT): 7}, spot=True)
    assert priced.offers("big", Market.SPOT)
    assert not priced.offers("big", Market.ON_DEMAND)
    assert priced.price_micros("big", Market.ON_DEMAND) is None

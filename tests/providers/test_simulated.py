"""Machines that exist on a clock only."""

from __future__ import annotations

import pytest

from aibro_jupyter.clock import FakeClock
from aibro_jupyter.errors import NothingToDrill
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Boot
from aibro_jupyter.providers.base import Seen, State, Tags
from aibro_jupyter.providers.simulated import SimulatedProvider
from aibro_jupyter.states import Role

BOOT = Boot(
    job_id="inf_1", role=Role.STANDBY, bundle_url="", bundle="", lock="", python="3.11", token="", vcpus=1,
    memory_mib=1, request_limit_s=1, enforce=False, envs="", backend_id="bk_1", model_name="iris",
)  # fmt: skip


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1000.0)


@pytest.fixture
def provider(clock: FakeClock) -> SimulatedProvider:
    return SimulatedProvider(clock, boot_s=40, load_s=10)


def seen(provider: SimulatedProvider) -> Seen:
    return provider.look(["ins_1"])["ins_1"]


def test_a_machine_comes_up_sleeps_wakes_and_goes(clock: FakeClock, provider: SimulatedProvider) -> None:
    assert seen(provider).state is State.ABSENT
    provider.launch("ins_1", "c5.large", Market.ON_DEMAND, BOOT)
    assert seen(provider).state is State.PENDING
    assert seen(provider).tags == Tags(backend_id="bk_1", job_id="inf_1", model_name="iris")
    clock.set(1045.0)
    assert (seen(provider).state, seen(provider).since, provider.serves("ins_1")) == (State.RUNNING, 1040.0, False)
    clock.set(1050.0)
    assert provider.serves("ins_1")
    provider.stop("ins_1")
    assert (seen(provider).state, seen(provider).ran) == (State.STOPPED, (1040.0, 1050.0))
    provider.start("ins_1")
    clock.set(1100.0)
    assert (seen(provider).state, seen(provider).since) == (State.RUNNING, 1090.0)
    provider.terminate("ins_1")
    assert seen(provider).state is State.GONE
    assert provider.owned() == {}


def test_a_machine_is_taken_back_at_its_moment(clock: FakeClock, provider: SimulatedProvider) -> None:
    provider.launch("ins_1", "c5.large", Market.SPOT, BOOT)
    with pytest.raises(NothingToDrill):
        provider.drill("ins_1", "spot", 30)
    clock.set(1050.0)
    assert seen(provider).state is State.RUNNING
    provider.drill("ins_1", "spot", 30)
    assert seen(provider).interrupt_at == 1080.0
    clock.set(1200.0)
    assert (seen(provider).state, seen(provider).since) == (State.GONE, 1080.0)


def test_it_offers_what_it_has_a_price_for(clock: FakeClock, provider: SimulatedProvider) -> None:
    assert provider.offers("c5.large", Market.ON_DEMAND)
    assert not provider.offers("c5.large", Market.SPOT)
    assert not provider.offers("c5.enormous", Market.ON_DEMAND)
    priced = SimulatedProvider(clock, prices={("big", Market.SPOT): 7}, spot=True)
    assert priced.offers("big", Market.SPOT)
    assert not priced.offers("big", Market.ON_DEMAND)
    assert priced.price_micros("big", Market.ON_DEMAND) is None

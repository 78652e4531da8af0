"""What every rig with machines promises, whatever it is made of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from aibro_jupyter import clock
from aibro_jupyter.errors import AibroError, BadRequest, LaunchRefused, NothingToDrill
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Health, decode
from aibro_jupyter.providers.base import State, Tags
from tests.contract.conftest import Rig
from tests.eventually import eventually

OD = Market.ON_DEMAND


def running(rig: Rig, instance_id: str) -> str:
    rig.provider.launch(instance_id, rig.machine, OD, rig.boot)
    endpoint = rig.until(instance_id, State.RUNNING).endpoint
    assert endpoint is not None
    return endpoint


def test_an_id_nobody_launched_is_absent_and_may_be_asked_anything(rig: Rig) -> None:
    for ask in (rig.provider.start, rig.provider.stop, rig.provider.terminate):
        ask("ins_unknown")
    assert rig.look("ins_unknown").state is State.ABSENT
    assert rig.provider.owned() == {}


def test_a_launched_instance_is_never_gone_on_its_way_and_its_agent_answers_to_its_token(rig: Rig) -> None:
    asked_at = clock.now()
    rig.provider.launch("ins_a", rig.machine, OD, rig.boot)
    states = set()

    def answering() -> bool:
        seen = rig.look("ins_a")
        states.add(seen.state)
        return seen.state is State.RUNNING

    eventually(answering)
    assert states <= {State.PENDING, State.RUNNING}
    seen = rig.look("ins_a")
    assert seen.since is not None
    assert asked_at - 2 <= seen.since <= clock.now() + 2
    url = f"http://{seen.endpoint}/health"
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(url, timeout=30).status_code == 401
        bearer = {"Authorization": f"Bearer {rig.boot.token}"}
        health = decode(session.get(url, headers=bearer, timeout=30).content, Health)
    assert health.instance_id == "ins_a"


def test_launching_the_same_id_many_times_at_once_makes_one_instance(rig: Rig) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: rig.provider.launch("ins_a", rig.machine, OD, rig.boot), range(8)))
    before = rig.until("ins_a", State.RUNNING)
    rig.provider.launch("ins_a", rig.machine, OD, rig.boot)
    rig.provider.start("ins_a")
    assert rig.look("ins_a") == before
    assert {name: seen.tags for name, seen in rig.provider.owned().items()} == {"ins_a": Tags.of(rig.boot)}


def test_a_stopped_instance_is_seen_so_since_then_and_starts_again(rig: Rig) -> None:
    running(rig, "ins_a")
    asked_at = clock.now()
    rig.provider.stop("ins_a")
    rig.provider.stop("ins_a")
    stopped = rig.until("ins_a", State.STOPPED)
    assert stopped.since is not None
    assert asked_at - 2 <= stopped.since <= clock.now() + 2
    rig.provider.stop("ins_a")
    rig.provider.launch("ins_a", rig.machine, OD, rig.boot)
    assert rig.look("ins_a") == stopped
    assert set(rig.provider.owned()) == {"ins_a"}
    rig.provider.start("ins_a")
    again = rig.until("ins_a", State.RUNNING)
    assert again.since is not None
    assert again.since >= stopped.since
    assert again.ran == stopped.ran is not None, "who missed the stop can still bill the run before"


def test_a_terminated_instance_is_gone_for_good(rig: Rig) -> None:
    running(rig, "ins_a")
    rig.provider.terminate("ins_a")
    rig.provider.terminate("ins_a")
    gone = rig.until("ins_a", State.GONE)
    assert gone.since is not None
    rig.provider.launch("ins_a", rig.machine, OD, rig.boot)
    for ask in (rig.provider.start, rig.provider.stop, rig.provider.terminate):
        ask("ins_a")
    assert rig.look("ins_a") == gone
    assert rig.provider.owned() == {}


def test_a_stopped_instance_can_be_terminated(rig: Rig) -> None:
    running(rig, "ins_a")
    rig.provider.stop("ins_a")
    rig.until("ins_a", State.STOPPED)
    rig.provider.terminate("ins_a")
    rig.until("ins_a", State.GONE)
    assert rig.provider.owned() == {}


def test_stopping_on_the_way_up_ends_stopped(rig: Rig) -> None:
    rig.provider.launch("ins_a", rig.machine, OD, rig.boot)
    rig.provider.stop("ins_a")
    rig.until("ins_a", State.STOPPED)


def test_instances_are_apart(rig: Rig) -> None:
    assert running(rig, "ins_a") != running(rig, "ins_b")
    rig.provider.terminate("ins_a")
    rig.until("ins_a", State.GONE)
    assert rig.look("ins_b").state is State.RUNNING
    assert set(rig.provider.owned()) == {"ins_b"}


def test_prices_and_markets(rig: Rig) -> None:
    assert rig.provider.offers(rig.machine, OD)
    assert not rig.provider.offers("no.such.machine", OD)
    assert rig.provider.can_stop(OD)
    price = rig.provider.price_micros(rig.machine, OD)
    assert isinstance(price, int)
    assert price > 0
    with pytest.raises(AibroError):
        rig.provider.price_micros("no.such.machine", OD)


def test_what_is_not_offered_is_refused(rig: Rig) -> None:
    for market in Market:
        if not rig.provider.offers(rig.machine, market):
            with pytest.raises(LaunchRefused):
                rig.provider.launch("ins_a", rig.machine, market, rig.boot)
    assert rig.look("ins_a").state is State.ABSENT


def test_spot_is_offered_bought_and_taken_back_with_notice(rig: Rig) -> None:
    rig.offer_spot(True)
    if not rig.provider.offers(rig.machine, Market.SPOT):
        with pytest.raises(NothingToDrill):
            rig.provider.drill("ins_unknown", "spot")
        return
    rig.provider.launch("ins_a", rig.machine, Market.SPOT, rig.boot)
    rig.until("ins_a", State.RUNNING)
    assert rig.look("ins_a").interrupt_at is None
    asked_at = clock.now()
    rig.provider.drill("ins_a", "spot", 2.0)
    noticed = rig.look("ins_a")
    assert noticed.state is State.RUNNING
    assert noticed.interrupt_at is not None
    assert noticed.interrupt_at >= asked_at + 2.0
    rig.provider.drill("ins_a", "spot", 60.0)
    assert rig.look("ins_a").interrupt_at == noticed.interrupt_at, "what was announced stays"
    gone = rig.until("ins_a", State.GONE)
    assert gone.interrupt_at == noticed.interrupt_at
    assert gone.since is not None
    assert gone.since >= noticed.interrupt_at - 2
    rig.offer_spot(False)
    assert not rig.provider.offers(rig.machine, Market.SPOT)


def test_a_drill_without_notice_or_a_kill_ends_at_once(rig: Rig) -> None:
    for kind, instance_id in (("kill", "ins_a"), ("spot", "ins_b")):
        running(rig, instance_id)
        rig.provider.drill(instance_id, kind, 0.0)
        gone = rig.until(instance_id, State.GONE)
        assert (gone.interrupt_at is not None) == (kind == "spot")
        with pytest.raises(NothingToDrill):
            rig.provider.drill(instance_id, kind)
    running(rig, "ins_c")
    with pytest.raises(NothingToDrill):
        rig.provider.drill("ins_c", "flood")


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a.gone", "ins a", "é"])
def test_an_id_that_is_no_id_is_refused(rig: Rig, name: str) -> None:
    for ask in (rig.provider.start, rig.provider.stop, rig.provider.terminate):
        with pytest.raises(BadRequest):
            ask(name)

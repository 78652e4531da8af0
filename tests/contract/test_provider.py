"""What every place with machines promises, whatever it is made of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from aibro_jupyter import clock
from aibro_jupyter.errors import AibroError, BadRequest, LaunchRefused, NothingToDrill
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Health, decode
from aibro_jupyter.providers.base import State
from tests.contract.conftest import Place
from tests.eventually import eventually

OD = Market.ON_DEMAND


def running(place: Place, instance_id: str) -> str:
    place.provider.launch(instance_id, place.machine, OD, place.boot)
    endpoint = place.until(instance_id, State.RUNNING).endpoint
    assert endpoint is not None
    return endpoint


def test_an_id_nobody_launched_is_absent_and_may_be_asked_anything(place: Place) -> None:
    for ask in (place.provider.start, place.provider.stop, place.provider.terminate):
        ask("ins_unknown")
    assert place.look("ins_unknown").state is State.ABSENT
    assert place.provider.owned() == {}


def test_a_launched_instance_is_never_gone_on_its_way_and_its_agent_answers_to_its_token(place: Place) -> None:
    asked_at = clock.now()
    place.provider.launch("ins_a", place.machine, OD, place.boot)
    states = set()

    def answering() -> bool:
        seen = place.look("ins_a")
        states.add(seen.state)
        return seen.state is State.RUNNING

    eventually(answering)
    assert states <= {State.PENDING, State.RUNNING}
    seen = place.look("ins_a")
    assert seen.since is not None
    assert asked_at - 2 <= seen.since <= clock.now() + 2
    url = f"http://{seen.endpoint}/health"
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(url, timeout=30).status_code == 401
        bearer = {"Authorization": f"Bearer {place.boot.token}"}
        health = decode(session.get(url, headers=bearer, timeout=30).content, Health)
    assert health.instance_id == "ins_a"


def test_launching_the_same_id_many_times_at_once_makes_one_instance(place: Place) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: place.provider.launch("ins_a", place.machine, OD, place.boot), range(8)))
    before = place.until("ins_a", State.RUNNING)
    place.provider.launch("ins_a", place.machine, OD, place.boot)
    place.provider.start("ins_a")
    assert place.look("ins_a") == before
    assert set(place.provider.owned()) == {"ins_a"}


def test_a_stopped_instance_is_seen_so_since_then_and_starts_again(place: Place) -> None:
    running(place, "ins_a")
    asked_at = clock.now()
    place.provider.stop("ins_a")
    place.provider.stop("ins_a")
    stopped = place.until("ins_a", State.STOPPED)
    assert stopped.since is not None
    assert asked_at - 2 <= stopped.since <= clock.now() + 2
    place.provider.stop("ins_a")
    place.provider.launch("ins_a", place.machine, OD, place.boot)
    assert place.look("ins_a") == stopped
    assert set(place.provider.owned()) == {"ins_a"}
    place.provider.start("ins_a")
    again = place.until("ins_a", State.RUNNING)
    assert again.since is not None
    assert again.since >= stopped.since


def test_a_terminated_instance_is_gone_for_good(place: Place) -> None:
    running(place, "ins_a")
    place.provider.terminate("ins_a")
    place.provider.terminate("ins_a")
    gone = place.until("ins_a", State.GONE)
    assert gone.since is not None
    place.provider.launch("ins_a", place.machine, OD, place.boot)
    for ask in (place.provider.start, place.provider.stop, place.provider.terminate):
        ask("ins_a")
    assert place.look("ins_a") == gone
    assert place.provider.owned() == {}


def test_a_stopped_instance_can_be_terminated(place: Place) -> None:
    running(place, "ins_a")
    place.provider.stop("ins_a")
    place.until("ins_a", State.STOPPED)
    place.provider.terminate("ins_a")
    place.until("ins_a", State.GONE)
    assert place.provider.owned() == {}


def test_stopping_on_the_way_up_ends_stopped(place: Place) -> None:
    place.provider.launch("ins_a", place.machine, OD, place.boot)
    place.provider.stop("ins_a")
    place.until("ins_a", State.STOPPED)


def test_instances_are_apart(place: Place) -> None:
    assert running(place, "ins_a") != running(place, "ins_b")
    place.provider.terminate("ins_a")
    place.until("ins_a", State.GONE)
    assert place.look("ins_b").state is State.RUNNING
    assert set(place.provider.owned()) == {"ins_b"}


def test_prices_and_markets(place: Place) -> None:
    assert place.provider.offers(place.machine, OD)
    assert not place.provider.offers("no.such.machine", OD)
    assert place.provider.can_stop(OD)
    price = place.provider.price_micros(place.machine, OD)
    assert isinstance(price, int)
    assert price > 0
    with pytest.raises(AibroError):
        place.provider.price_micros("no.such.machine", OD)


def test_what_is_not_offered_is_refused(place: Place) -> None:
    for market in Market:
        if not place.provider.offers(place.machine, market):
            with pytest.raises(LaunchRefused):
                place.provider.launch("ins_a", place.machine, market, place.boot)
    assert place.look("ins_a").state is State.ABSENT


def test_spot_is_offered_bought_and_taken_back_with_notice(place: Place) -> None:
    place.offer_spot(True)
    if not place.provider.offers(place.machine, Market.SPOT):
        with pytest.raises(NothingToDrill):
            place.provider.drill("ins_unknown", "spot")
        return
    place.provider.launch("ins_a", place.machine, Market.SPOT, place.boot)
    place.until("ins_a", State.RUNNING)
    assert place.look("ins_a").interrupt_at is None
    asked_at = clock.now()
    place.provider.drill("ins_a", "spot", 2.0)
    noticed = place.look("ins_a")
    assert noticed.state is State.RUNNING
    assert noticed.interrupt_at is not None
    assert noticed.interrupt_at >= asked_at + 2.0
    place.provider.drill("ins_a", "spot", 60.0)
    assert place.look("ins_a").interrupt_at == noticed.interrupt_at, "what was announced stays"
    gone = place.until("ins_a", State.GONE)
    assert gone.interrupt_at == noticed.interrupt_at
    assert gone.since is not None
    assert gone.since >= noticed.interrupt_at - 2
    place.offer_spot(False)
    assert not place.provider.offers(place.machine, Market.SPOT)


def test_a_drill_without_notice_or_a_kill_ends_at_once(place: Place) -> None:
    for kind, instance_id in (("kill", "ins_a"), ("spot", "ins_b")):
        running(place, instance_id)
        place.provider.drill(instance_id, kind, 0.0)
        gone = place.until(instance_id, State.GONE)
        assert (gone.interrupt_at is not None) == (kind == "spot")
        with pytest.raises(NothingToDrill):
            place.provider.drill(instance_id, kind)
    running(place, "ins_c")
    with pytest.raises(NothingToDrill):
        place.provider.drill("ins_c", "flood")


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a.gone", "ins a", "é"])
def test_an_id_that_is_no_id_is_refused(place: Place, name: str) -> None:
    for ask in (place.provider.start, place.provider.stop, place.provider.terminate):
        with pytest.raises(BadRequest):
            ask(name)

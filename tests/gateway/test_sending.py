from __future__ import annotations

import json
import signal
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection

import pytest
import requests

from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.rig import Instance, Rig, route, running


@pytest.fixture
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp("gateway"), queue=6, report_s=0.05) as rig:
        yield rig


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as callers:
        yield callers


def held(rig: Rig) -> int:
    return rig.control.job().held if rig.control.reports else 0


def test_before_the_first_table_requests_are_held_not_failed(rig: Rig, callers: ThreadPoolExecutor) -> None:
    early = callers.submit(rig.ask)
    stranger = callers.submit(rig.ask, client_id="bob")
    eventually(lambda: requests.get(rig.origin).ok)
    assert not early.done()
    rig.control.publish(route(rig.instance("s").target(Role.STANDBY)))
    assert early.result().status_code == 200
    assert stranger.result().status_code == 404


def test_while_nothing_serves_requests_are_held_and_then_served(rig: Rig, callers: ThreadPoolExecutor) -> None:
    rig.control.publish_and_wait(route())
    asked = [callers.submit(rig.ask) for _ in range(3)]
    eventually(lambda: held(rig) == 3)
    full = rig.ask()
    assert (full.status_code, full.json()["error"]["code"]) == (429, "queue-full")
    assert int(full.headers["Retry-After"]) > 0
    rig.control.publish(route(rig.instance("s").target(Role.STANDBY)))
    assert [one.result().status_code for one in asked] == [200, 200, 200]


def test_a_job_not_yet_up_says_so_to_its_clients_alone(rig: Rig) -> None:
    rig.control.publish_and_wait(route(deployed=False))
    answer = rig.ask()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not-serving")
    assert int(answer.headers["Retry-After"]) > 0
    assert rig.ask(client_id="bob").status_code == 404


def test_holding_ends(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("gateway"), hold_s=0.2) as rig:
        assert rig.ask().status_code == 503
        rig.control.publish_and_wait(route())
        assert rig.ask().status_code == 503


def test_cooling_comes_first_and_standby_helps_out(rig: Rig, callers: ThreadPoolExecutor) -> None:
    standby, cooling = rig.instance("s"), rig.instance("c")
    rig.control.publish_and_wait(route(standby.target(Role.STANDBY), cooling.target(Role.COOLING), has_cooling=True))
    answer = rig.ask()
    assert (answer.json()["instance"], answer.headers["X-Aibro-Served-By"]) == ("c", "cooling")
    callers.submit(rig.ask, {"do": "hang"}, headers={"X-Aibro-At-Most-Once": "1"})
    rig.hanging(cooling)
    answer = rig.ask()
    assert (answer.json()["instance"], answer.headers["X-Aibro-Served-By"]) == ("s", "standby")
    cooling.kill()


def test_while_cooling_wakes_standby_says_how_long(rig: Rig) -> None:
    standby = rig.instance("s").target(Role.STANDBY)
    rig.control.publish_and_wait(route(standby, has_cooling=True, wake_expected_s=100))
    served_by, expected = rig.ask().headers["X-Aibro-Served-By"].split("; ")
    assert served_by == "standby"
    assert 0 < int(expected.removeprefix("cooling-expected-s=")) <= 100


def test_one_instance_works_on_one_request_at_a_time_in_order(rig: Rig, callers: ThreadPoolExecutor) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    callers.submit(rig.ask, {"do": "wait", "s": 1})
    eventually(lambda: rig.control.job().in_flight == {"s": 1})
    waiting = [callers.submit(rig.ask) for _ in range(3)]
    eventually(lambda: held(rig) == 3)
    assert rig.control.job().in_flight == {"s": 1}
    assert rig.control.job().idle_s == 0
    assert [one.result().status_code for one in waiting] == [200, 200, 200]


def lose(rig: Rig, callers: ThreadPoolExecutor, **headers: str) -> Future[requests.Response]:
    """Have a request work on the cooling instance, and kill that; standby stays."""
    standby, cooling = rig.instance("s"), rig.instance("c")
    rig.control.publish_and_wait(route(standby.target(Role.STANDBY), cooling.target(Role.COOLING)))
    asked = callers.submit(rig.ask, {"do": "hang", "at": "c"}, headers=headers)
    rig.hanging(cooling)
    cooling.kill()
    return asked


def test_an_instance_killed_while_working_loses_nothing(rig: Rig, callers: ThreadPoolExecutor) -> None:
    answer = lose(rig, callers).result()
    assert (answer.status_code, answer.json()["instance"]) == (200, "s")


def test_who_wants_at_most_once_gets_the_truth_instead(rig: Rig, callers: ThreadPoolExecutor) -> None:
    answer = lose(rig, callers, **{"X-Aibro-At-Most-Once": "1"}).result()
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "instance-lost")
    assert answer.json()["error"]["message"] == "this request was tried once, and its instance was lost"
    assert "X-Aibro-At-Most-Once" in answer.json()["error"]["fix"]


def test_the_only_instance_killed_and_back_elsewhere(rig: Rig, callers: ThreadPoolExecutor) -> None:
    first = rig.instance("first")
    rig.control.publish_and_wait(route(first.target(Role.STANDBY)))
    asked = callers.submit(rig.ask, {"do": "hang", "at": "first"})
    rig.hanging(first)
    first.kill()
    late = callers.submit(rig.ask)
    eventually(lambda: rig.control.job().requests == 2)
    rig.control.publish(route(rig.instance("second").target(Role.STANDBY)))
    assert asked.result().status_code == 200
    assert late.result().status_code == 200


def test_a_request_that_kills_its_instance_is_given_up_after_two(rig: Rig) -> None:
    targets = [rig.instance(f"s{number}").target(Role.STANDBY) for number in range(5)]
    rig.control.publish_and_wait(route(*targets))
    answer = rig.ask({"do": "die"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "instance-lost")
    told = answer.json()["error"]
    assert told["message"] == "this request was tried twice, and each time its instance was lost"
    assert "`aibro logs iris`" in told["fix"]
    eventually(lambda: sum(instance.process.poll() is not None for instance in rig.instances) == 2)
    assert rig.ask().status_code == 200
    assert sum(instance.process.poll() is not None for instance in rig.instances) == 2


def test_who_waited_beside_a_dying_instance_is_not_marked(rig: Rig, callers: ThreadPoolExecutor) -> None:
    first = rig.instance("first")
    rig.control.publish_and_wait(route(first.target(Role.STANDBY)))
    dying = callers.submit(rig.ask, {"do": "hang", "at": "first"})
    rig.hanging(first)
    beside = callers.submit(rig.ask, {"do": "fail", "kind": "slot-crash", "times": 1})
    eventually(lambda: held(rig) == 1)
    first.kill()
    rig.control.publish(route(rig.instance("second").target(Role.STANDBY)))
    assert dying.result().status_code == 200
    assert beside.result().status_code == 200, "one mark of its own, none of its neighbour's"


@pytest.mark.parametrize(("times", "status"), [(3, 200), (4, 502)])
def test_a_broken_connection_to_an_instance_that_lives_marks_nobody(rig: Rig, times: int, status: int) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    answer = rig.ask({"do": "cut", "times": times})
    assert answer.status_code == status
    if status != 200:
        told = answer.json()["error"]
        assert told["code"] == "instance-lost"
        assert told["message"].startswith("this request was tried 4 times, and each time the connection")


FAILURES = {
    "not ready, again and again": ("not-ready", 4, 200),
    "busy, again and again": ("busy", 4, 200),
    "one crash of the slot": ("slot-crash", 1, 200),
    "two crashes of the slot": ("slot-crash", 2, 502),
}


@pytest.mark.parametrize(("kind", "times", "status"), FAILURES.values(), ids=FAILURES.keys())
def test_an_agents_failure(rig: Rig, kind: str, times: int, status: int) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    assert rig.ask({"do": "fail", "kind": kind, "times": times}).status_code == status


def test_the_models_own_error_and_the_time_limit_are_final(rig: Rig) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    answer = rig.ask({"do": "raise"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "model-error")
    assert rig.ask({"do": "limit"}).status_code == 504


def test_an_answer_that_never_comes_ends_in_504(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("gateway"), margin_s=0.2) as rig:
        rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY), request_limit_s=1))
        answer = rig.ask({"do": "hang"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "time-limit")


def test_a_client_that_gives_up_leaves_the_queue(rig: Rig, callers: ThreadPoolExecutor) -> None:
    rig.control.publish_and_wait(route())
    with pytest.raises(requests.Timeout):
        requests.post(rig.url(), json={}, timeout=0.3)
    eventually(lambda: rig.control.job().requests == 1 and held(rig) == 0)


@contextmanager
def hanging(rig: Rig, instance: Instance) -> Iterator[socket.socket]:
    """Have a request hang in the model; its caller leaves at the end."""
    with closing(HTTPConnection("127.0.0.1", rig.port)) as caller:
        caller.request("POST", rig.url().removeprefix(rig.origin), json.dumps({"do": "hang"}))
        rig.hanging(instance)
        yield caller.sock


def test_a_running_request_goes_on_without_its_caller_until_another_waits(
    rig: Rig, callers: ThreadPoolExecutor
) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    with hanging(rig, rig.instances[0]):
        pass
    seen = len(rig.control.reports)
    eventually(lambda: len(rig.control.reports) > seen + 2)
    assert rig.control.job().in_flight == {"s": 1}
    assert rig.ask().status_code == 200


def test_a_request_whose_caller_left_is_not_sent_again(rig: Rig) -> None:
    standby, cooling = rig.instance("s"), rig.instance("c")
    rig.control.publish_and_wait(route(standby.target(Role.STANDBY), cooling.target(Role.COOLING)))
    with hanging(rig, cooling) as caller:
        # Closed so, it is reset at once, and not only presumed gone after a second.
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert requests.get(rig.origin).ok
    cooling.kill()
    eventually(lambda: rig.control.job().lost == 1 and not rig.control.job().in_flight)


def test_requests_of_an_ended_job_are_turned_away(rig: Rig, callers: ThreadPoolExecutor) -> None:
    rig.control.publish_and_wait(route())
    asked = callers.submit(rig.ask)
    eventually(lambda: held(rig) == 1)
    rig.control.publish()
    assert asked.result().status_code == 404


def test_ending_the_gateway_finishes_what_it_holds(rig: Rig, callers: ThreadPoolExecutor) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    asked = callers.submit(rig.ask, {"do": "wait", "s": 1})
    eventually(lambda: rig.control.job().in_flight == {"s": 1})
    rig.process.send_signal(signal.SIGTERM)
    assert asked.result().status_code == 200
    assert rig.process.wait(60) == 0

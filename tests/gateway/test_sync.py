from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from aibro_jupyter.gateway.server import Gateway
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.protocol import RouteTable
from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.rig import Control, Rig, route, running


@pytest.fixture
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp("gateway"), report_s=30, quiet_report_s=30) as rig:
        yield rig


def test_a_due_wake_is_reported_at_once(rig: Rig) -> None:
    standby = rig.instance("s").target(Role.STANDBY)
    rig.control.publish_and_wait(route(standby, has_cooling=True))
    assert rig.ask().status_code == 200
    eventually(lambda: rig.control.job().requests == 1, timeout_s=20)
    assert rig.control.job().idle_s is not None


def test_a_lost_instance_is_reported_at_once(rig: Rig) -> None:
    first, second = rig.instance("a"), rig.instance("b")
    rig.control.publish_and_wait(route(first.target(Role.COOLING), second.target(Role.STANDBY)))
    first.kill()
    assert rig.ask().status_code == 200
    eventually(lambda: rig.control.job().lost >= 1, timeout_s=20)


def test_the_first_answer_of_each_instance_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("gateway"), report_s=0.05) as rig:
        rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
        assert rig.ask().ok
        eventually(lambda: "s" in rig.control.job().answered_s)
        assert rig.ask().ok
        eventually(lambda: rig.control.job().requests == 2)
        assert list(rig.control.job().answered_s) == ["s"]


def test_callers_are_told_of_a_budget(rig: Rig) -> None:
    standby = rig.instance("s").target(Role.STANDBY)
    rig.control.publish_and_wait(route(standby))
    assert "X-Aibro-Budget" not in rig.ask().headers
    rig.control.publish_and_wait(route(standby, budget="degraded"))
    assert rig.ask().headers["X-Aibro-Budget"] == "degraded"


def test_a_table_is_acknowledged_only_when_it_is_acted_on(rig: Rig) -> None:
    standby = rig.instance("s").target(Role.STANDBY)
    for _ in range(20):
        rig.control.publish_and_wait(route(standby))
        assert rig.ask().status_code == 200
        rig.control.publish_and_wait(route(standby, client_hashes=frozenset()))
        assert rig.ask().status_code == 404


def test_control_may_die_and_come_back(rig: Rig) -> None:
    standby = rig.instance("s").target(Role.STANDBY)
    rig.control.publish_and_wait(route(standby))
    port = int(rig.control.url.rpartition(":")[2])
    rig.control.stop()
    assert rig.ask().status_code == 200
    control = rig.control = Control(port)
    for _ in range(3):
        rev = control.publish(route(standby))
    eventually(lambda: rev in control.acknowledged)
    assert rig.ask().status_code == 200


def test_reports_count(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("gateway"), report_s=0.05) as rig:
        rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
        with ThreadPoolExecutor(4) as callers:
            assert all(callers.map(lambda _: rig.ask().ok, range(20)))
        rig.ask({"do": "limit"})
        eventually(lambda: rig.control.job().requests == 21 and rig.control.job().in_flight == {})
        report = rig.control.job()
        assert (report.errors, report.held, report.per_minute) == (1, 0, 21)
        assert report.p50_ms is not None
        assert report.p99_ms is not None
        assert 0 < report.p50_ms <= report.p99_ms
        assert rig.control.reports[-1].gateway_id == "gw1"


def test_requests_in_flight_are_told_of_after_their_instance_left_the_table(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running(tmp_path_factory.mktemp("gateway"), report_s=0.05) as rig, ThreadPoolExecutor(1) as callers:
        old, new = rig.instance("old"), rig.instance("new")
        rig.control.publish_and_wait(route(old.target(Role.STANDBY)))
        asked = callers.submit(rig.ask, {"do": "wait", "s": 1})
        eventually(lambda: rig.control.job().in_flight == {"old": 1})
        rev = rig.control.publish_and_wait(route(new.target(Role.STANDBY)))
        eventually(lambda: rig.control.reports[-1].rev == rev and rig.control.job().in_flight == {"old": 1})
        assert rig.ask().json()["instance"] == "new"
        assert asked.result().json()["instance"] == "old"
        eventually(lambda: rig.control.job().in_flight == {})


def test_a_job_that_ended_is_told_of_until_control_has_heard_of_it() -> None:
    async def told() -> None:
        gateway = Gateway("gw1", GatewaySettings())
        gateway.apply(RouteTable(rev=1, routes=(route(),)))
        traffic = gateway._gates["inf_1"].traffic
        traffic.came(1.0)
        traffic.answered(1.0, 0.1, traffic.own, status=503)
        gateway.apply(RouteTable(rev=2, routes=()))
        for _ in range(2):
            (job,) = gateway.report().jobs
            assert job.answers.by_tier == {"none": {"5xx": 1}}, "the report before may have been lost"
        gateway.heard()
        assert gateway.report().jobs == ()
        gateway.close()

    asyncio.run(told())

"""What gateways acknowledged and saw, and the routes they get."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from aibro_jupyter.control.engine.bell import Bell
from aibro_jupyter.control.engine.queue import Queue
from aibro_jupyter.control.engine.sync import Gateways, route, wake_expected_s
from aibro_jupyter.control.ledger.rows import Dossier, VersionState
from aibro_jupyter.errors import NotConfirmed
from aibro_jupyter.states import Phase, Role
from tests.control.rows import cooling, job, standby, version
from tests.fakes import report, traffic

P = Phase


def dossier(*instances: Any, **more: Any) -> Dossier:
    about = {"job": job(), "versions": (version(cooling="g4dn.4xlarge"),), "clients": ()}
    return Dossier(**{**about, "instances": instances, **more})


def test_confirmation_needs_every_gateway_at_that_revision() -> None:
    async def confirm() -> None:
        gateways = Gateways(("gw1", "gw2"), Bell())
        gateways.acknowledge("gw1", 5)
        gateways.acknowledge("gw2", 4)
        with pytest.raises(NotConfirmed, match="gw2"):
            await gateways.confirmed(5, 0.01)
        waiting = asyncio.create_task(gateways.confirmed(5, 60))
        await asyncio.sleep(0)
        gateways.acknowledge("gw2", 6)
        await waiting
        gateways.acknowledge("gw1", None)
        assert gateways.missing(5) == ("gw1",), "a gateway that began anew acts on nothing yet"

    asyncio.run(confirm())


def test_drained_is_every_gateway_without_it_and_nothing_in_flight() -> None:
    gateways = Gateways(("gw1", "gw2"), Bell())
    row = standby(P.STOPPING, serving_at=5.0, phase_rev=7, phase_at=100.0)

    def drained(now: float = 101.0) -> bool:
        return gateways.drained(row, now, 600)

    assert not drained()
    gateways.receive(report("gw1", 7, traffic("inf_1", in_flight={"s1": 1})), 101.0)
    gateways.receive(report("gw2", 7), 101.0)
    assert not drained(), "one is in flight"
    gateways.receive(report("gw1", 6, traffic("inf_1")), 101.0)
    assert not drained(), "gw1 may still send to it"
    gateways.receive(report("gw1", 8, traffic("inf_1", in_flight={"s1": 0, "other": 3})), 102.0)
    assert drained()
    assert Gateways(("gw1",), Bell()).drained(row, 700.0, 600), "no request lasts longer"
    assert Gateways(("gw1",), Bell()).drained(replace(row, serving_at=None), 101.0, 600), "it never served"


def test_reports_of_all_gateways_are_one_picture() -> None:
    gateways = Gateways(("gw1", "gw2"), Bell())
    assert gateways.reported_at() is None
    one = replace(traffic("inf_1", 3.0), requests=5, errors=1, per_minute=2.0, p50_ms=10.0, p99_ms=30.0)
    assert gateways.receive(report("gw1", 1, one), 100.0) == {"inf_1": 97.0}
    assert gateways.reported_at() is None
    gateways.receive(report("gw2", 1, replace(one, idle_s=None, p50_ms=None, p99_ms=90.0)), 104.0)
    assert gateways.reported_at() == 100.0
    seen = gateways.traffic("inf_1", 97.0, 104.0)
    assert (seen.requests, seen.errors, seen.per_minute, seen.p50_ms, seen.p99_ms) == (10, 2, 4.0, 10.0, 90.0)
    assert gateways.traffic("inf_2", None, 104.0).requests == 0


def test_routes_lead_to_instances_of_the_live_version_that_serve() -> None:
    up: dict[str, Any] = {"endpoint": "h:1", "token": "t"}
    known = dossier(
        standby(**up),
        standby(P.DEPLOYING, "s2", **up),
        standby(P.SERVING, "s3", version=2, **up),
        standby(P.SERVING, "s4"),
        cooling(**up),
        versions=(version(), version(2, VersionState.COMING)),
        clients=("a",),
    )
    found = route(known, 20.0)
    assert [(t.instance_id, t.role) for t in found.targets] == [("s1", Role.STANDBY), ("c1", Role.COOLING)]
    assert found.deployed
    assert not found.public
    assert len(found.client_hashes) == 1
    coming = dossier(standby(**up), versions=(version(state=VersionState.COMING),), job=job(deployed_at=None))
    assert route(coming, 20.0).targets == ()
    assert not route(coming, 20.0).deployed


def test_how_long_a_wake_still_takes() -> None:
    waking = cooling(P.CONNECTING, woken_at=100.0)
    assert wake_expected_s(dossier(standby()), 105.0) is None
    assert wake_expected_s(dossier(waking), 105.0) == 25.0
    assert wake_expected_s(dossier(standby(up_s=8.0), waking), 105.0) == 3.0
    assert wake_expected_s(dossier(standby(up_s=8.0), replace(waking, up_s=40.0)), 105.0) == 35.0
    assert wake_expected_s(dossier(replace(waking, up_s=40.0)), 500.0) == 1.0


def test_many_reasons_for_one_job_are_one_look() -> None:
    queue = Queue()
    queue.add("a", 10.0)
    queue.add("a", 5.0)
    queue.add("a", 7.0)
    queue.add("b", 6.0)
    assert queue.next_at() == 5.0
    assert queue.pop(4.9) is None
    assert queue.pop(20.0) == "a"
    queue.add("a", 8.0)
    assert queue.next_at() == 6.0
    assert queue.pop(20.0) == "b"
    assert queue.pop(20.0) is None, "a is being worked on"
    assert queue.next_at() is None
    queue.done("a")
    assert queue.pop(20.0) == "a"


def test_a_gateway_that_has_not_reported_for_long_is_named_and_one_that_never_did_counts_from_the_start() -> None:
    gateways = Gateways(("gw1", "gw2"), Bell(), since=100.0)
    gateways.receive(report("gw1", 1), 105.0)
    assert not list(gateways.silent(111.0))
    assert list(gateways.silent(112.0)) == [("gw2", 100.0)]
    assert list(gateways.silent(120.0)) == [("gw1", 105.0), ("gw2", 100.0)]
    gateways.receive(report("gw2", 1), 121.0)
    assert list(gateways.silent(121.0)) == [("gw1", 105.0)]

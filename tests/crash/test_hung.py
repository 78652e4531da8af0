"""SIGSTOP of gateway, control and agent, again and again under traffic: what hangs is replaced, and billed to its end."""

from __future__ import annotations

import signal
import time

import psutil
import requests

from aibro_jupyter.protocol import Interval
from tests.crash.conftest import Live
from tests.crash.oracle import Oracle, agents
from tests.crash.traffic import Callers
from tests.eventually import eventually

ROUNDS = 2
PER_S = 10
SURELY_S = 150
"""Longer than any recovery on a busy computer; what is documented is 30 s, and 45 s of an agent."""


def answers(live: Live) -> bool:
    return requests.post(live.url, json="probe", timeout=SURELY_S).status_code == 200


def halt(process: psutil.Process) -> None:
    process.send_signal(signal.SIGSTOP)


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def helper_hangs(live: Live, name: str) -> None:
    victim, serving = live.process(f"aibro_jupyter.{name}"), live.serving()
    halt(victim)
    eventually(lambda: has_ended(victim), timeout_s=SURELY_S)
    eventually(lambda: answers(live), timeout_s=SURELY_S)
    eventually(lambda: live.serving() == serving, timeout_s=SURELY_S)


def agent_hangs(live: Live) -> None:
    (instance,) = live.serving()
    victim = live.agent(instance)
    halt(victim)
    eventually(lambda: has_ended(victim), timeout_s=SURELY_S)
    eventually(lambda: answers(live) and instance not in live.serving(), timeout_s=SURELY_S)
    told = [event.text for event in live.control.events(live.job_id) if event.instance_id == instance]
    assert any("has not answered" in text for text in told), told


def test_what_hangs_under_traffic_is_replaced_and_billed_to_its_end(live: Live) -> None:
    broken_by_gateways: list[tuple[float, float]] = []
    with Oracle(live.home.instances) as oracle:
        with Callers(live.url, live.url, per_s=PER_S) as callers:
            for _ in range(ROUNDS):
                began = time.monotonic()
                helper_hangs(live, "gateway")
                broken_by_gateways.append((began, time.monotonic()))
                helper_hangs(live, "control")
                agent_hangs(live)
                callers.check()
        live.control.complete(live.job_id)
        eventually(lambda: not agents(live.home.instances), timeout_s=SURELY_S)

        def all_closed() -> list[Interval]:
            intervals = list(live.control.cost(live.job_id).intervals)
            return intervals if all(i.closed_ms is not None for i in intervals) else []

        assert not oracle.differences(eventually(all_closed, timeout_s=SURELY_S), within_s=1.0)
    log = callers.log
    assert not log.lost
    assert not log.refused, "the sockets stay open"
    assert log.answered > 100
    assert log.ours > 20
    stray = [at for at in log.broken if not any(began <= at <= over for began, over in broken_by_gateways)]
    assert not stray, "only what a hung gateway held breaks"

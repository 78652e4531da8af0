"""kill -9, one process after another, while the API is being called: what was accepted is answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

import aibro_jupyter
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.states import JobStatus
from tests.crash.conftest import Live, kill
from tests.eventually import eventually


def ask(live: Live, body: Any = "hello") -> requests.Response:
    return requests.post(live.url, json=body, timeout=120)


@contextmanager
def steady_traffic(live: Live) -> Iterator[list[int]]:
    """Call the API without a pause from another thread; the list holds every status it got."""
    statuses: list[int] = []
    stop = threading.Event()

    def call() -> None:
        while not stop.is_set():
            statuses.append(ask(live).status_code)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(call)
        try:
            eventually(lambda: len(statuses) > 5)
            yield statuses
            seen = len(statuses)
            eventually(lambda: len(statuses) > seen + 5 or running.done())
        finally:
            stop.set()
        running.result()


@contextmanager
def request_under_way(live: Live, gate: Path) -> Iterator[Future[requests.Response]]:
    """Start one request that waits inside the model until the gate opens."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, live, {"gate": str(gate)})
        eventually((gate / "began").exists)
        try:
            yield answer
        finally:
            (gate / "open").touch()


def test_control_dies_and_no_request_notices(live: Live) -> None:
    before, serving = live.process("aibro_jupyter.control"), live.serving()
    with steady_traffic(live) as statuses:
        kill(before)
        eventually(lambda: live.process("aibro_jupyter.control").pid != before.pid)
        eventually(lambda: live.job().status is JobStatus.DEPLOYED)
    assert set(statuses) == {200}
    assert live.serving() == serving, "the running instance is picked up, not replaced"


def test_gateway_dies_and_the_next_connection_is_served(live: Live) -> None:
    before = live.process("aibro_jupyter.gateway")
    kill(before)
    assert aibro_jupyter.predict(live.url, {"n": 1})["echo"] == {"n": 1}
    assert live.process("aibro_jupyter.gateway").pid != before.pid


def test_gateway_dies_under_our_client_and_the_client_gets_its_answer(live: Live, gate: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(aibro_jupyter.predict, live.url, {"gate": str(gate)})
        eventually((gate / "began").exists)
        kill(live.process("aibro_jupyter.gateway"))
        (gate / "open").touch()
        assert answer.result(120)["echo"] == {"gate": str(gate)}


def test_slot_dies_with_a_request_and_the_request_is_answered(live: Live, gate: Path) -> None:
    (instance,) = live.serving()
    with request_under_way(live, gate) as answer:
        kill(live.slot(instance))
        eventually(lambda: len((gate / "began").read_text().split()) == 2)
        (gate / "open").touch()
        assert answer.result(120).status_code == 200


def test_instance_dies_with_a_request_and_its_replacement_answers(live: Live, gate: Path) -> None:
    (instance,) = live.serving()
    slot = live.slot(instance)
    with request_under_way(live, gate) as answer:
        kill(live.agent(instance))
        eventually(lambda: not slot.is_running() or slot.status() == psutil.STATUS_ZOMBIE)
        eventually(lambda: len((gate / "began").read_text().split()) == 2)
        (gate / "open").touch()
        assert answer.result(120).status_code == 200
    eventually(lambda: live.serving() and live.serving() != [instance])
    (cost,) = [i for i in live.control.cost(live.job_id).intervals if i.instance_id == instance]
    assert cost.closed_ms is not None


def test_daemon_dies_and_the_next_call_brings_all_back(live: Live) -> None:
    before, serving = live.daemon, live.serving()
    helpers = [live.process("aibro_jupyter.control"), live.process("aibro_jupyter.gateway")]
    kill(psutil.Process(before.pid))
    eventually(lambda: not any(h.is_running() and h.status() != psutil.STATUS_ZOMBIE for h in helpers))
    backend()
    assert live.daemon.pid != before.pid
    assert aibro_jupyter.predict(live.url, "again")["echo"] == "again"
    assert live.serving() == serving

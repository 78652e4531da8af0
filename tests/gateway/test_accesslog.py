"""The access log: what it says of each answer, what it never says, and that the end of a gateway loses none of it."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from aibro_jupyter.protocol import Allowance
from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.rig import Rig, route, running

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
FIELDS = {
    "time", "request_id", "job_id", "model", "status", "ms", "queue_ms", "model_ms", "tier", "bytes_in", "bytes_out",
    "trace_id",
}  # fmt: skip


def lines(rig: Rig) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rig.home.access_log.read_text().splitlines()]


def of(rig: Rig, answer: requests.Response) -> dict[str, Any]:
    """The line of an answer, once it is written."""
    wanted = answer.headers["X-Aibro-Request-Id"]
    return eventually(lambda: next((line for line in lines(rig) if line["request_id"] == wanted), None))


def test_each_answer_has_a_line_that_never_tells_who_asked_or_what(tmp_path: Path) -> None:
    with running(tmp_path, access_log="true") as rig:
        rig.control.publish_and_wait(route(rig.instance("s").target(Role.COOLING)))
        before = datetime.now(UTC)
        answer = rig.ask({"do": "wait", "s": 0.02, "x": "canary"}, headers={"Traceparent": PARENT, "X-Mine": "canary"})
        line = of(rig, answer)
        assert line.keys() == FIELDS
        assert 0 <= (datetime.fromisoformat(line["time"]) - before).total_seconds() < 60
        assert line["time"].endswith("Z")
        assert (line["job_id"], line["model"], line["status"], line["tier"]) == ("inf_1", "iris", 200, "cooling")
        assert (line["bytes_in"], line["bytes_out"]) == (len(answer.request.body or ""), len(answer.content))
        assert (line["model_ms"], line["trace_id"]) == (20.0, TRACE)
        assert 0 <= line["queue_ms"] <= line["ms"]
        assert line["ms"] >= 20
        rig.control.publish_and_wait(route(deployed=False))
        own = of(rig, rig.ask())
        assert (own["status"], own["tier"], own["model_ms"], own["trace_id"]) == (503, "none", None, None)
        rig.control.publish_and_wait(route(deployed=False, allowance=Allowance(per_second=1.0)))
        refused = [rig.ask() for _ in range(3)][-1]
        assert (of(rig, refused)["status"], refused.status_code) == (429, 429)
        log = rig.home.access_log.read_text()
        assert not any(word in log for word in ("canary", "alice", "127.0.0.1", "/v1/"))
        assert rig.home.access_log.stat().st_mode & 0o777 == 0o600
        assert "alice" not in (rig.home.logs / "gateway.log").read_text()


def test_a_gateway_that_ends_writes_what_is_left(tmp_path: Path) -> None:
    with running(tmp_path, access_log="true") as rig:
        rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
        asked = [rig.ask().headers["X-Aibro-Request-Id"] for _ in range(20)]
        rig.process.send_signal(signal.SIGTERM)
        assert rig.process.wait(60) == 0
        assert [line["request_id"] for line in lines(rig)] == asked


def test_there_is_none_unless_it_is_asked_for(tmp_path: Path) -> None:
    with running(tmp_path) as rig:
        rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
        rig.ask()
        rig.process.send_signal(signal.SIGTERM)
        rig.process.wait(60)
        assert not rig.home.access_log.exists()


def test_a_log_that_cannot_be_written_costs_no_answer(tmp_path: Path) -> None:
    with running(tmp_path, access_log="true") as rig:
        rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
        rig.home.access_log.mkdir()
        rig.ask()
        eventually(lambda: "the access log cannot be written" in (rig.home.logs / "gateway.log").read_text())
        rig.home.access_log.rmdir()
        assert of(rig, rig.ask())["status"] == 200


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running(tmp_path_factory.mktemp("traced")) as rig:
        rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
        yield rig


@pytest.mark.parametrize("parent", [PARENT, PARENT[:-2] + "00", "01" + PARENT[2:], "cc" + PARENT[2:] + "-what-comes"])
def test_a_callers_trace_goes_on_to_the_instance(traced: Rig, parent: str) -> None:
    answer = traced.ask(headers={"traceparent": parent})
    assert answer.json()["traceparent"] == parent
    assert "traceparent" not in answer.headers


@pytest.mark.parametrize(
    "parent",
    [
        "",
        TRACE,
        PARENT.upper(),
        PARENT + "-more",
        PARENT + "0",
        PARENT + ", " + PARENT,
        "ff" + PARENT[2:],
        PARENT.replace(TRACE, "0" * 32),
        PARENT.replace("b7ad6b7169203331", "0" * 16),
        PARENT.replace("-", "_"),
        PARENT[1:],
    ],
)
def test_a_malformed_one_is_dropped(traced: Rig, parent: str) -> None:
    answer = traced.ask(headers={"traceparent": parent})
    assert (answer.status_code, answer.json()["traceparent"]) == (200, "")


def test_on_one_connection_each_request_has_its_own(traced: Rig) -> None:
    with requests.Session() as session:
        for parent in (PARENT, "", PARENT.replace("b7", "c7")):
            more = {"traceparent": parent} if parent else {}
            answer = session.post(traced.url(), json={}, headers=more, timeout=60)
            assert answer.json()["traceparent"] == parent

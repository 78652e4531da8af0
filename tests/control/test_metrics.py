"""``GET /metrics``: it parses, its numbers are those that there are, and nothing that is a counter ever falls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import prometheus_client
import pytest

from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.protocol import LATENCY_BOUNDS_S, AnswerCounts, GatewayReport, Limits
from aibro_jupyter.states import Phase
from tests.control.backend import GATEWAY, METRICS, OWNER, Backend
from tests.docs.markdown import DOCS
from tests.eventually import eventually
from tests.fakes import report, traffic
from tests.metrics import Scrape, scrape

BUCKETS = (0,) * 8 + (3, 1) + (0,) * 7
"""Three within half a second, one within a second."""


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    with Backend(tmp_path / "home") as running:
        yield running


def told(backend: Backend, token: str = METRICS) -> Scrape:
    return scrape(backend.url, token)


def says(
    backend: Backend, job_id: str, *, started_at: float = 1.0, held: int = 0, gateway_id: str = "gw1", **counts: object
) -> None:
    """Report as a gateway does: ``counts`` are ``AnswerCounts``."""
    job = replace(traffic(job_id, in_flight={"i": 2}), held=held, answers=AnswerCounts(**counts))  # type: ignore[arg-type]
    message: GatewayReport = replace(report(gateway_id, 0, job), started_at=started_at)
    assert backend.call("POST", "/api/gateway/report", message, token=GATEWAY).status_code == 200


def test_only_its_token_and_the_owners_read_it_and_its_own_reads_nothing_else(backend: Backend) -> None:
    for token, status in ((METRICS, 200), (OWNER, 200), (GATEWAY, 401), ("", 401), (METRICS[:-1], 401)):
        assert backend.call("GET", "/metrics", token=token).status_code == status
    assert backend.call("GET", "/metrics", token=METRICS, headers={"Host": "evil.test"}).status_code == 403
    for path in ("/api/status", "/metrics/", "/api/openapi.json", "/api/gateway/routes"):
        assert backend.call("GET", path, token=METRICS).status_code == 401, path
    assert backend.call("GET", "/metrics").headers["Content-Type"].startswith("text/plain; version=")


def test_what_gateways_report_is_told_as_their_sum(tmp_path: Path) -> None:
    with Backend(tmp_path / "home", ControlSettings(gateways=("gw1", "gw2"), confirm_s=0.1)) as backend:
        job = backend.deploy()
        of = {"job_id": job.job_id, "model": "iris"}
        assert "aibro_requests_total" not in told(backend).names, "before all have told, a sum would be too small"
        first = {"cooling": {"2xx": 3}, "none": {"5xx": 1}}
        says(backend, job.job_id, by_tier=first, buckets=BUCKETS, took_us=1_250_000, held=4)
        says(backend, job.job_id, by_tier={"cooling": {"2xx": 5, "4xx": 2}}, gateway_id="gw2")
        found = told(backend)
        assert found.value("aibro_requests_total", **of, tier="cooling", status="2xx") == 8
        assert found.value("aibro_requests_total", **of, tier="cooling", status="4xx") == 2
        assert found.value("aibro_requests_total", **of, tier="none", status="5xx") == 1
        assert found.value("aibro_requests_queued", **of) == 4
        assert found.value("aibro_requests_in_flight", **of) == 4
        duration = "aibro_request_duration_seconds"
        assert found.value(f"{duration}_sum", **of) == 1.25
        assert found.value(f"{duration}_count", **of) == 4
        by_bound = {le: found.value(f"{duration}_bucket", **of, le=le) for le in ("0.25", "0.5", "1.0", "+Inf")}
        assert by_bound == {"0.25": 0, "0.5": 3, "1.0": 4, "+Inf": 4}
        bounds = [labels["le"] for name, labels in found.samples if name == f"{duration}_bucket"]
        assert list(map(float, bounds)) == [*LATENCY_BOUNDS_S, float("inf")]


def test_a_gateway_that_began_anew_lets_nothing_fall(backend: Backend) -> None:
    job = backend.deploy()
    says(backend, job.job_id, by_tier={"standby": {"2xx": 10}}, buckets=BUCKETS, took_us=5_000_000)
    before = told(backend)
    says(backend, job.job_id, started_at=2.0)
    same = told(backend)
    assert same.counters() == before.counters()
    says(backend, job.job_id, started_at=2.0, by_tier={"standby": {"2xx": 4}}, buckets=BUCKETS, took_us=1)
    after = told(backend)
    assert all(after.counters()[name] >= value for name, value in before.counters().items())
    assert sum(value for (name, _), value in after.counters().items() if name == "aibro_requests_total") == 14


def test_instances_and_their_money_are_told_as_they_are(backend: Backend) -> None:
    job = backend.deploy(cooling="g4dn.12xlarge")
    of = {"job_id": job.job_id, "model": "iris"}
    assert backend.call("PATCH", f"/api/jobs/{job.job_id}/limits", Limits(budget_stop_micros=50_000_000)).ok
    assert backend.call("PUT", "/api/budget", Limits(budget_per_day_micros=1_000_000)).ok
    job = backend.job(f"/api/jobs/{job.job_id}")
    found = told(backend)
    for instance in job.instances:
        phase = found.those("aibro_instance_phase", instance_id=instance.instance_id, phase=instance.phase.value)
        assert list(phase.values()) == [1]
        assert len(found.those("aibro_instance_phase", instance_id=instance.instance_id)) == 1
        up = found.those("aibro_instance_up", instance_id=instance.instance_id)
        assert list(up.values()) == [1.0 if instance.phase is Phase.SERVING else 0.0]
    assert 118 * 2**20 in found.those("aibro_instance_memory_bytes", **of).values()
    spent = found.value("aibro_cost_dollars", **of, simulated="true")
    now = backend.job(f"/api/jobs/{job.job_id}").money
    assert job.money.spent_micros <= round(spent * 1e6) <= now.spent_micros
    assert found.value("aibro_cost_dollars_per_hour", **of, simulated="true") == now.micros_per_hour / 1e6
    assert found.value("aibro_budget_used_ratio", **of, limit="total") == pytest.approx(spent / 50)
    assert found.value("aibro_common_budget_used_ratio", limit="day") > 0
    assert sum(found.those("aibro_wakes_total", **of, state="done").values()) >= 1
    for part in ("provision", "load"):
        assert found.value("aibro_wake_part_seconds_count", **of, role="standby", part=part) == 1
        assert found.value("aibro_wake_part_seconds_sum", **of, role="standby", part=part) >= 0


def test_gateways_are_told_by_their_names(backend: Backend) -> None:
    assert told(backend).value("aibro_gateway_up", gateway="gw1") == 1


def test_an_ended_jobs_last_figures_are_told_for_an_hour(backend: Backend) -> None:
    job = backend.deploy()
    says(backend, job.job_id, by_tier={"standby": {"2xx": 3}})
    with backend.gateway():
        assert backend.call("POST", f"/api/jobs/{job.job_id}/complete").status_code == 200
        found = eventually(lambda: found if not (found := told(backend)).those("aibro_instance_up") else None)
    assert list(found.those("aibro_requests_total", job_id=job.job_id).values()) == [3]


def test_a_restart_of_control_goes_on_from_what_gateways_say(tmp_path: Path) -> None:
    with Backend(tmp_path / "home") as backend:
        job = backend.deploy()
        says(backend, job.job_id, by_tier={"standby": {"2xx": 3}})
        wakes = told(backend).those("aibro_wakes_total")
    with Backend(tmp_path / "home") as backend:
        assert "aibro_requests_total" not in told(backend).names
        says(backend, job.job_id, by_tier={"standby": {"2xx": 4}})
        found = told(backend)
        assert list(found.those("aibro_requests_total").values()) == [4]
        assert found.those("aibro_wakes_total") == wakes


def test_a_model_and_its_names_cannot_break_the_format(backend: Backend) -> None:
    job = backend.deploy("a.b-c_1")
    assert told(backend).value("aibro_requests_queued", job_id=job.job_id, model="a.b-c_1") == 0


def test_the_page_tells_of_every_family_and_of_no_other(backend: Backend) -> None:
    says(backend, "inf_none")
    page = (DOCS / "how-to" / "metrics.md").read_text()
    named = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\baibro_[a-z_]+", page)}
    assert named == told(backend).families


def test_nothing_of_ours_is_in_the_librarys_own_registry(backend: Backend) -> None:
    told(backend)
    # Others may tell there of paths that have our name in them.
    assert not [family.name for family in prometheus_client.REGISTRY.collect() if family.name.startswith("aibro")]

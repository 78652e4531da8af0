"""Rollback, switches, limits, drills and timelines over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aibro_jupyter.clock import now
from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol import (
    CoolingSwitch,
    DrillRequest,
    DrillView,
    JobView,
    Limits,
    LogsView,
    Refusal,
    StatusView,
    TimelineView,
    VersionRequest,
    VersionSpec,
    decode,
)
from aibro_jupyter.states import Outcome, Phase, Role
from tests.control.backend import DIGEST, GATEWAY, Backend
from tests.eventually import eventually
from tests.fakes import report, traffic


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    with Backend(tmp_path / "home", prices={}) as running, running.gateway():
        yield running


def spec_with(description: str) -> VersionSpec:
    machines = MachineConfig(standby="g4dn.4xlarge", cooling="g4dn.12xlarge")
    return VersionSpec(bundle=DIGEST, lock="", python="3.11", machines=machines, description=description)


def refused(backend: Backend, method: str, path: str, message: object = None) -> str:
    answer = backend.call(method, path, message)
    assert answer.status_code >= 400, answer.text
    return decode(answer.content, Refusal).error.code


def live(backend: Backend, job_id: str, description: str) -> JobView | None:
    job = backend.job(f"/api/jobs/{job_id}")
    serving = [i for i in job.instances if i.phase is Phase.SERVING]
    return job if job.description == description and len(serving) == 1 else None


def test_a_rollback_brings_the_version_before_up_and_back_again(backend: Backend) -> None:
    job = backend.deploy(description="first")
    path = f"/api/jobs/{job.job_id}"
    assert refused(backend, "POST", f"{path}/rollback") == "no-earlier-version"
    backend.job(f"{path}/versions", VersionRequest(version_id="v2", spec=spec_with("second")), "POST")
    eventually(lambda: live(backend, job.job_id, "second"))
    once = backend.job(f"{path}/rollback", method="POST")
    again = backend.job(f"{path}/rollback", method="POST")
    assert len(once.versions) == len(again.versions) == 3, "asked twice while it comes, it is one rollback"
    eventually(lambda: live(backend, job.job_id, "first"))
    backend.job(f"{path}/rollback", method="POST")
    back = eventually(lambda: live(backend, job.job_id, "second"))
    assert [version.state for version in back.versions] == ["live", "retired", "retired", "retired"]
    backend.job(f"{path}/complete", method="POST")
    assert refused(backend, "POST", f"{path}/rollback") == "job-ended"


def test_a_rollback_that_fails_leaves_the_live_version_and_may_be_tried_again(backend: Backend) -> None:
    job = backend.deploy(description="first")
    path = f"/api/jobs/{job.job_id}"
    backend.job(f"{path}/versions", VersionRequest(version_id="v2", spec=spec_with("second")), "POST")
    eventually(lambda: live(backend, job.job_id, "second"))
    serving = [i.instance_id for i in backend.job(path).instances if i.phase is Phase.SERVING]
    backend.provider.failing = "out of memory"
    backend.provider.healthy = frozenset(serving)
    backend.job(f"{path}/rollback", method="POST")
    failed = eventually(lambda: (seen := backend.job(path)).versions[0].state == "failed" and seen)
    assert failed.description == "second"
    backend.provider.failing = ""
    backend.job(f"{path}/rollback", method="POST")
    eventually(lambda: live(backend, job.job_id, "first"))


def test_cooling_is_switched_off_and_on(backend: Backend) -> None:
    job = backend.deploy(cooling="g4dn.12xlarge")
    path = f"/api/jobs/{job.job_id}/cooling"
    assert not job.cooling_off
    assert backend.job(path, CoolingSwitch(off=True), "POST").cooling_off
    assert backend.job(path, CoolingSwitch(off=True), "POST").cooling_off
    assert not backend.job(path, CoolingSwitch(off=False), "POST").cooling_off
    assert refused(backend, "POST", "/api/jobs/inf_none/cooling", CoolingSwitch(off=True)) == "no-such-job"
    alone = backend.deploy("alone")
    for off in (True, False):
        path = f"/api/jobs/{alone.job_id}/cooling"
        assert refused(backend, "POST", path, CoolingSwitch(off=off)) == "bad-request"


def test_limits_are_set_seen_by_host_only_and_taken_away(backend: Backend) -> None:
    job = backend.deploy()
    path = f"/api/jobs/{job.job_id}/limits"
    limits = Limits(budget_per_day_micros=5, budget_stop_micros=10**9, notify="https://hooks.example.com/s3cr3t")
    answer = backend.call("PATCH", path, limits)
    assert "s3cr3t" not in answer.text
    seen = decode(answer.content, JobView).budget
    assert seen is not None
    assert (seen.per_day_micros, seen.stop_micros, seen.notify) == (5, 10**9, "hooks.example.com")
    assert backend.job(path, Limits(), "PATCH").budget is None
    for bad in (Limits(budget_stop_micros=0), Limits(budget_per_day_micros=-1), Limits(notify="file:///etc/passwd")):
        assert refused(backend, "PATCH", path, bad) == "bad-request"


def test_one_budget_for_all_jobs_may_end_them(backend: Backend) -> None:
    job = backend.deploy()
    status = decode(backend.call("PUT", "/api/budget", Limits(until=now() - 1)).content, StatusView)
    assert status.budget is not None
    ended = eventually(lambda: seen if (seen := backend.job(f"/api/jobs/{job.job_id}")).outcome else None)
    assert (ended.outcome, ended.reason) == (Outcome.COMPLETED, "its time is over")
    assert decode(backend.call("PUT", "/api/budget", Limits()).content, StatusView).budget is None


def test_drills_break_one_instance_as_it_breaks_by_itself(backend: Backend) -> None:
    job = backend.deploy(cooling="g4dn.12xlarge")
    path = f"/api/jobs/{job.job_id}"
    assert refused(backend, "POST", f"{path}/drill", DrillRequest(kind="sleep")) == "nothing-to-drill"
    assert refused(backend, "POST", f"{path}/drill", DrillRequest(kind="flood")) == "bad-request"
    assert refused(backend, "POST", f"{path}/drill", DrillRequest(kind="spot", notice_s=-1)) == "bad-request"
    killed = decode(backend.call("POST", f"{path}/drill", DrillRequest(kind="kill")).content, DrillView)
    eventually(lambda: other_serves(backend, path, killed.instance_id))
    spot = decode(backend.call("POST", f"{path}/drill", DrillRequest(kind="spot", notice_s=2)).content, DrillView)
    assert spot.at > now()
    eventually(lambda: other_serves(backend, path, spot.instance_id))
    asked = traffic(job.job_id, 0.0)
    assert backend.call("POST", "/api/gateway/report", report("gw1", 0, asked), token=GATEWAY).status_code == 200
    cooling = eventually(lambda: serving(backend, path, Role.COOLING))
    slept = decode(backend.call("POST", f"{path}/drill", DrillRequest(kind="sleep")).content, DrillView)
    assert slept.instance_id == cooling[0]
    eventually(lambda: not serving(backend, path, Role.COOLING))
    timeline = decode(backend.call("GET", f"{path}/timeline?hours=1").content, TimelineView)
    assert {band.instance_id for band in timeline.bands} >= {killed.instance_id, spot.instance_id, slept.instance_id}
    assert timeline.from_at == job.created_at
    assert len(timeline.money) == 61


def serving(backend: Backend, path: str, role: Role) -> list[str]:
    return [i.instance_id for i in backend.job(path).instances if i.role is role and i.phase is Phase.SERVING]


def other_serves(backend: Backend, path: str, before: str) -> bool:
    up = serving(backend, path, Role.STANDBY)
    return bool(up) and before not in up


def test_a_log_is_followed(backend: Backend) -> None:
    job = backend.deploy()
    path = f"/api/jobs/{job.job_id}/logs"
    first = decode(backend.call("GET", path).content, LogsView)
    assert len(first.lines) == 2
    assert first.cursor
    nothing = decode(backend.call("GET", f"{path}?after={first.cursor}&wait_s=0").content, LogsView)
    assert (nothing.lines, nothing.cursor) == ((), first.cursor)
    assert decode(backend.call("GET", f"{path}?request=req_1").content, LogsView).lines == ()
    assert refused(backend, "GET", f"{path}?after=nonsense") == "bad-request"

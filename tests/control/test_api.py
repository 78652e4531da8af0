"""The control API over real HTTP."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from aibro_jupyter.control.api.handlers import COMPARED_AGAIN_S
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.errors import AibroError
from aibro_jupyter.machines import MachineConfig, catalogue
from aibro_jupyter.protocol import (
    ClientsUpdate,
    ClientsView,
    CostView,
    EventView,
    JobView,
    LogsView,
    MachineView,
    Refusal,
    RouteTable,
    StatusView,
    VersionRequest,
    VersionSpec,
    decode,
)
from aibro_jupyter.states import JobStatus, Phase, Role
from tests.control.backend import BUNDLE, DIGEST, GATEWAY, METRICS, OWNER, Backend, deploy_request
from tests.eventually import eventually
from tests.fakes import report, traffic


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    with Backend(tmp_path / "home") as running:
        yield running


def refused(answer: requests.Response, status: int, code: str) -> AibroError:
    body = decode(answer.content, Refusal).fact()
    assert (answer.status_code, body.code) == (status, code)
    assert answer.headers["X-Aibro-Protocol"] == "1"
    return body


# --- who may ask ------------------------------------------------------------------------------------------------------


def operations(backend: Backend) -> list[tuple[str, str, set[str]]]:
    described = backend.call("GET", "/api/openapi.json").json()
    return [
        (
            method.upper(),
            path.replace("{job_id}", "inf_x").replace("{sha256}", DIGEST),
            set().union(*operation["security"]),
        )
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]


def test_every_operation_for_every_caller(backend: Backend) -> None:
    """The role x endpoint matrix, generated from the description that is served."""
    found = operations(backend)
    assert len(found) >= 24
    known: dict[str, str | None] = {"owner": OWNER, "gateway": GATEWAY, "metrics": METRICS}
    tokens = known | {"guess": "guess", "empty": "", "nobody": None}
    for method, path, callers in found:
        for who, token in tokens.items():
            if method == "POST" and path == "/api/park" and who == "owner":
                continue
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            answer = requests.request(method, backend.url + path, headers=headers, data=b"{", timeout=30)
            assert (answer.status_code != 401) == (who in callers), (method, path, who, answer.status_code)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_foreign_host_is_refused_whatever_the_method(backend: Backend, method: str) -> None:
    for host in ("evil.test", "127.0.0.1.evil.test", "localhost@evil.test", "evil.test:80", "[::1]evil", "[::1"):
        answer = backend.call(method, "/api/status", headers={"Host": host})
        assert answer.status_code == 403, host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8642", "[::1]:1", "LOCALHOST"])
def test_this_computer_may_be_called_by_any_of_its_names(backend: Backend, host: str) -> None:
    assert backend.call("GET", "/api/status", headers={"Host": host}).status_code == 200


def test_nothing_is_said_of_unknown_places_before_the_token_is_seen(backend: Backend) -> None:
    refused(backend.call("GET", "/api/nothing", token="guess"), 401, "unauthorized")
    refused(backend.call("GET", "/api/nothing"), 404, "not-found")
    assert backend.call("DELETE", "/api/status").status_code == 405


# --- bundles ----------------------------------------------------------------------------------------------------------


def test_a_bundle_is_kept_under_its_own_digest(backend: Backend) -> None:
    path = f"/api/bundles/{DIGEST}"
    assert backend.call("HEAD", path).status_code == 404
    assert backend.call("PUT", path, BUNDLE).status_code == 201
    assert backend.call("PUT", path, BUNDLE).status_code == 200
    assert backend.call("HEAD", path).status_code == 200
    (kept,) = backend.home.bundles.iterdir()
    assert kept.read_bytes() == BUNDLE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_bytes_that_are_not_what_their_name_says_leave_nothing(backend: Backend) -> None:
    refused(backend.call("PUT", f"/api/bundles/{'1' * 64}", BUNDLE), 400, "bad-bundle")
    refused(backend.call("PUT", "/api/bundles/..%2Fx", BUNDLE), 400, "bad-bundle")
    assert list(backend.home.bundles.iterdir()) == []


def test_a_bundle_over_the_limit_leaves_nothing(tmp_path: Path) -> None:
    with Backend(tmp_path, ControlSettings(bundle_limit_bytes=10)) as backend:
        refused(backend.call("PUT", f"/api/bundles/{DIGEST}", BUNDLE), 413, "too-large")
        assert list(backend.home.bundles.iterdir()) == []


# --- jobs -------------------------------------------------------------------------------------------------------------


def test_deploy_serve_and_complete(backend: Backend) -> None:
    with backend.gateway() as gateway:
        job = backend.deploy(description="flowers")
        assert (job.status, job.description, job.public) == (JobStatus.DEPLOYED, "flowers", True)
        assert job.url == f"http://127.0.0.1:8642/v1/{job.username}/public/iris/predict"
        (route,) = eventually(lambda: [r for r in gateway.table.routes if r.targets])
        assert [target.role for target in route.targets] == [Role.STANDBY]
        assert route.deployed
        done = backend.job(f"/api/jobs/{job.job_id}/complete", method="POST")
        assert done.status is JobStatus.COMPLETED
        assert gateway.table.routes == (), "it was confirmed before the call returned"
        refused(backend.call("GET", "/api/jobs?model_name=iris"), 404, "no-such-job")
        again = backend.job(f"/api/jobs/{job.job_id}/complete", method="POST")
        assert again.outcome is done.outcome
        gone = eventually(
            lambda: [i for i in backend.job(f"/api/jobs/{job.job_id}").instances if i.phase is Phase.TERMINATED]
        )
        assert [i.substatus for i in gone] == ["TERMINATED"]
        backend.deploy(job_id="inf_second")


def test_the_same_job_id_is_the_same_job_and_a_name_is_taken_once(backend: Backend) -> None:
    backend.upload()
    wanted = deploy_request()
    assert backend.call("POST", "/api/jobs", wanted).status_code == 201
    again = backend.call("POST", "/api/jobs", wanted)
    assert again.status_code == 200
    assert decode(again.content, JobView).job_id == wanted.job_id
    error = refused(backend.call("POST", "/api/jobs", deploy_request(job_id="inf_other")), 409, "name-taken")
    assert "iris" in error.message
    assert error.fix


def test_of_many_deploys_of_one_name_exactly_one_wins(backend: Backend) -> None:
    backend.upload()
    answers: list[int] = []

    def deploy(number: int) -> None:
        answers.append(backend.call("POST", "/api/jobs", deploy_request(job_id=f"inf_{number}")).status_code)

    threads = [threading.Thread(target=deploy, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, *[409] * 15]


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"name": "my model"}, "bad-name", "my-model"),
        ({"name": "../x"}, "bad-name", "'x'"),
        ({"job_id": "nonsense"}, "bad-request", "inf_"),
        ({"standby": "c5.lage"}, "bad-machine", "c5.large"),
        ({"cooling": "g4dn.13xlarge"}, "bad-machine", "g4dn"),
        ({"on": "mars"}, "bad-request", "here"),
        ({"python": "2.7"}, "bad-request", "3.11"),
        ({"cool_down_period_s": 0}, "bad-request", "cool_down_period_s"),
        ({"request_limit_s": 0}, "bad-request", "request_limit_s"),
        ({"bundle": "2" * 64}, "bad-bundle", "2222"),
        ({"bundle": "../../etc/passwd"}, "bad-bundle", "sha256"),
        ({"client_ids": ("a", "a")}, "duplicate-clients", "twice"),
        ({"client_ids": ("public",)}, "bad-client-id", "public"),
    ],
)
def test_what_cannot_be_deployed_is_refused_with_what_to_do(
    backend: Backend, changed: dict[str, Any], code: str, says: str
) -> None:
    backend.upload()
    answer = backend.call("POST", "/api/jobs", deploy_request(**changed))
    error = refused(answer, 400, code)
    assert says in error.message + error.fix
    assert decode(backend.call("GET", "/api/status").content, StatusView).jobs == ()


def test_json_that_does_not_fit_names_the_field(backend: Backend) -> None:
    error = refused(backend.call("POST", "/api/jobs", b'{"job_id": 1}'), 400, "bad-request")
    assert "job_id" in error.message
    refused(backend.call("POST", "/api/jobs", b"\xff\xfe"), 400, "bad-request")


def test_a_message_over_the_limit_is_refused(tmp_path: Path) -> None:
    with Backend(tmp_path, ControlSettings(json_limit_bytes=100)) as backend:
        refused(backend.call("POST", "/api/jobs", b" " * 1000), 413, "too-large")


def test_a_new_version_takes_over_and_an_ended_job_takes_none(backend: Backend) -> None:
    with backend.gateway():
        job = backend.deploy()
        spec = VersionSpec(bundle=DIGEST, lock="x", python="3.11", machines=MachineConfig(standby="g4dn.12xlarge"))
        wanted = VersionRequest(version_id="v2", spec=spec)
        assert backend.job(f"/api/jobs/{job.job_id}/versions", wanted, "POST").versions[0].state == "coming"
        live = eventually(
            lambda: [v for v in backend.job(f"/api/jobs/{job.job_id}").versions if (v.version, v.state) == (2, "live")]
        )
        assert live[0].spec == replace(spec, lock="")
        assert len(backend.job(f"/api/jobs/{job.job_id}/versions", wanted, "POST").versions) == 2, "a retry is the same"
        backend.call("POST", f"/api/jobs/{job.job_id}/complete")
        other = VersionRequest(version_id="v3", spec=spec)
        refused(backend.call("POST", f"/api/jobs/{job.job_id}/versions", other), 409, "job-ended")


def test_a_long_poll_answers_when_the_job_changes_and_not_before(backend: Backend) -> None:
    with backend.gateway():
        job = backend.deploy()
        same = backend.job(f"/api/jobs/{job.job_id}?after={10**9}&wait_s=0.1")
        assert same.job_id == job.job_id
        answers: list[JobView] = []
        rev = eventually(lambda: backend.job(f"/api/jobs/{job.job_id}").rev)
        poll = threading.Thread(
            target=lambda: answers.append(backend.job(f"/api/jobs/{job.job_id}?after={rev}&wait_s=60"))
        )
        poll.start()
        backend.call("POST", f"/api/jobs/{job.job_id}/complete")
        poll.join(60)
        assert answers[0].rev > rev
        refused(backend.call("GET", f"/api/jobs/{job.job_id}?after=soon"), 400, "bad-request")


# --- clients ----------------------------------------------------------------------------------------------------------


def test_clients_are_updated_at_the_gateways_before_the_call_returns(backend: Backend) -> None:
    with backend.gateway() as gateway:
        job = backend.deploy(client_ids=("team-a-7f3k9q2m", "b/ü"))
        path = f"/api/jobs/{job.job_id}/clients"
        listed = decode(backend.call("GET", path).content, ClientsView)
        assert listed.client_ids == ("team-a-7f3k9q2m", "b/ü")
        assert listed.urls[1].endswith("/b%2F%C3%BC/iris/predict")
        assert "7f3k" not in backend.call("GET", f"/api/jobs/{job.job_id}").text
        assert "team-a-••••" in backend.job(f"/api/jobs/{job.job_id}").url
        before = gateway.table.routes[0].client_hashes
        update = ClientsUpdate(add=("carol",), remove=("b/ü", "never there"))
        after = decode(backend.call("PATCH", path, update).content, ClientsView)
        assert after.client_ids == ("team-a-7f3k9q2m", "carol")
        assert gateway.table.routes[0].client_hashes != before
        refused(backend.call("PATCH", path, ClientsUpdate(add=("dora", "carol"))), 400, "duplicate-clients")
        both = ClientsUpdate(remove=("carol", "team-a-7f3k9q2m"))
        error = refused(backend.call("PATCH", path, both), 400, "would-become-public")
        assert "be_public" in error.fix
        assert "complete" in error.fix
        assert decode(backend.call("GET", path).content, ClientsView).client_ids == ("team-a-7f3k9q2m", "carol")
        opened = decode(backend.call("PATCH", path, ClientsUpdate(be_public=True)).content, ClientsView)
        assert opened.public
        assert opened.urls[0].endswith("/public/iris/predict")


def test_without_a_gateway_the_change_is_written_but_said_to_be_unconfirmed(tmp_path: Path) -> None:
    with Backend(tmp_path, ControlSettings(confirm_s=0.2, gateways=("gw1", "gw2"), hurry_s=0.02)) as backend:
        job = backend.deploy()
        path = f"/api/jobs/{job.job_id}"
        with backend.gateway("gw1"):
            error = refused(backend.call("PATCH", f"{path}/clients", ClientsUpdate(add=("a",))), 504, "not-confirmed")
            assert "gw2" in error.message
            assert "gw1" not in error.message
        assert decode(backend.call("GET", f"{path}/clients").content, ClientsView).client_ids == ("a",)
        refused(backend.call("POST", f"{path}/complete"), 504, "not-confirmed")
        assert backend.job(path).status is JobStatus.COMPLETED
        assert backend.job(f"{path}/complete", method="POST").status is JobStatus.COMPLETED


def test_an_ended_job_keeps_its_clients_as_they_were(backend: Backend) -> None:
    with backend.gateway():
        job = backend.deploy(client_ids=("a",))
        backend.call("POST", f"/api/jobs/{job.job_id}/complete")
        answer = backend.call("PATCH", f"/api/jobs/{job.job_id}/clients", ClientsUpdate(add=("b",)))
        refused(answer, 409, "job-ended")


# --- gateways ---------------------------------------------------------------------------------------------------------


def test_a_request_that_a_gateway_reports_wakes_the_cooling_instance(backend: Backend) -> None:
    with backend.gateway() as gateway:
        job = backend.deploy(cooling="g4dn.12xlarge")
        eventually(lambda: [r for r in gateway.table.routes if r.targets])
        standby = gateway.table.routes[0].targets[0].instance_id

        def woken() -> bool:
            gateway.say(report("gw1", gateway.table.rev, traffic(job.job_id, 0.0, {standby: 1})))
            return any(t.role is Role.COOLING for r in gateway.table.routes for t in r.targets)

        eventually(woken)
        view = backend.job(f"/api/jobs/{job.job_id}")
        assert view.traffic.last_request_at is not None
        assert {i.role for i in view.instances} == {Role.STANDBY, Role.COOLING}


def test_an_unknown_gateway_is_told_so(backend: Backend) -> None:
    refused(backend.call("GET", "/api/gateway/routes?gateway=gw9", token=GATEWAY), 404, "not-found")
    refused(backend.call("POST", "/api/gateway/report", report("gw9"), token=GATEWAY), 404, "not-found")


def test_a_gateway_from_another_life_gets_the_table_at_once(backend: Backend) -> None:
    """Its revision is another database's: it acknowledges nothing here."""
    job = backend.deploy()
    answer = backend.call("GET", "/api/gateway/routes?gateway=gw1&after=99999&wait_s=60", token=GATEWAY)
    assert decode(answer.content, RouteTable).rev < 99999
    assert backend.call("POST", "/api/gateway/report", report("gw1", 99999), token=GATEWAY).status_code == 200
    refused(backend.call("POST", f"/api/jobs/{job.job_id}/complete"), 504, "not-confirmed")


# --- the whole --------------------------------------------------------------------------------------------------------


def test_status_has_an_etag_and_answers_304_until_something_changes(backend: Backend) -> None:
    with backend.gateway():
        job = backend.deploy()
        first = eventually(lambda: _unchanged(backend))
        view = decode(first.content, StatusView)
        assert view.reach == "this computer"
        assert [j.job_id for j in view.jobs] == [job.job_id]
        mark, as_of = first.headers["ETag"].strip('"').split("@")
        assert mark.startswith(f"{view.rev}-")
        aged = f'"{mark}@{int(as_of) - int(COMPARED_AGAIN_S) - 1}"'
        anew = backend.call("GET", "/api/status", headers={"If-None-Match": aged})
        assert anew.status_code == 200, "sums that grow by themselves are told anew"
        backend.call("POST", f"/api/jobs/{job.job_id}/complete")
        changed = backend.call("GET", "/api/status", headers={"If-None-Match": first.headers["ETag"]})
        assert changed.status_code == 200


def _unchanged(backend: Backend) -> requests.Response | None:
    first = backend.call("GET", "/api/status")
    second = backend.call("GET", "/api/status", headers={"If-None-Match": first.headers["ETag"]})
    return first if second.status_code == 304 and not second.content else None


def test_events_cost_logs_and_machines(backend: Backend) -> None:
    job = backend.deploy()
    events = decode(backend.call("GET", f"/api/jobs/{job.job_id}/events").content, tuple[EventView, ...])
    assert [event.kind for event in events if event.kind != "phase"] == ["job", "version"]
    assert [e.text for e in events if e.kind == "phase"][:2] == [
        "standby: REQUESTING g4dn.4xlarge.od",
        "standby: CONNECTING",
    ]
    cost = decode(backend.call("GET", f"/api/jobs/{job.job_id}/cost").content, CostView)
    assert [i.micros_per_hour for i in cost.intervals] == [1_200_000]
    assert cost.money.simulated
    logs = decode(backend.call("GET", f"/api/jobs/{job.job_id}/logs?lines=1").content, LogsView)
    assert [line.split(" ", 1)[1] for line in logs.lines] == ["ready"]
    machines = decode(backend.call("GET", "/api/machines").content, tuple[MachineView, ...])
    assert {m.machine_id for m in machines} >= {"c5.large.od", "g4dn.4xlarge", "g4dn.4xlarge.od"}
    assert len(machines) == 2 * len(catalogue())


def test_the_logs_of_a_canceled_job_still_tell_why(tmp_path: Path) -> None:
    with Backend(tmp_path, failing="Traceback:\nValueError: no such column") as backend:
        job = backend.deploy()
        assert (job.status, job.reason) == (JobStatus.CANCELED, "Traceback:\nValueError: no such column")
        logs = decode(backend.call("GET", f"/api/jobs/{job.job_id}/logs").content, LogsView)
        assert logs.lines[-1].endswith("ValueError: no such column")


def test_a_lock_is_resolved_and_bad_requirements_are_named(backend: Backend) -> None:
    body = {"requirements": "", "python": "3.11"}
    assert backend.call("POST", "/api/locks", body).json()["python"] == "3.11"
    refused(backend.call("POST", "/api/locks", {"requirements": "", "python": "3.99"}), 422, "no-interpreter")
    refused(backend.call("POST", "/api/locks", {"requirements": "", "python": "../x"}), 400, "bad-request")
    bad = {"requirements": "this is no requirement !!", "python": "3.11"}
    assert "!!" in refused(backend.call("POST", "/api/locks", bad), 422, "bad-requirements").message


def test_park_stops_everything_keeps_the_jobs_and_refuses_new_ones(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, backend.gateway():
        job = backend.deploy()
        parked = decode(backend.call("POST", "/api/park").content, StatusView)
        assert parked.parked
        assert [i.phase for i in parked.jobs[0].instances] == [Phase.STOPPED]
        assert parked.jobs[0].money.micros_per_hour == 0
        refused(backend.call("POST", "/api/jobs", deploy_request("other")), 503, "backend-down")
    with Backend(tmp_path) as back:
        back.provider.machines = backend.provider.machines
        serving = eventually(
            lambda: [i for i in back.job(f"/api/jobs/{job.job_id}").instances if i.phase is Phase.SERVING]
        )
        assert serving[0].instance_id == job.instances[0].instance_id


def test_a_mistake_of_ours_costs_one_answer_and_tells_nothing(backend: Backend) -> None:
    job = backend.deploy()
    backend.provider.logs = None  # type: ignore[assignment]
    error = refused(backend.call("GET", f"/api/jobs/{job.job_id}/logs"), 500, "error")
    assert "NoneType" not in error.message + error.fix + error.details
    assert backend.call("GET", "/api/status").status_code == 200


def test_money_is_unknown_where_a_price_is(tmp_path: Path) -> None:
    with Backend(tmp_path, prices={}) as backend:
        assert backend.deploy().money.unknown


def test_the_database_is_the_owners_alone(backend: Backend) -> None:
    assert stat.S_IMODE(backend.home.database.stat().st_mode) == 0o600


def test_openapi_describes_every_message(backend: Backend) -> None:
    described = backend.call("GET", "/api/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    assert {"JobView", "StatusView", "RouteTable", "Refusal"} <= set(described["components"]["schemas"])
    for operations_of in described["paths"].values():
        for operation in operations_of.values():
            assert operation["summary"]


JUNK = (
    "",
    "-1",
    "9" * 20,
    "9" * 5000,
    "1e400",
    "nan",
    "-inf",
    "inf",
    "%00",
    "%FF%FE",
    "%ED%A0%80",
    "%F0%9F%90%8D",
    "a:b,c",
)


@pytest.mark.parametrize("wrong", JUNK)
def test_no_query_path_or_client_id_makes_control_fail(backend: Backend, wrong: str) -> None:
    job = f"/api/jobs/{backend.deploy(f'm{JUNK.index(wrong)}').job_id}"
    for query in (
        "?after=%s&wait_s=0",
        "/logs?lines=%s",
        "/logs?after=%s&wait_s=0",
        "/logs?request=%s",
        "/logs?wait_s=%s",
    ):
        if (query, wrong) == ("/logs?wait_s=%s", "inf"):
            continue
        assert backend.call("GET", job + query.replace("%s", wrong)).status_code < 500, query
    for path in ("/timeline?hours=%s", "/events?%s", "/cost?%s", "/clients/%s", "/%s"):
        assert backend.call("GET", job + path.replace("%s", wrong)).status_code < 500, path
    for query in ("?gateway=%s&wait_s=0", "?gateway=g&after=%s&wait_s=0"):
        path = "/api/gateway/routes" + query.replace("%s", wrong)
        assert backend.call("GET", path, token=GATEWAY).status_code < 500, path
    for client in (wrong, "\\ud800", "\\u0000", "é"):
        body = f'{{"add": ["{client}"], "remove": ["{client}"]}}'.encode()
        assert backend.call("PATCH", f"{job}/clients", body).status_code < 500, client

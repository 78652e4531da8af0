"""Control as a process: on an inherited socket, killed with -9, with real instances of this computer."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import requests

from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol import DeployRequest, JobView, VersionSpec, decode, encode
from aibro_jupyter.repo.bundle import pack
from aibro_jupyter.states import JobStatus, Phase
from tests.backends import processes_of, tiny_repo
from tests.control.conftest import Control
from tests.eventually import eventually


def deploy(control: Control, repo: Path) -> str:
    bundle = pack(repo, repo.parent)
    assert control.call("PUT", f"/api/bundles/{bundle.sha256}", bundle.path.read_bytes()).status_code == 201
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    lock = control.call("POST", "/api/locks", encode({"requirements": "", "python": minor})).json()["lock"]
    machines = MachineConfig(standby="c5.large")
    spec = VersionSpec(bundle=bundle.sha256, lock=lock, python=minor, machines=machines, request_limit_s=1)
    request = DeployRequest(job_id="inf_tiny", model_name="tiny", spec=spec)
    answer = control.call("POST", "/api/jobs", encode(request))
    assert answer.status_code == 201, answer.text
    return request.job_id


def test_killed_in_the_midst_of_a_deploy_it_carries_on_and_leaves_nothing(control: Control, tmp_path: Path) -> None:
    job_id = deploy(control, tiny_repo(tmp_path / "repo"))
    assert control.end(signal.SIGKILL) == -signal.SIGKILL
    control.start()

    def job() -> JobView:
        return decode(control.call("GET", f"/api/jobs/{job_id}").content, JobView)

    view = eventually(lambda: next((v for v in [job()] if v.status is JobStatus.DEPLOYED), None), timeout_s=120)
    (instance,) = view.instances
    control.end(signal.SIGKILL)
    control.start()
    again = job()
    assert [i.instance_id for i in again.instances] == [instance.instance_id], "it serves on, nothing is doubled"
    assert again.url.startswith("http://127.0.0.1:8642/v1/")
    assert control.call("POST", f"/api/jobs/{job_id}/complete").status_code == 504, "no gateway runs here"
    eventually(lambda: all(i.phase is Phase.TERMINATED for i in job().instances), timeout_s=120)
    (interval,) = control.call("GET", f"/api/jobs/{job_id}/cost").json()["intervals"]
    assert interval["closed_ms"] > interval["opened_ms"]
    assert not (control.home.instances / instance.instance_id).exists()
    assert control.end(signal.SIGTERM) == 0
    eventually(lambda: not processes_of(control.home), timeout_s=60)
    log = (control.home.logs / "control.log").read_text()
    assert "secret_" not in log
    assert "Traceback" not in log


def test_it_ends_on_sigterm_though_somebody_polls(control: Control) -> None:
    assert control.status().username
    with requests.Session() as session:
        headers = {"Authorization": "Bearer secret_gateway"}
        url = f"{control._url}/api/gateway/routes?gateway=gw1&wait_s=60"
        rev = session.get(url, headers=headers, timeout=60).json()["rev"]
        with socket.create_connection(control._sock.getsockname()) as poll:
            path = f"/api/gateway/routes?gateway=gw1&wait_s=60&after={rev}"
            poll.sendall(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret_gateway\r\n\r\n".encode()
            )
            control.status()
            assert control.end(signal.SIGTERM) == 0


def test_a_setting_that_does_not_fit_is_said_and_ends_it(control: Control) -> None:
    control.status()
    control.end(signal.SIGTERM)
    control.home.settings_file.write_text("colour = 1")
    assert control.start().wait(60) == 1
    assert "colour" in (control.home.logs / "control.log").read_text()


def test_the_home_and_its_files_are_the_owners_alone(control: Control) -> None:
    control.status()
    for path in (control.home.root, *control.home.root.glob("aibro.db*")):
        assert path.stat().st_mode & 0o077 == 0, path

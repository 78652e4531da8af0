"""Control as a process: on an inherited socket, killed with -9, with real instances of this computer."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from aibro_jupyter.home import Home, write_private
from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol import DeployRequest, JobView, StatusView, VersionSpec, decode, encode
from aibro_jupyter.repo.bundle import pack
from aibro_jupyter.states import JobStatus, Phase
from tests.backends import processes_of, tiny_repo
from tests.eventually import eventually


class Control:
    """Starts ``python -m aibro_jupyter.control`` as the daemon does, on a socket that outlives it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._sock = socket.create_server(("127.0.0.1", 0))
        self._url = f"http://127.0.0.1:{self._sock.getsockname()[1]}"
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"AIBRO_HOME": str(self.home.root), "AIBRO_CONFIRM_S": "0.2"}
        fd = self._sock.fileno()
        with (self.home.logs / "control.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aibro_jupyter.control", "--fd", str(fd)],
                pass_fds=[fd],
                env=environment,
                stderr=log,
            )
        return self.process

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def call(self, method: str, path: str, body: bytes | None = None) -> requests.Response:
        headers = {"Authorization": "Bearer secret_owner"}
        return requests.request(method, self._url + path, data=body, headers=headers, timeout=60)

    def status(self) -> StatusView:
        return decode(self.call("GET", "/api/status").content, StatusView)

    def close(self) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        self._sock.close()


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    home = Home(tmp_path / "home").make()
    write_private(home.token_file, "secret_owner\n")
    write_private(home.gateway_token_file, "secret_gateway\n")
    (home.root / "gateway_port").write_text("8642\n")
    one = Control(home)
    yield one
    one.close()


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


def test_junk_never_fails_control_and_never_fills_its_log(control: Control) -> None:
    control.status()
    chance = random.Random(9)
    for number in range(2_000):
        answer = told(control, request := junk(chance, number))
        assert not answer.startswith(b"HTTP/1.1 5"), request
    assert control.status().username
    log = (control.home.logs / "control.log").read_bytes()
    assert len(log) < 100_000
    assert b"secret_" not in log
    assert b"Traceback" not in log
    assert b"requests that could not be read" in log


def told(control: Control, request: bytes) -> bytes:
    """Return what control answers to bytes as they are; nothing more is said."""
    answer = b""
    with socket.create_connection(control._sock.getsockname(), timeout=60) as caller, suppress(ConnectionError):
        caller.sendall(request)
        while data := caller.recv(65536):
            answer += data
    return answer


NUMBERS = (
    b"-1",
    b"99999999999999999999",
    b"1e400",
    b"nan",
    b"-inf",
    b"%00",
    b"%F0%9F%90%8D",
    b"%ED%A0%80",
    b"9" * 5000,
)
PATHS = (
    b"/api/jobs?model_name=%s",
    b"/api/jobs/%s",
    b"/api/jobs/%s/clients",
    b"/api/jobs/%s/cost",
    b"/api/jobs/%s/logs?after=%s&wait_s=0",
    b"/api/jobs/inf_x/timeline?hours=%s",
    b"/api/bundles/%s",
    b"/api/gateway/routes?gateway=%s&after=%s&wait_s=0",
    b"/%s",
)


def junk(chance: random.Random, number: int) -> bytes:
    """Return a request that is wrong in one of many ways, the owner's token in each."""
    wrong = chance.choice((bytes(chance.choices(range(0x80, 0x100), k=8)), *NUMBERS))
    path = PATHS[number % len(PATHS)]
    path = path.replace(b"%s", wrong)
    owner = b"secret_gateway" if b"gateway" in path else b"secret_owner"
    good = b"Host: localhost\r\nAuthorization: Bearer " + owner + b"\r\nConnection: close\r\n"
    match number % 7:
        case 0:
            return b"GET " + path + b" HTTP/1.1\r\n" + good + b"\r\n"
        case 1:
            return (
                b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                + wrong
                + b"\r\nConnection: close\r\n\r\n"
            )
        case 2:
            return b"GET /api/status HTTP/1.1\r\n" + good + b"Auth\xff: Bearer secret_owner\r\n\r\n"
        case 3:
            return b"GET /api/status HTTP/1.1\r\n" + good + b"Bearer secret_owner " + wrong + b"\r\n\r\n"
        case 4:
            body = b'{"job_id": "' + wrong + b'\\ud800", "model_name": "\\ud83d"}'
            head = b"POST /api/jobs HTTP/1.1\r\n" + good + b"Content-Length: %d\r\n\r\n" % len(body)
            return head + body
        case 5:
            return (
                b"GET /api/status HTTP/1.1\r\nHost: "
                + wrong
                + b"\r\nConnection: close\r\nAuthorization: Bearer secret_owner\r\n\r\n"
            )
        case _:
            return wrong + b" secret_owner HTTP/9\r\n\r\n"


@pytest.mark.parametrize("token", [b"\xff", b"secret_owner\xff", "schlüssel".encode(), b""])
def test_a_token_that_is_no_text_is_a_wrong_one(control: Control, token: bytes) -> None:
    control.status()
    request = (
        b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
        + token
        + b"\r\nConnection: close\r\n\r\n"
    )
    assert told(control, request).startswith(b"HTTP/1.1 401")

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess

import psutil
import pytest
import requests

from aibro_jupyter import detach, lifeline
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.errors import BackendDown, PortTaken
from aibro_jupyter.home import Home
from tests.backends import child_of_daemon, info, processes_of
from tests.eventually import eventually


def test_the_first_start_makes_tokens_that_only_the_owner_reads(home: Home) -> None:
    backend()
    made = {home.token_file: "secret_", home.gateway_token_file: "gateway_", home.metrics_token_file: "metrics_"}
    for file, prefix in made.items():
        assert file.read_text().startswith(prefix)
        assert len(file.read_text()) >= len(prefix) + 43
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.daemon_json.stat().st_mode) == 0o600
    assert len({file.read_text().partition("_")[2] for file in made}) == 3


def test_no_token_and_no_stray_variable_is_in_any_argument_or_environment(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("MY_CLOUD_SECRET", "hush")
    backend()
    secrets = {
        home.token_file.read_text(),
        home.gateway_token_file.read_text(),
        home.metrics_token_file.read_text(),
        "hush",
    }
    daemon = psutil.Process(info(home).pid)
    for process in (daemon, child_of_daemon(home, "control"), child_of_daemon(home, "gateway")):
        environ = process.environ()
        told = " ".join([*process.cmdline(), *environ.values()])
        assert not [secret for secret in secrets if secret in told]
        assert "PYTHONDONTWRITEBYTECODE" not in environ
        assert process.cwd() == str(home.root)
        assert os.getsid(process.pid) == process.pid


def test_a_killed_control_comes_back_and_no_connection_is_refused_meanwhile(home: Home) -> None:
    control = backend()
    before = child_of_daemon(home, "control")
    before.kill()
    assert control.status().version
    assert child_of_daemon(home, "control").pid != before.pid
    assert info(home).control_url == control.url


def test_a_killed_gateway_comes_back_on_its_port(home: Home) -> None:
    backend()
    url, before = info(home).gateway_url, child_of_daemon(home, "gateway")
    before.kill()
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{url}/v1/nobody/public/nothing/predict", timeout=60).status_code in (404, 405)
    assert child_of_daemon(home, "gateway").pid != before.pid


def test_a_daemon_that_is_killed_takes_its_children_with_it_and_the_next_start_takes_over(home: Home) -> None:
    control = backend()
    daemon = psutil.Process(info(home).pid)
    family = [daemon, child_of_daemon(home, "control"), child_of_daemon(home, "gateway")]
    gateway_url, token = info(home).gateway_url, info(home).token
    daemon.kill()
    eventually(lambda: all(lifeline.living(process.pid) is None for process in family))
    assert home.daemon_json.exists()
    with pytest.raises(BackendDown):
        backend(start=False)
    again = backend()
    assert again.status().version
    assert info(home).gateway_url == gateway_url
    assert info(home).token == token
    control.close()


def test_sigterm_ends_all_and_leaves_no_description(home: Home) -> None:
    backend()
    os.kill(info(home).pid, signal.SIGTERM)
    eventually(lambda: not processes_of(home))
    assert not home.daemon_json.exists()
    assert not lifeline.is_held(home.daemon_lock)


def test_the_port_of_the_apis_is_kept_and_when_taken_that_is_said(home: Home) -> None:
    backend()
    port = int((home.root / "gateway_port").read_text())
    assert info(home).gateway_url == f"http://127.0.0.1:{port}"
    down()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortTaken, match=str(port)) as taken:
        backend()
    assert "gateway_port" in taken.value.fix
    assert backend().status().version


def test_a_second_daemon_in_the_same_home_leaves_the_first_alone(home: Home) -> None:
    backend()
    second = subprocess.run(
        detach.module("aibro_jupyter.daemon"), env=detach.environment(), capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 1
    assert "already" in second.stderr
    assert backend(start=False).status().version


def test_a_control_that_never_comes_up_is_told_with_its_own_words(home: Home) -> None:
    home.make()
    home.settings_file.write_text("no_such_setting = 1\n")
    with pytest.raises(BackendDown) as failed:
        backend()
    assert "no_such_setting" in failed.value.details
    assert not lifeline.is_held(home.daemon_lock)

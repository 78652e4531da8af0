from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import pytest

from aibro_jupyter.client.connection import Connection
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import BackendDown, BadBundle, NoSuchJob, Unauthorized
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import Limits, Progress
from tests.backends import info


def test_a_status_that_did_not_change_is_not_sent_again(home: Home) -> None:
    control = backend()
    assert control.status().jobs == ()
    assert control.changed_status() is None
    control.limit_all(Limits(budget_per_day_micros=5_000_000))
    changed = control.changed_status()
    assert changed is not None
    assert changed.budget is not None
    assert control.changed_status() is None


def test_an_upload_tells_how_far_it_is_and_is_known_afterwards(home: Home, tmp_path: Path) -> None:
    control = backend()
    content = os.urandom(3_000_000)
    (tmp_path / "archive").write_bytes(content)
    sha256, told = hashlib.sha256(content).hexdigest(), list[Progress]()
    assert not control.has_bundle(sha256)
    control.put_bundle(tmp_path / "archive", sha256, told.append)
    assert control.has_bundle(sha256)
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert told[-1].done == told[-1].total == len(content)
    assert told[-1].unit == "bytes"


def test_an_archive_that_is_not_what_it_says_is_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(b"something else")
    with pytest.raises(BadBundle):
        backend().put_bundle(tmp_path / "archive", "0" * 64)


def test_a_refusal_comes_back_as_the_error_it_is(home: Home) -> None:
    control = backend()
    with pytest.raises(NoSuchJob):
        control.job("inf_unknown")
    with pytest.raises(NoSuchJob):
        control.job_named("nobody")
    with pytest.raises(Unauthorized):
        ControlClient(control.url, "secret_wrong").machines()


def test_neither_a_proxy_nor_a_netrc_comes_between(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend()
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login them password theirs\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ControlClient(info(home).control_url, info(home).token).status().version


def test_nobody_there_is_said_with_what_to_do(home: Home) -> None:
    with pytest.raises(BackendDown, match="cannot be reached") as failed:
        ControlClient("http://127.0.0.1:9", "secret_x").machines()
    assert "aibro up" in failed.value.fix
    assert "secret_x" not in repr(ControlClient("http://127.0.0.1:9", "secret_x"))


def test_one_that_runs_but_says_nothing_is_told_from_one_that_does_not_run() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(BackendDown, match="does not answer in time") as here:
            Connection(url, "secret_x").call("GET", "/api/status", answer_s=0.2)
        assert "started again by itself" in here.value.fix
        with pytest.raises(BackendDown) as shared:
            Connection(url, "secret_x", "ask its owner").call("GET", "/api/status", answer_s=0.2)
    assert shared.value.fix == "ask its owner"

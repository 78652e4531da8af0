from __future__ import annotations

import json
import stat
import subprocess
import sys

import psutil
import pytest

from aibro_jupyter import lifeline
from aibro_jupyter.client.ensure import backend, down, login, logout
from aibro_jupyter.errors import BackendDown, BadRequest, Unauthorized, VersionSkew
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import PROTOCOL
from tests.backends import info, processes_of

ASK = "from aibro_jupyter.client.ensure import backend; import sys; sys.stdout.write(backend().url)"


def test_without_a_backend_a_reader_starts_none(home: Home) -> None:
    with pytest.raises(BackendDown, match="no backend runs"):
        backend(start=False)
    assert not home.root.exists()
    assert down() == []


def test_sixteen_notebooks_at_once_start_one_backend(home: Home) -> None:
    racing = [subprocess.Popen([sys.executable, "-c", ASK], stdout=subprocess.PIPE, text=True) for _ in range(16)]
    urls = {one.communicate(timeout=240)[0] for one in racing}
    assert urls == {info(home).control_url}
    daemons = [line for line in processes_of(home) if "aibro_jupyter.daemon" in line]
    assert len(daemons) == 1


def test_the_backend_is_nobodys_child(home: Home) -> None:
    backend()
    assert psutil.Process(info(home).pid) not in psutil.Process().children(recursive=True)


def test_down_ends_it_and_up_brings_the_same_home_back(home: Home) -> None:
    first = backend().status()
    assert any("backend" in line for line in down())
    assert processes_of(home) == []
    assert down() == []
    again = backend().status()
    assert first is not None
    assert again is not None
    assert again.gateway_url == first.gateway_url


def test_another_protocol_is_told_with_both_versions_and_both_paths(home: Home) -> None:
    backend()
    said = json.loads(home.daemon_json.read_text()) | {
        "protocol": PROTOCOL + 1,
        "version": "9.9",
        "python": "/their/python",
    }
    home.daemon_json.write_text(json.dumps(said))
    with pytest.raises(VersionSkew) as skewed:
        backend()
    told = str(skewed.value)
    assert all(part in told for part in ("9.9", "/their/python", sys.executable, "aibro down"))
    assert down()
    assert not lifeline.is_held(home.daemon_lock)


def test_a_shared_backend_needs_its_token(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    backend()
    url, token = info(home).control_url, info(home).token
    monkeypatch.setenv("AIBRO_URL", url)
    with pytest.raises(Unauthorized, match="wants a token"):
        backend()
    monkeypatch.setenv("AIBRO_TOKEN", "secret_wrong")
    with pytest.raises(Unauthorized):
        backend()
    monkeypatch.setenv("AIBRO_TOKEN", token)
    assert backend().status().version
    with pytest.raises(BadRequest, match="shared"):
        down()


def test_a_login_is_remembered_for_its_owner_alone_and_never_when_refused(home: Home) -> None:
    backend()
    url, token = info(home).control_url, info(home).token
    with pytest.raises(Unauthorized):
        login(url, "secret_wrong")
    assert not (home.root / "login.json").exists()
    login(url, token)
    assert stat.S_IMODE((home.root / "login.json").stat().st_mode) == 0o600
    assert backend(start=False).url == url
    logout()
    logout()
    assert not (home.root / "login.json").exists()


def test_a_shared_backend_that_is_away_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIBRO_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AIBRO_TOKEN", "secret_x")
    with pytest.raises(BackendDown, match="cannot be reached"):
        backend()


def test_windows_is_pointed_at_wsl(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(BackendDown, match="WSL"):
        backend()

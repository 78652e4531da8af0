"""A private package index that pip knows is asked by the environment builder too, and its password shown nowhere."""

from __future__ import annotations

import base64
import http.server
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aibro_jupyter.envs import ensure, resolve
from aibro_jupyter.envs.pipconfig import pip_settings
from aibro_jupyter.envs.uv import uv_environment
from aibro_jupyter.errors import BadRequirements

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
NAME, PASSWORD = "aibro_private_thing", "canary-password-93f1"
INDEX = """[global]
extra-index-url =
    {url}
"""


def wheel(folder: Path) -> str:
    folder.mkdir(parents=True)
    info = f"{NAME}-1.0.dist-info"
    file = f"{NAME}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder / file, "w") as archive:
        archive.writestr(f"{NAME}.py", "answer = 42\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return file


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """A private index that wants a name and a password; yields its URL with both."""
    file = wheel(tmp_path / "files")
    wanted = "Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers.get("Authorization") == wanted
            page = self.path.rstrip("/") == f"/simple/{NAME.replace('_', '-')}"
            data = (
                f'<a href="/files/{file}">{file}</a>'.encode()
                if page
                else (tmp_path / "files" / file).read_bytes()
                if self.path == f"/files/{file}"
                else None
            )
            self.send_response(401 if not allowed else 404 if data is None else 200)
            self.send_header("Content-Type", "text/html" if page else "application/octet-stream")
            self.send_header("Content-Length", str(len(data or b"") if allowed else 0))
            self.end_headers()
            if allowed and data:
                self.wfile.write(data)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://me:{PASSWORD}@127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pip_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: str) -> Path:
    file = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text(INDEX.format(url=index))
    cache = os.environ.get("UV_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "PIP_CONFIG_FILE", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    return file


def test_a_private_index_of_pips_is_used_and_its_password_stays_out(pip_home: Path, tmp_path: Path) -> None:
    lock = resolve(f"{NAME}==1.0\n", MINOR, tmp_path)
    assert PASSWORD not in lock
    python = ensure(lock, MINOR, tmp_path / "envs")
    told = subprocess.run([python, "-c", f"import {NAME}; print({NAME}.answer)"], capture_output=True, text=True)
    assert told.stdout.strip() == "42"
    for file in [*(tmp_path / "locks").rglob("*"), *(tmp_path / "envs").rglob("*")]:
        if file.is_file() and file.stat().st_size < 2**20:
            assert PASSWORD.encode() not in file.read_bytes(), file


def test_what_no_index_has_is_named_with_what_to_do_and_without_the_password(pip_home: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRequirements) as refused:
        resolve("aibro-nowhere-xyz==1.0\n", MINOR, tmp_path)
    told = f"{refused.value.message}\n{refused.value.fix}\n{refused.value.details}"
    assert "aibro-nowhere-xyz is in no package index that this machine asks" in told
    assert "index-url" in refused.value.fix
    assert PASSWORD not in told


def test_pips_files_are_read_in_its_order_and_its_variables_win(tmp_path: Path) -> None:
    config = tmp_path / ".config" / "pip"
    config.mkdir(parents=True)
    (config / "pip.conf").write_text(
        "[global]\nindex_url = https://user\nno-such = 1\n[install]\nfind-links = /a\n  /b\n"
    )
    named = tmp_path / "named.conf"
    named.write_text("[global]\nindex-url = https://named\ntrusted-host = h\n")
    given = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(named)}
    settings = pip_settings(given)
    assert settings["index-url"] == "https://named"
    assert settings["find-links"] == "/a /b"
    assert pip_settings({"HOME": str(tmp_path)})["index-url"] == "https://user"
    made = uv_environment(given)
    assert (made["UV_INDEX_URL"], made["UV_FIND_LINKS"], made["UV_INSECURE_HOST"]) == ("https://named", "/a,/b", "h")
    assert uv_environment({**given, "PIP_INDEX_URL": "https://variable"})["UV_INDEX_URL"] == "https://variable"
    assert pip_settings({**given, "PIP_CONFIG_FILE": os.devnull}) == {}


def test_a_broken_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("index-url = outside of a section\n")
    given = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    assert "outside" not in str(pip_settings(given))

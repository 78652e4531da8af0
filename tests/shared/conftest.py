"""A backend as the how-to makes one for a team: its own home, nginx with TLS before it, as the page writes it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from aibro_jupyter.home import Home
from tests.backends import processes_of
from tests.docs.markdown import DOCS, blocks
from tests.eventually import eventually
from tests.ports import free_port

ELSEWHERE = "127.0.0.2"
"""An address that no client of ours takes for this computer's own."""
_NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a home of their own, at a terminal."""

    home: Path
    environ: dict[str, str]

    def types(self, line: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of ours."""
        words = [sys.executable, "-m", "aibro_jupyter.cli", *line.split()]
        environ = os.environ | self.environ | {"AIBRO_HOME": str(self.home)}
        return subprocess.run(words, capture_output=True, text=True, timeout=180, input=typed, env=environ, check=False)

    def did(self, line: str, typed: str = "") -> str:
        """Run a command that must go well, and return what it said."""
        done = self.types(line, typed)
        assert (done.returncode, done.stderr) == (0, ""), (line, done.stdout, done.stderr)
        return done.stdout


@dataclass(frozen=True, kw_only=True)
class Team:
    """The backend's owner, somebody else, and the proxy between them."""

    owner: Person
    other: Person
    url: str
    authority: Path
    token: str


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    root = tmp_path_factory.mktemp("team")
    tls, port, control_port = (free_port() for _ in range(3))
    url = f"https://{ELSEWHERE}:{tls}"
    owner = Person(home=root / "backend", environ={})
    owner.did(f"up --port {port} --control-port {control_port} --public-url {url}")
    certificate, key = _certificate(root)
    site = _site(certificate, key, {"443": str(tls), "8642": str(port), "8643": str(control_port)})
    proxy = _started(root / "nginx", site)
    trusts = {"REQUESTS_CA_BUNDLE": str(certificate)}
    try:
        eventually(lambda: requests.get(url, verify=str(certificate), timeout=10).status_code == 200)
        yield Team(
            owner=owner,
            other=Person(home=root / "other", environ=trusts),
            url=url,
            authority=certificate,
            token=(owner.home / "token").read_text(),
        )
    finally:
        proxy.terminate()
        proxy.wait(30)
        owner.did("down")
        eventually(lambda: not processes_of(Home(owner.home)))


def _site(certificate: Path, key: Path, ports: dict[str, str]) -> str:
    """The how-to's own block, with this place's names."""
    (block,) = blocks((DOCS / "how-to" / "shared-backend.md").read_text(), "nginx")
    for usual, own in ports.items():
        block, count = re.subn(rf"\b{usual}\b", f"{ELSEWHERE}:{own}" if usual == "443" else own, block)
        assert count == 1
    return (
        block.replace("server_name models.example", f"server_name {ELSEWHERE}")
        .replace("/etc/ssl/models.example.pem", str(certificate))
        .replace("/etc/ssl/models.example.key", str(key))
    )


def _certificate(root: Path) -> tuple[Path, Path]:
    certificate, key = root / "cert.pem", root / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=models"]
    places = ["-addext", f"subjectAltName=IP:{ELSEWHERE}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *places], check=True, capture_output=True, timeout=60)
    return certificate, key


def _started(folder: Path, site: str) -> subprocess.Popen[bytes]:
    folder.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    written = folder / "nginx.conf"
    written.write_text(_NGINX.format(folder=folder, site=site, user=user))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return subprocess.Popen([program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(written)])

"""Control as its own process, for whatever test wants to kill it or to send it bytes."""

from __future__ import annotations

import os
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
from aibro_jupyter.protocol import StatusView, decode


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

    def told(self, request: bytes) -> bytes:
        """Return what it answers to bytes as they are; nothing more is said."""
        answer = b""
        with socket.create_connection(self._sock.getsockname(), timeout=60) as caller, suppress(ConnectionError):
            caller.sendall(request)
            while data := caller.recv(65536):
                answer += data
        return answer

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

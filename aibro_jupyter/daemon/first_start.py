"""What is chosen at the first start ever and then kept: the tokens and the gateway's port."""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from pathlib import Path

from aibro_jupyter.errors import PortTaken
from aibro_jupyter.home import Home, write_private

GATEWAY_PORT = 8642
"""Tried first; another free one is taken if it is busy at the very first start."""


def token(file: Path, prefix: str) -> str:
    """Return the secret in a file of mode 0600, made at first use."""
    if not file.exists():
        write_private(file, prefix + secrets.token_urlsafe(32))
    return file.read_text().strip()


def listen(port: int) -> socket.socket:
    """Return a socket that listens on this computer's loopback; 0: any free port. Raises ``OSError``."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def gateway_socket(here: Home) -> socket.socket:
    """Return the gateway's listening socket, on the port chosen at the first start ever; busy: ``PortTaken``."""
    chosen = here.root / "gateway_port"
    if not chosen.exists():
        try:
            listener = listen(GATEWAY_PORT)
        except OSError:
            listener = listen(0)
        write_private(chosen, str(listener.getsockname()[1]))
        return listener
    port = int(chosen.read_text())
    for _ in range(60):
        # The gateway of a daemon that was just killed may need a moment to notice.
        with contextlib.suppress(OSError):
            return listen(port)
        time.sleep(0.05)
    raise PortTaken(
        f"port {port}, where your APIs answer, is used by another program",
        fix=f"end that program, or delete {chosen} to get another port (the URLs change)",
    )

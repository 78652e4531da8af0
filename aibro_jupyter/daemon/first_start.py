"""What is chosen at the first start ever and then kept: the ports."""

from __future__ import annotations

import contextlib
import errno
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from aibro_jupyter.errors import BadRequest, PortTaken
from aibro_jupyter.home import Home, write_private
from aibro_jupyter.listening import Listening

GATEWAY_PORT, CONTROL_PORT = 8642, 8643
"""Tried first; another free one is taken if it is busy at the very first start."""
OTHERS = range(20_000, 30_000)
"""Below what Linux (from 32768) and macOS (from 49152) hand out by themselves: a kept port goes to nobody by chance."""
_TRIES, _PAUSE_S = 60, 0.05
"""The gateway of a daemon that was just killed may need a moment to notice."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address of this computer; raises ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


def gateway_socket(here: Home, asked: Listening) -> socket.socket:
    """Return the gateway's listening socket, on the port asked for, else the one kept; busy: ``PortTaken``."""
    kept = here.gateway_port
    if not asked.port and not kept.exists():
        return _kept(kept, _first(asked.host, GATEWAY_PORT))
    port = asked.port or int(kept.read_text())
    if (listener := _patiently(asked.host, port)) is not None:
        return _kept(kept, listener)
    other = "another `port` under [listen] in" if asked.port else "delete"
    raise PortTaken(
        f"port {port}, where your APIs answer, is used by another program",
        fix=f"end that program, or {other} {here.settings_file if asked.port else kept} (the URLs change)",
    )


def control_socket(here: Home, asked: Listening) -> socket.socket:
    """Return control's listening socket, on the port asked for, else the one kept, else any other that is free.

    Who uses a backend on the same computer finds it wherever it is; ``PortTaken`` where a port was asked for.
    """
    kept = here.control_port
    port = asked.control_port or (int(kept.read_text()) if kept.exists() else 0)
    listener = _patiently(asked.control_host, port) if port else None
    if listener is None and asked.control_port:
        raise PortTaken(
            f"port {port}, where control is to answer, is used by another program",
            fix=f"end that program, or set another `control_port` under [listen] in {here.settings_file}",
        )
    return _kept(kept, listener or _first(asked.control_host, CONTROL_PORT))


def _patiently(host: str, port: int) -> socket.socket | None:
    for _ in range(_TRIES):
        with contextlib.suppress(OSError), _named(host, port):
            return listen(host, port)
        time.sleep(_PAUSE_S)
    return None


def _first(host: str, usual: int) -> socket.socket:
    for port in (usual, *random.sample(OTHERS, 100)):
        with contextlib.suppress(OSError), _named(host, port):
            return listen(host, port)
    raise PortTaken(
        f"no port from {OTHERS.start} to {OTHERS.stop - 1} is free",
        fix="set ports under [listen] in settings.toml",
    )


@contextlib.contextmanager
def _named(host: str, port: int) -> Iterator[None]:
    """Tell an address or a port that can never be listened at from one that is busy."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.EADDRNOTAVAIL:
                raise BadRequest(
                    f"{host} is no address of this computer",
                    fix="set host and control_host under [listen] in settings.toml to one it has, or 0.0.0.0",
                ) from None
            case errno.EACCES | errno.EPERM:
                raise BadRequest(
                    f"port {port} needs an administrator's rights",
                    fix="take one from 1024 on, behind a proxy",
                ) from None
        raise


def _kept(file: Path, listener: socket.socket) -> socket.socket:
    port = str(listener.getsockname()[1])
    if not file.exists() or file.read_text() != port:
        write_private(file, port)
    return listener

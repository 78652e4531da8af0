"""Ports for tests that must name one before anybody listens at it."""

from __future__ import annotations

import random
import socket

_RANGE = range(10_000, 20_000)
"""Below what systems hand out by themselves, and beside what a backend takes by itself."""


def free_port() -> int:
    """Return a port at which nobody listens, on any address."""
    for port in random.sample(_RANGE, 100):
        try:
            socket.create_server(("0.0.0.0", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no port is free")

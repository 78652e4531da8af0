"""What the running daemon writes down for whoever wants to reach it."""

from __future__ import annotations

from dataclasses import dataclass

HALTED = (
    "what dies or hangs is not started again until it goes on: `kill -CONT` its pid, "
    "or `aibro down` ends it and `aibro up` starts it anew, with all jobs kept"
)
"""What a halted daemon means, and what to do."""


@dataclass(frozen=True, kw_only=True)
class DaemonInfo:
    """``run/daemon.json``: how to reach the running backend; mode 0600, for it holds the token."""

    pid: int
    pid_started_at: float
    """The process's own start time, so that a reused pid is not taken for it."""
    control_url: str
    gateway_url: str
    token: str
    version: str
    protocol: int
    python: str
    """The interpreter that runs the backend, an absolute path."""

"""What an operator may set of a gateway: the ``[gateway]`` table of settings.toml, then AIBRO_GATEWAY_* variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aibro_jupyter.http1 import ConnectionLimits
from aibro_jupyter.settingsfile import read


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """How long a gateway holds, how much it queues, how often it tries again; lists in variables have commas."""

    processes: int = 1
    """How many gateways take requests, on one socket: each is at home on one CPU."""
    hold_s: float = 60.0
    """Seconds that an accepted request waits while no instance of its job serves, or before the first route table."""
    queue: int = 1_000
    """Requests waiting per job, half of them of one client; one more gets 429."""
    connect_s: float = 1.0
    """Seconds to wait for a connection to an instance: a vanished machine does not refuse, it times out."""
    marks: int = 2
    """A request fails when so often the model's process died on it, or its instance while it was alone there."""
    resends: int = 3
    """How often a request is sent again, whatever broke."""
    margin_s: float = 5.0
    """Seconds that the gateway waits longer than a request's limit, at which the agent ends it and answers."""
    report_s: float = 1.0
    """Seconds between two reports while something changes."""
    quiet_report_s: float = 5.0
    """Seconds between two reports while nothing does."""
    poll_wait_s: float = 20.0
    """Seconds that control may keep a poll for routes open."""
    access_log: bool = False
    """A line of JSON for each answer to a prediction, in `logs/access.log`: its time, ids, job, model, status, how long
    it took, tier, bytes, trace; never who asked, nor what."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of proxies whose X-Forwarded-For says who asks a public API; else that is who connects."""
    page_hosts: tuple[str, ...] = ()
    """Host names under which pages of public APIs are shown, beside addresses, localhost and that of `public_url`."""
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    """What one caller may take of the gateway, in a table of its own: ``[gateway.limits]``."""


def settings(file: Path, environ: Mapping[str, str] = os.environ) -> GatewaySettings:
    """Read the settings; an unknown name or a value that does not fit raises ``BadRequest`` naming it."""
    return read(GatewaySettings, file, environ, prefix="AIBRO_GATEWAY_", table="gateway")

"""The backend's settings: one frozen dataclass, read from ``settings.toml`` and then from ``AIBRO_*`` variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter.protocol import Boot
from aibro_jupyter.settingsfile import read

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ControlSettings:
    """What an operator may change; every field is also ``AIBRO_<FIELD>``, lists separated by commas."""

    gateways: tuple[str, ...] = ("gw1",)
    """The ids of every gateway: a revocation waits for all of them. The daemon sets it, by `[gateway] processes`."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names that may stand in a request beside 127.0.0.1, localhost, [::1] and that of `public_url`."""
    confirm_s: float = 5.0
    """Seconds that complete and update_clients wait for the gateways."""
    resync_s: float = 5.0
    """Seconds between two looks at an active job, at most."""
    hurry_s: float = 0.3
    """Seconds between two looks while an instance comes up or closes."""
    sweep_s: float = 60.0
    """Seconds between two searches for instances that nobody knows."""
    minimum_s: int = 60
    """Seconds that a start is billed for, at least; a minute is EC2's own."""
    disk_micros_per_hour: int = 0
    """Price of an instance's volume in micro-dollars an hour, billed from its first start until it is deleted."""
    json_limit_bytes: int = 8 * MIB
    """Bytes of one message to control; a repo is not one."""
    bundle_limit_bytes: int = 16 * 1024 * MIB
    """Bytes of one packed repo."""
    isolate: bool = False
    """Whether every model is kept apart from this computer's files, as `--isolate` does for one."""
    unwanted_s: float = Boot.unwanted_s
    """Seconds that a request whose caller has gone may run on while others wait; ten times the p99 if that is more."""
    notify_private: bool = False
    """Whether news may go to private networks; this computer itself always may."""
    keep_days: float = 30.0
    """Days after which bundles and environments that no active or rollback version uses, and events and client ids of
    ended jobs, are deleted."""
    ended_jobs: int = 10
    """How many ended jobs the status shows."""


def settings(file: Path, environment: Mapping[str, str]) -> ControlSettings:
    """Read the settings; an unknown name or a value that does not fit raises ``BadRequest`` naming it."""
    return read(ControlSettings, file, environment, prefix="AIBRO_")

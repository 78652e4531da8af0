"""How a repo is to be deployed, checked as far as that can be done at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from aibro_jupyter import clock
from aibro_jupyter.errors import BadName, BadRequest, DuplicateClients
from aibro_jupyter.figures import MICROS
from aibro_jupyter.home import NAME, suggested_name
from aibro_jupyter.machines import DEFAULT_MACHINE, MachineConfig, machine_config
from aibro_jupyter.protocol import Limits


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a repo is to be deployed."""

    name: str
    machines: MachineConfig
    cool_down_s: int = 600
    client_ids: tuple[str, ...] = ()
    description: str = ""
    wait_request_s: int = 30
    request_limit_s: int = 600
    on: str = "here"
    enforce: bool = False
    wait: bool = True
    limits: Limits | None = None
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """Environment variable -> value; what the job has already stays."""
    note: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The backend checks all of it; what can be told at once is not told after a capture.
        if not NAME.fullmatch(self.name):
            raise BadName(f"{self.name!r} cannot stand in a URL", fix=f"--name {suggested_name(self.name)}")
        if len(set(self.client_ids)) < len(self.client_ids):
            raise DuplicateClients("a client id came twice", fix="give each client id once")


def chosen_machines(machine: str | dict[str, str] | None, cooling: str | None) -> MachineConfig:
    """Return the machines; without any, the default one stands in. Raises ``BadMachine``."""
    if isinstance(machine, dict):
        return machine_config(machine | ({"cooling": cooling} if cooling else {}))
    standby = machine or DEFAULT_MACHINE
    return machine_config({"standby": standby, "cooling": cooling} if cooling else standby)


def limits_of(
    per_day: float | None = None,
    stop: float | None = None,
    ttl_s: float | None = None,
    until: float | None = None,
    notify: str = "",
) -> Limits | None:
    """Return limits from dollars, seconds and a moment; None: none was given."""
    if ttl_s is not None and until is not None:
        raise BadRequest("ttl_s and until exclude each other", fix="give the one or the other")
    found = Limits(
        budget_per_day_micros=None if per_day is None else round(per_day * MICROS),
        budget_stop_micros=None if stop is None else round(stop * MICROS),
        until=until if ttl_s is None else clock.now() + ttl_s,
        notify=notify,
    )
    return None if found == Limits() else found

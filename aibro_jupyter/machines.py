"""Machine ids and what stands behind them: ``g4dn.4xlarge.od`` is a machine type and the on-demand market."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from aibro_jupyter.errors import BadMachine
from aibro_jupyter.figures import MICROS

DEFAULT_MACHINE = "c5.large.od"


class Market(StrEnum):
    """How a machine is bought."""

    ON_DEMAND = "od"
    SPOT = "spot"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One machine type of the catalogue, with where and when each price was seen."""

    type: str
    vcpus: int
    memory_mib: int
    gpu: str | None
    gpus: int
    region: str
    on_demand_micros: int
    """Micro-dollars an hour."""
    spot_micros: int | None
    """Micro-dollars an hour; None: unknown, and shown so."""
    source: str
    spot_source: str | None
    as_of: str
    """The day the price was entered, YYYY-MM-DD."""

    def price_micros(self, market: Market) -> int | None:
        """Return micro-dollars an hour on that market; None where unknown."""
        return self.on_demand_micros if market is Market.ON_DEMAND else self.spot_micros


def machine_id(machine_type: str, market: Market) -> str:
    """Return the reference's spelling: ``TYPE.od`` on demand, the bare type for spot."""
    return f"{machine_type}.od" if market is Market.ON_DEMAND else machine_type


def _micros(usd: float | None) -> int | None:
    return None if usd is None else round(usd * MICROS)


@cache
def catalogue() -> dict[str, Machine]:
    """Return every known machine by its type."""
    data = json.loads(resources.files("aibro_jupyter").joinpath("machines.json").read_text())
    sources = data["sources"]
    return {
        row["type"]: Machine(
            type=row["type"],
            vcpus=row["vcpus"],
            memory_mib=row["memory_mib"],
            gpu=row["gpu"],
            gpus=row["gpus"],
            region=data["region"],
            on_demand_micros=round(row["usd"] * MICROS),
            spot_micros=_micros(row.get("spot_usd")),
            source=sources[row["source"]],
            spot_source=sources.get(row.get("spot_source")),
            as_of=data["as_of"],
        )
        for row in data["machines"]
    }


def machine(machine_type: str) -> Machine:
    """Return a machine by its type; an unknown one raises ``BadMachine`` with the nearest known."""
    known = catalogue()
    if machine_type in known:
        return known[machine_type]
    raise unknown_machine(machine_type)


def unknown_machine(text: str) -> BadMachine:
    """Return the refusal of a machine that nobody knows, with the nearest known."""
    near = difflib.get_close_matches(text, catalogue(), n=1, cutoff=0.4)
    hint = f"did you mean {machine_id(near[0], Market.ON_DEMAND)}? " if near else ""
    return BadMachine(f"no machine is called {text!r}", fix=f"{hint}`%aibro machines` lists them all")


@dataclass(frozen=True, kw_only=True)
class MachineConfig:
    """The machines of a job, as types; both start on demand and move to spot when it is offered."""

    standby: str
    cooling: str | None = None


def on_demand_type(wanted: Any, role: str) -> str:
    """Return the machine type of an on-demand machine id; anything else raises ``BadMachine``."""
    if not isinstance(wanted, str) or not wanted:
        raise BadMachine(f"the {role} machine must be a machine id such as '{DEFAULT_MACHINE}', not {wanted!r}")
    if not wanted.endswith(".od"):
        found = machine(wanted)
        raise BadMachine(
            f"the machine id has to be on-demand, and {wanted!r} is a spot id",
            fix=f"write '{machine_id(found.type, Market.ON_DEMAND)}': spot replaces it by itself when it is available",
        )
    return machine(wanted.removesuffix(".od")).type


def machine_config(wanted: str | dict[str, str]) -> MachineConfig:
    """Read the reference's ``machine_id_config``: a machine id, or standby (mandatory) and cooling (optional) ids."""
    if isinstance(wanted, str):
        return MachineConfig(standby=on_demand_type(wanted, "standby"))
    if not isinstance(wanted, dict):
        raise BadMachine(f"machine_id_config must be a string or a dictionary, not {type(wanted).__name__}")
    strange = sorted(set(wanted) - {"standby", "cooling"})
    if strange:
        raise BadMachine(
            f"machine_id_config has an unknown key {strange[0]!r}", fix="the keys are 'standby' and 'cooling'"
        )
    if wanted.get("standby") is None:
        raise BadMachine(
            "one standby instance is mandatory", fix=f"add 'standby': '{DEFAULT_MACHINE}' (always on, cheap)"
        )
    cooling = wanted.get("cooling")
    return MachineConfig(
        standby=on_demand_type(wanted["standby"], "standby"),
        cooling=None if cooling is None else on_demand_type(cooling, "cooling"),
    )

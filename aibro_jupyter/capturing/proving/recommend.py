"""Which machine a proved model wants, from what the proof measured."""

from __future__ import annotations

from dataclasses import dataclass

from aibro_jupyter.figures import memory
from aibro_jupyter.machines import DEFAULT_MACHINE, Machine, Market, catalogue, machine, machine_id

HEADROOM = 1.5
"""Times the peak of the proof: bodies are larger than samples, and a garbage collector comes late."""
SYSTEM_MIB = 512
"""What the system and our own agent need beside the model."""
SLOW_S = 1.0
"""An answer that takes longer than this is worth a cooling machine."""


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """A machine id and the reason for it."""

    machine_id: str
    why: str
    cooling: str = ""
    """A stronger machine that sleeps, where answers are slow; empty: not needed."""


def recommended(peak_mib: int, latency_s: float) -> Recommendation:
    """Return the cheapest machine without a GPU whose memory holds the model with room to spare."""
    needed = round(peak_mib * HEADROOM) + SYSTEM_MIB
    fitting = sorted(
        (found for found in catalogue().values() if found.gpu is None and found.memory_mib >= needed),
        key=lambda found: (found.on_demand_micros, found.type),
    )
    default = machine(DEFAULT_MACHINE.removesuffix(".od"))
    if not fitting:
        largest = max(catalogue().values(), key=lambda found: found.memory_mib)
        return Recommendation(machine_id=_id(largest), why=f"the largest there is; {_told(needed, peak_mib)}")
    # The cheapest of all is often an old or a burstable machine: the default one is kept for as long as it is enough.
    chosen = default if default in fitting and default.memory_mib >= needed else fitting[0]
    why = f"{memory(chosen.memory_mib)} hold {_told(needed, peak_mib)}"
    return Recommendation(machine_id=_id(chosen), why=why, cooling=_stronger(chosen, needed, latency_s))


def _stronger(standby: Machine, needed: int, latency_s: float) -> str:
    if latency_s < SLOW_S:
        return ""
    family = standby.type.partition(".")[0]
    wanted = [
        found
        for found in catalogue().values()
        if found.gpu is None and found.vcpus >= 4 * standby.vcpus and found.memory_mib >= needed
    ]
    wanted.sort(key=lambda found: (not found.type.startswith(f"{family}."), found.on_demand_micros))
    return _id(wanted[0]) if wanted else ""


def _told(needed: int, peak_mib: int) -> str:
    return f"{HEADROOM:g} x {memory(peak_mib)} + {memory(SYSTEM_MIB)} for the system = {memory(needed)}"


def _id(found: Machine) -> str:
    return machine_id(found.type, Market.ON_DEMAND)

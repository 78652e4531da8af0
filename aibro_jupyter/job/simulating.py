"""``simulate(…)``: what a configuration would cost for given traffic, by the engine itself on a simulated clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from aibro_jupyter.control.engine.simulate import simulated
from aibro_jupyter.control.settings import Settings
from aibro_jupyter.errors import BadMachine, BadRequest
from aibro_jupyter.figures import MICROS
from aibro_jupyter.home import Home
from aibro_jupyter.machines import MachineConfig, Market, machine_config
from aibro_jupyter.protocol import CostView, VersionSpec
from aibro_jupyter.providers.simulated import Prices, SimulatedPlace
from aibro_jupyter.views.cost import CostCard

_SPECLESS = "0" * 64
_LONGEST_S = 32 * 86400.0


def simulate(
    machines: str | dict[str, str],
    requests_at: Sequence[float],
    *,
    from_at: float,
    until: float,
    cool_down_s: int = 600,
    spot: bool = False,
    prices: Mapping[str, float] | None = None,
    boot_s: float = 0.0,
    load_s: float = 0.0,
    minimum_s: int = 60,
    name: str = "simulated",
) -> CostCard:
    """Return what a job would cost, without running anything: the engine decides as it does for a real one.

    ``machines`` as in ``Inference.deploy``; times are UTC seconds; ``prices`` are dollars an hour by machine id
    ("g4dn.4xlarge.od", spot without ``.od``), the catalogue's if not given; ``spot``: whether spot is always to be
    had; ``minimum_s``: the shortest time a start is billed for. Raises ``BadMachine``.
    """
    if not from_at < until <= from_at + _LONGEST_S:
        raise BadRequest("a simulation lasts from `from_at` to `until`, at most 32 days")
    if requests_at and (min(requests_at) < from_at or max(requests_at) > until):
        raise BadRequest("a request comes before `from_at` or after `until`")
    chosen = machine_config(machines) if prices is None else _named(machines)
    run = partial(
        simulated,
        VersionSpec(bundle=_SPECLESS, lock="", python="3.11", machines=chosen, cool_down_period_s=cool_down_s),
        place=partial(_place, prices=_micros(prices), spot=spot, boot_s=boot_s, load_s=load_s),
        model_name=name,
        from_at=from_at,
        until=until,
        requests_at=requests_at,
        settings=Settings(minimum_s=minimum_s, resync_s=60.0),
        home=Home(Path("/nowhere")),
    )
    # A notebook's thread runs an event loop already, and a thread has one only.
    with ThreadPoolExecutor(1) as own:
        cost: CostView = own.submit(lambda: asyncio.run(run())).result()
    ticks = Counter(at // 60 * 60 for at in requests_at)
    return CostCard(cost=cost, ticks=tuple(sorted(ticks.items())))


def _place(clock: object, **facts: object) -> SimulatedPlace:
    return SimulatedPlace(clock, simulated=False, **facts)  # type: ignore[arg-type]  # partial's own keywords


def _named(machines: str | dict[str, str]) -> MachineConfig:
    """Return machines that need not be in the catalogue: whoever gives prices names them."""
    ids = {"standby": machines} if isinstance(machines, str) else machines
    if not {"standby"} <= set(ids) <= {"standby", "cooling"}:
        raise BadMachine("machines are a machine id, or standby and cooling", fix='{"standby": …, "cooling": …}')
    return MachineConfig(standby=_bare(ids["standby"]), cooling=_bare(ids["cooling"]) if "cooling" in ids else None)


def _micros(prices: Mapping[str, float] | None) -> Prices | None:
    if prices is None:
        return None
    return {
        (_bare(name), Market.ON_DEMAND if name.endswith(".od") else Market.SPOT): round(dollars * MICROS)
        for name, dollars in prices.items()
    }


def _bare(machine_id: str) -> str:
    return machine_id.removesuffix(".od")

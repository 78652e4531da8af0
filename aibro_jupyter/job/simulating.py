"""``simulate(…)``: what a configuration would cost for given traffic, by the engine itself on a simulated clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from aibro_jupyter.client.arguments import AT, LEAST, PRICES, TIMES, checked
from aibro_jupyter.client.kinds import FLAG, LAPSE, SECONDS, TEXT
from aibro_jupyter.control.engine.simulate import simulated
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.errors import BadMachine, BadRequest
from aibro_jupyter.figures import DAY_S, MICROS
from aibro_jupyter.home import Home
from aibro_jupyter.machines import MachineConfig, Market, machine_config
from aibro_jupyter.protocol import CostView, VersionSpec
from aibro_jupyter.providers.simulated import Prices, SimulatedProvider
from aibro_jupyter.views.cost import CostCard

_SPECLESS = "0" * 64
_LONGEST_S = 32 * DAY_S
"""The longest month and a day: each simulated minute costs a look of the engine."""


@checked(
    requests_at=TIMES, from_at=AT, until=AT, cool_down_s=SECONDS, spot=FLAG, prices=PRICES, boot_s=LAPSE, load_s=LAPSE,
    minimum_s=LEAST, name=TEXT,
)  # fmt: skip
def simulate(
    machines: str | dict[str, str],
    requests_at: Sequence[float],
    *,
    from_at: float,
    until: float,
    cool_down_s: int = VersionSpec.cool_down_period_s,
    spot: bool = False,
    prices: Mapping[str, float] | None = None,
    boot_s: float = 0.0,
    load_s: float = 0.0,
    minimum_s: int = ControlSettings.minimum_s,
    name: str = "simulated",
) -> CostCard:
    """Return what a job would cost, without running anything: the engine decides as it does for a real one.

    Args:
        machines: A machine id, or ids by ``standby`` and ``cooling``, as in ``Inference.deploy``.
        requests_at: When requests come, UTC seconds.
        from_at: When the job is deployed, UTC seconds.
        until: When the simulation ends, UTC seconds; at most 32 days later.
        cool_down_s: Seconds without a request after which the cooling instance sleeps.
        spot: Whether every machine is always to be had on spot.
        prices: Dollars an hour by machine id (``g4dn.4xlarge.od``; spot without ``.od``), of machines that need not be
            in the catalogue; None: the catalogue's.
        boot_s: Seconds from asking for a machine until it runs.
        load_s: Seconds from then until it serves.
        minimum_s: Seconds that a start is billed for, at least.
        name: What the job is called in the result.

    Returns:
        The job's money beside all on demand and an always-on cooling instance; in a notebook it draws itself.

    Raises:
        BadMachine: A machine that the catalogue does not have, or a configuration that cannot be.
        BadRequest: Times that do not fit each other.
    """
    if not from_at < until <= from_at + _LONGEST_S:
        raise BadRequest("a simulation lasts from `from_at` to `until`, at most 32 days")
    if requests_at and (min(requests_at) < from_at or max(requests_at) > until):
        raise BadRequest("a request comes before `from_at` or after `until`")
    chosen = machine_config(machines) if prices is None else _named(machines)
    run = partial(
        simulated,
        VersionSpec(bundle=_SPECLESS, lock="", python="3.11", machines=chosen, cool_down_period_s=cool_down_s),
        provider=partial(_provider, prices=_micros(prices), spot=spot, boot_s=boot_s, load_s=load_s),
        model_name=name,
        from_at=from_at,
        until=until,
        requests_at=requests_at,
        settings=ControlSettings(minimum_s=minimum_s, resync_s=60.0),
        home=Home(Path("/nowhere")),
    )
    # A notebook's thread runs an event loop already, and a thread has one only.
    with ThreadPoolExecutor(1) as own:
        cost: CostView = own.submit(lambda: asyncio.run(run())).result()
    ticks = Counter(at // 60 * 60 for at in requests_at)
    return CostCard(cost=cost, ticks=tuple(sorted(ticks.items())))


def _provider(clock: object, **facts: object) -> SimulatedProvider:
    return SimulatedProvider(clock, simulated=False, **facts)  # type: ignore[arg-type]  # partial's own keywords


def _named(machines: str | dict[str, str]) -> MachineConfig:
    """Return machines that need not be in the catalogue: whoever gives prices names them."""
    ids = {"standby": machines} if isinstance(machines, str) else machines
    known = isinstance(ids, dict) and all(isinstance(one, str) for one in ids.values())
    if not known or not {"standby"} <= set(ids) <= {"standby", "cooling"}:
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

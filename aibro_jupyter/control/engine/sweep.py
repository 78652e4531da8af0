"""Finds leaks: instances that a provider still has and that nobody here wants any more."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from aibro_jupyter.control.engine.look import Look
from aibro_jupyter.control.engine.news import News
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.vault import Vault
from aibro_jupyter.errors import AibroError
from aibro_jupyter.providers.base import Provider, Seen
from aibro_jupyter.states import Phase

_LOG = logging.getLogger(__name__)


async def sweep(world: World) -> tuple[str, ...]:
    """Terminate every owned instance that the store does not know or has as terminated, and return their ids.

    Secrets whose job is not active are deleted.

    An instance is written down before it is launched, so one that nobody knows is a leak, never news.
    """
    Vault(world.home.secrets).forget_all_but(world.store.job_ids())
    leaks: list[str] = []
    for provider in world.providers.values():
        try:
            owned = await world.run_blocking(provider.owned)
            phases = world.store.instance_phases()
            here = [name for name in owned if phases.get(name, Phase.TERMINATED) is Phase.TERMINATED]
            await _bill(world, provider, {name: owned[name] for name in here})
            for instance_id in here:
                _LOG.warning("%s still has %s, which nobody wants", provider.name, instance_id)
                await world.run_blocking(provider.terminate, instance_id)
            leaks += here
            ended = [row.instance_id for row in world.store.unaccounted(here) if row.provider == provider.name]
            await _bill(world, provider, await world.run_blocking(provider.look, ended))
        except AibroError as error:
            _LOG.warning("the sweep of %s failed: %s", provider.name, error.message)
    return tuple(leaks)


async def _bill(world: World, provider: Provider, seen: Mapping[str, Seen]) -> None:
    """Write down what leaks cost: from before they are ended until their end was seen."""
    look = Look(world, News(world))
    for row in world.store.unaccounted(list(seen)):
        if row.instance_id in seen:
            await look.record(provider, row, seen[row.instance_id], None)


async def sweep_forever(world: World) -> None:
    """Sweep at the start and then now and again, until canceled."""
    while True:
        try:
            await sweep(world)
        except Exception:  # noqa: BLE001
            # A foreign provider's failure must not end the sweeps of the others for ever.
            _LOG.exception("a sweep failed")
        await world.clock.sleep(world.settings.sweep_s)

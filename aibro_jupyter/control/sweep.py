"""Finds leaks: instances that a provider still has and that nobody here wants any more."""

from __future__ import annotations

import logging

from aibro_jupyter.control.world import World
from aibro_jupyter.errors import AibroError
from aibro_jupyter.states import Phase

_LOG = logging.getLogger(__name__)


async def sweep(world: World) -> tuple[str, ...]:
    """Terminate every owned instance that the store does not know or has as terminated, and return their ids.

    An instance is written down before it is launched, so one that nobody knows is a leak, never news.
    """
    leaks: list[str] = []
    for provider in world.providers.values():
        try:
            owned = await world.run_blocking(provider.owned)
            phases = world.store.instance_phases()
            for instance_id in owned:
                if phases.get(instance_id, Phase.TERMINATED) is Phase.TERMINATED:
                    _LOG.warning("%s still has %s, which nobody wants", provider.name, instance_id)
                    await world.run_blocking(provider.terminate, instance_id)
                    leaks.append(instance_id)
        except AibroError as error:
            _LOG.warning("the sweep of %s failed: %s", provider.name, error.message)
    return tuple(leaks)


async def sweep_forever(world: World) -> None:
    """Sweep at the start and then now and again, until canceled."""
    while True:
        try:
            await sweep(world)
        except Exception:  # noqa: BLE001
            # A foreign provider's failure must not end the sweeps of the others for ever.
            _LOG.exception("a sweep failed")
        await world.clock.sleep(world.settings.sweep_s)

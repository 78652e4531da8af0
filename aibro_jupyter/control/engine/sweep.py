"""Finds leaks, which it ends, and instances that the store does not know, which it tells of."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from aibro_jupyter.control.engine.look import Look
from aibro_jupyter.control.engine.news import News
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.rows import InstanceRow
from aibro_jupyter.control.ledger.vault import Vault
from aibro_jupyter.errors import AibroError, NotFound
from aibro_jupyter.protocol import UnknownView
from aibro_jupyter.providers.base import Provider, Seen, State
from aibro_jupyter.states import Phase

_ENDING_S = 5.0
"""Chosen: whoever asked for the end of something looks again."""
_LATE_S = 900.0
"""Chosen: a launch may take effect so late, and be ended by a call as late, between two looks."""
_LOG = logging.getLogger(__name__)


async def sweep(world: World) -> tuple[str, ...]:
    """Terminate every owned instance that the store has as terminated, and return their ids.

    Secrets are deleted whose job is not active and has no unknown instance.

    An instance is written down before it is launched. One that the store does not know is therefore no leak, but
    younger than the store: than a copy that was restored, or put there by hand. It is told, and ended only when asked.
    """
    leaks: list[str] = []
    strangers: dict[str, UnknownView] = {}
    failed = False
    for provider in world.providers.values():
        try:
            owned = await world.run_blocking(provider.owned)
            phases = world.store.instance_phases()
            strangers |= {name: _stranger(world, provider, name, owned[name]) for name in owned if name not in phases}
            here = [name for name in owned if phases.get(name) is Phase.TERMINATED and _may_end(world, owned[name])]
            await _bill(world, provider, {name: owned[name] for name in here})
            for instance_id in here:
                _LOG.warning("%s still has %s, which nobody wants", provider.name, instance_id)
                await world.run_blocking(provider.terminate, instance_id)
            leaks += here
            ended = [row.instance_id for row in _unaccounted(world, here) if row.provider == provider.name]
            await _bill(world, provider, await world.run_blocking(provider.look, ended))
        except AibroError as error:
            failed = True
            _LOG.warning("the sweep of %s failed: %s", provider.name, error.message)
    if not failed:
        _tell(world, strangers)
        used = {one.job_id for one in strangers.values()}
        Vault(world.home.secrets).forget_all_but({*world.store.job_ids(), *used})
    return tuple(leaks)


def _may_end(world: World, seen: Seen) -> bool:
    """Tell whether its tag says that it is this backend's; of one older than tags the store's word counts."""
    return seen.tags.backend_id in ("", world.backend_id)


def _stranger(world: World, provider: Provider, instance_id: str, seen: Seen) -> UnknownView:
    return UnknownView(
        instance_id=instance_id,
        on=provider.name,
        state=seen.state.value,
        since=seen.since,
        model_name=seen.tags.model_name,
        job_id=seen.tags.job_id,
        mine=seen.tags.backend_id == world.backend_id,
    )


def _tell(world: World, strangers: Mapping[str, UnknownView]) -> None:
    """Keep what was found where people look, and say in the log what is news."""
    for instance_id in strangers.keys() - world.unknown.keys():
        _LOG.warning("%s is there and the database does not know it: it is left alone", instance_id)
    if strangers != world.unknown:
        world.unknown.clear()
        world.unknown.update(strangers)
        world.store.bump()


async def end_unknown(world: World, instance_ids: Sequence[str]) -> None:
    """Ask for the end of instances that are there and that the store does not know, or raise ``NotFound``."""
    await sweep(world)
    if strange := sorted(set(instance_ids) - world.unknown.keys()):
        raise NotFound(f"no unknown instance is called {strange[0]!r}", fix="`%aibro unknown` lists them")
    for instance_id in instance_ids:
        provider = world.providers[world.unknown[instance_id].on]
        _LOG.warning("%s is ended: its owner asked for it", instance_id)
        await world.run_blocking(provider.terminate, instance_id)
    await sweep(world)


def _unaccounted(world: World, leaks: Sequence[str]) -> tuple[InstanceRow, ...]:
    return world.store.unaccounted(leaks, world.clock.now() - _LATE_S)


async def _bill(world: World, provider: Provider, seen: Mapping[str, Seen]) -> None:
    """Write down what leaks cost: from before they are ended until their end was seen."""
    look = Look(world, News(world))
    for row in _unaccounted(world, list(seen)):
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
        ending = any(one.state == State.STOPPING for one in world.unknown.values())
        await world.clock.sleep(min(_ENDING_S, world.settings.sweep_s) if ending else world.settings.sweep_s)

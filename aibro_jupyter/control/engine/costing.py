"""A job's money as the world has it at this moment: its bills, at its provider's prices."""

from __future__ import annotations

from collections.abc import Sequence

from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.comparing import Configured
from aibro_jupyter.control.ledger.meter import totals
from aibro_jupyter.control.ledger.rows import Dossier, VersionRow
from aibro_jupyter.protocol import CostView, Interval, MoneyView


def money_of(world: World, known: Dossier, intervals: Sequence[Interval]) -> MoneyView:
    """Return a job's money at this moment."""
    provider = world.providers.get(known.current.spec.on)
    return totals(
        intervals,
        now=world.clock.now(),
        ended_at=known.job.ended_at,
        configured=configured(known.versions),
        book=world.price_book,
        simulated=provider is not None and provider.simulated,
    )


def configured(versions: Sequence[VersionRow]) -> Configured:
    """Return from when on which machine was the strongest: the first version's, then that of each as it went live."""
    went_live = [(version.live_at, version.strongest_micros) for version in versions if version.live_at is not None]
    went_live.sort(key=lambda one: one[0])
    return [(0, versions[0].strongest_micros), *((round(at * 1000), micros) for at, micros in went_live)]


def cost_of(world: World, known: Dossier) -> CostView:
    """Return a job's money with the intervals it comes from."""
    intervals = world.store.intervals(known.job.job_id)
    return CostView(
        job_id=known.job.job_id,
        model_name=known.job.model_name,
        money=money_of(world, known, intervals),
        intervals=intervals,
    )

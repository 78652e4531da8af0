"""``GET /metrics``: what control and its gateways count, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from aibro_jupyter.control.api.families import Families
from aibro_jupyter.control.engine.reconciler import Reconciler
from aibro_jupyter.control.engine.world import World


class Metrics:
    """Tells whoever scrapes how all there is stands at that moment."""

    def __init__(self, world: World, reconciler: Reconciler) -> None:
        self._world = world
        self._families = Families(world, reconciler)

    async def metrics(self, _: web.Request) -> web.Response:
        """Return all metrics in Prometheus' text format."""
        # Gathered here, from one moment; made text elsewhere, for that takes longer.
        text = await self._world.run_blocking(_text, self._families.now())
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Gathered(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _text(families: Sequence[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Gathered(families))
    return generate_latest(registry)

"""What the control API does for gateways: routes out by long poll, counters in by report."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from aibro_jupyter.control.bell import Bell
from aibro_jupyter.control.engine import Engine
from aibro_jupyter.control.messages import LONGEST_WAIT_S, answer, asked, number
from aibro_jupyter.control.rows import InstanceRow
from aibro_jupyter.control.sync import route_table
from aibro_jupyter.control.world import World
from aibro_jupyter.protocol import GatewayReport, RouteReport
from aibro_jupyter.states import CLOSING, Phase, Role

SAME_REQUEST_S = 0.25


class GatewayHandlers:
    """The gateways' side of the API."""

    def __init__(self, world: World, engine: Engine, bell: Bell) -> None:
        self._world = world
        self._engine = engine
        self._bell = bell
        self._bumped_at: dict[str, float] = {}

    async def routes(self, request: web.Request) -> web.Response:
        """Return all routes once they are newer than what the gateway acts on; asking is its acknowledgement."""
        store, gateways = self._world.store, self._world.gateways
        after = number(request, "after", None, int)
        wait_s = min(LONGEST_WAIT_S, number(request, "wait_s", 20.0, float))
        gateways.acknowledge(request.query.get("gateway", ""), self._of_this_life(after))
        await self._bell.until(lambda: store.routes_rev != after, max(0.0, wait_s))
        dossiers = [store.job(job_id) for job_id in store.job_ids()]
        return answer(route_table(dossiers, store.routes_rev, self._world.clock.now()))

    async def report(self, request: web.Request) -> web.Response:
        """Take a gateway's counters; a wake that is due happens now."""
        self.take(await asked(request, GatewayReport))
        return web.Response(status=204)

    def take(self, report: GatewayReport) -> None:
        """Remember the newest requests, and look at every job that this may change something for."""
        world, now = self._world, self._world.clock.now()
        before = {job.job_id: self._counters(job.job_id) for job in report.jobs}
        rev = self._of_this_life(report.rev)
        newest = world.gateways.receive(replace(report, rev=-1 if rev is None else rev), now)
        for job_id in world.store.unsettled():
            known = world.store.job(job_id)
            # The same request is dated a little differently by each report.
            news = newest.get(job_id, 0.0) > (known.job.last_request_at or 0.0) + SAME_REQUEST_S
            if news:
                world.store.requested(job_id, newest[job_id])
            if job_id in before and self._counters(job_id) != before[job_id]:
                self._bump(job_id, now)
            if news or any(_waits_for_a_report(row) for row in known.instances):
                self._engine.wake(job_id)

    def _of_this_life(self, rev: int | None) -> int | None:
        """Return a revision if this database gave it; one from a lost database acknowledges nothing."""
        return rev if rev is not None and rev <= self._world.store.routes_rev else None

    def _counters(self, job_id: str) -> list[RouteReport]:
        return [replace(report, idle_s=None) for report in self._world.gateways.of(job_id)]

    def _bump(self, job_id: str, now: float) -> None:
        """Traffic moves the revision at most once a second."""
        if now - self._bumped_at.get(job_id, 0.0) >= 1.0:
            self._bumped_at[job_id] = now
            self._world.store.bump(job_id)


def _waits_for_a_report(row: InstanceRow) -> bool:
    """Tell whether an instance drains, or may soon sleep."""
    return row.phase in CLOSING or (row.role is Role.COOLING and row.phase is Phase.SERVING)

"""What the control API does for gateways: routes out by long poll, counters in by report."""

from __future__ import annotations

from aiohttp import web

from aibro_jupyter.control.api.messages import LONGEST_WAIT_S, answer, asked, number
from aibro_jupyter.control.engine.bell import Bell
from aibro_jupyter.control.engine.reports import Reports
from aibro_jupyter.control.ledger.store import Store
from aibro_jupyter.protocol import GatewayReport


class GatewayHandlers:
    """The gateways' side of the API."""

    def __init__(self, store: Store, reports: Reports, bell: Bell) -> None:
        self._store = store
        self._reports = reports
        self._bell = bell

    async def routes(self, request: web.Request) -> web.Response:
        """Return all routes once they are newer than what the gateway acts on; asking is its acknowledgement."""
        after = number(request, "after", None, int)
        wait_s = min(LONGEST_WAIT_S, number(request, "wait_s", 20.0, float))
        self._reports.acknowledge(request.query.get("gateway", ""), after)
        await self._bell.until(lambda: self._store.routes_rev != after, max(0.0, wait_s))
        return answer(self._reports.table())

    async def report(self, request: web.Request) -> web.Response:
        """Take a gateway's counters, and answer when the next are wanted; a wake that is due happens now."""
        return answer(self._reports.take(await asked(request, GatewayReport)))

"""The gateway: takes requests, lets in who may, and passes them on; everything else it knows it was told by control."""

from __future__ import annotations

import asyncio
import logging
import os

from aibro_jupyter.clock import now, perf
from aibro_jupyter.errors import ForeignOrigin, NoEncoding, NotServing, QueueFull, UsePost
from aibro_jupyter.gateway.describe import page
from aibro_jupyter.gateway.forward import Forwarder, not_found, turned_away
from aibro_jupyter.gateway.passage import Passage
from aibro_jupyter.gateway.routes import Routes, address, origin_is_foreign, wake_is_due
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.gateway.slots import Gate, nothing_serves, queue_full
from aibro_jupyter.gateway.traffic import Traffic
from aibro_jupyter.http1 import Head, Pool, Request, Response, failure
from aibro_jupyter.protocol import GatewayReport, Route, RouteReport, RouteTable

_LOG = logging.getLogger(__name__)
_OK = Response(body=b'{"status": "ok"}\n')


class Gateway:
    """The state of one gateway process, all of it derived from route tables and from what came by."""

    def __init__(self, gateway_id: str, settings: GatewaySettings, reached: str = "") -> None:
        self.gateway_id = gateway_id
        self._reached = reached
        self.wake_due = asyncio.Event()
        """Set when control should hear at once of a request."""
        self.pool = Pool(connect_s=settings.connect_s)
        self._settings = settings
        self._forwarder = Forwarder(self.pool, settings)
        self._routes: Routes | None = None
        self._first_table = asyncio.Event()
        self._waiting_for_table = 0
        self._table_at = perf()
        self._gates: dict[str, Gate] = {}
        self._traffic: dict[str, Traffic] = {}
        self._started_at = now()

    # --- what control says -----------------------------------------------------------------------------------------

    @property
    def rev(self) -> int | None:
        """Return the revision acted on; None before the first table."""
        return None if self._routes is None else self._routes.rev

    def apply(self, table: RouteTable) -> None:
        """Act on a new table: from the next request on, whole."""
        self._routes = Routes(table)
        self._table_at = perf()
        for job_id, route in self._routes.by_job.items():
            gate = self._gates.get(job_id)
            if gate is None:
                self._gates[job_id] = Gate(
                    route, queue=self._settings.queue, hold_s=self._settings.hold_s, on_loss=self.wake_due.set
                )
                self._traffic[job_id] = Traffic()
            else:
                gate.change(route)
        for job_id in self._gates.keys() - self._routes.by_job.keys():
            self._gates[job_id].change(None)
        self._first_table.set()

    def report(self) -> GatewayReport:
        """Return the counters, and forget jobs that ended: one is told of until its last request has been answered."""
        # Idle time goes on while the computer sleeps: else each sleep would make an old request look new.
        at = now()
        jobs = tuple(self._job_report(job_id, gate, at) for job_id, gate in self._gates.items())
        for job_id in [job_id for job_id, gate in self._gates.items() if gate.route is None and not gate.busy]:
            del self._gates[job_id], self._traffic[job_id]
        return GatewayReport(gateway_id=self.gateway_id, rev=self.rev or 0, started_at=self._started_at, jobs=jobs)

    def _job_report(self, job_id: str, gate: Gate, at: float) -> RouteReport:
        traffic = self._traffic[job_id]
        idle_s = None if traffic.last_at is None else 0.0 if gate.busy else max(0.0, at - traffic.last_at)
        return RouteReport(
            job_id=job_id,
            idle_s=idle_s,
            in_flight=dict(gate.in_flight),
            held=gate.held,
            requests=traffic.requests,
            errors=traffic.errors,
            per_minute=traffic.per_minute(at),
            p50_ms=traffic.percentile_ms(at, 0.50),
            p99_ms=traffic.percentile_ms(at, 0.99),
            lost=gate.losses,
            answered_s=gate.answered_s(),
        )

    # --- what clients ask ------------------------------------------------------------------------------------------

    def gatekeeper(self, request: Head) -> Response | None:
        """Refuse at the header what need not send its body; None lets it come."""
        admitted = self._admit(request)
        return admitted if isinstance(admitted, Response) else None

    async def handle(self, request: Request) -> Response:
        """Answer a whole request; who may call is asked again, for the table may have changed under the body."""
        began = perf()
        request_id = f"req_{os.urandom(8).hex()}"
        if self._routes is None:
            try:
                await self._wait_for_table()
            except (QueueFull, NotServing) as why:
                return turned_away(why, request_id)
        match self._admit(request):
            case Response() as refusal:
                return refusal
            case Route() as route:
                return await self._predict(request, route, request_id, began)
        return turned_away(nothing_serves(), request_id)

    def _admit(self, request: Request | Head) -> Route | Response | None:
        """Return the route that this request may use, or its refusal; None while there is no table yet."""
        if request.target.partition(b"?")[0] in (b"/", b"/healthz"):
            return _OK if request.method in (b"GET", b"HEAD") else not_found()
        wanted = address(request.target)
        if wanted is None:
            return not_found()
        if self._routes is None:
            return None
        route = self._routes.authorised(wanted, request.bearer)
        if route is None:
            return not_found()
        if wanted.page:
            return _foreign(request, route) or page(request, route, self._settings.page_hosts, self._reached)
        return _misuse(request, route) or route

    async def _predict(self, request: Request, route: Route, request_id: str, began: float) -> Response:
        gate, traffic = self._gates[route.job_id], self._traffic[route.job_id]
        traffic.came(now())
        if wake_is_due(route):
            self.wake_due.set()
        answer = await self._forwarder.forward(
            Passage(
                request=request,
                request_id=request_id,
                gate=gate,
                route=route,
                began=began,
                table_age_s=began - self._table_at,
            )
        )
        took_s = perf() - began
        traffic.answered(now(), took_s, status=answer.status)
        if self._settings.access_log:
            _LOG.info("%s %s %d %.1f ms", request_id, route.job_id, answer.status, took_s * 1000)
        return answer

    async def _wait_for_table(self) -> None:
        if self._waiting_for_table >= self._settings.queue:
            raise queue_full()
        self._waiting_for_table += 1
        try:
            async with asyncio.timeout(self._settings.hold_s):
                await self._first_table.wait()
        except TimeoutError:
            raise nothing_serves() from None
        finally:
            self._waiting_for_table -= 1


def _foreign(request: Request | Head, route: Route) -> Response | None:
    if not origin_is_foreign(route, request.text(b"origin")):
        return None
    return failure(
        ForeignOrigin(
            "this API may not be called by a web page",
            fix="call it from a server or a notebook; a browser must not be able to start machines",
        )
    )


def _misuse(request: Request | Head, route: Route) -> Response | None:
    """Return what is wrong with an authorised call, if anything."""
    if (refusal := _foreign(request, route)) is not None:
        return refusal
    if request.method != b"POST":
        fix = """curl -H 'Content-Type: application/json' -d '{"your": "data"}' THIS_URL"""
        return failure(UsePost("this is a predict URL: POST your data to it", fix=fix), headers={"Allow": "POST"})
    if request.text(b"content-encoding") not in ("", "identity"):
        return failure(NoEncoding("a compressed body is not understood", fix="send it uncompressed"))
    return None

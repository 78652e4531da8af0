"""The gateway: takes requests, lets in who may, and passes them on; everything else it knows it was told by control."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace

from aibro_jupyter.clock import now, perf
from aibro_jupyter.errors import AibroError, BadHttp, ForeignOrigin, NoEncoding, QueueFull, TooLarge, UsePost
from aibro_jupyter.gateway import endings
from aibro_jupyter.gateway.accesslog import AccessLog
from aibro_jupyter.gateway.call import GZIP, Admitted, Call
from aibro_jupyter.gateway.describe import page
from aibro_jupyter.gateway.gate import Gate
from aibro_jupyter.gateway.origins import asks_first, may_call, origin_is_foreign, shown_to
from aibro_jupyter.gateway.packed import INLINE, gunzipped
from aibro_jupyter.gateway.routes import Address, Routes, address, client_of
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.http1 import Caller, Head, Made, Pool, Response, failure
from aibro_jupyter.masking import BY_HEADER
from aibro_jupyter.protocol import GatewayReport, Route, RouteReport, RouteTable, client_hash

_OK = Response(body=b'{"status": "ok"}\n').made()
_SWEEP_S = 0.1
"""Chosen: a deadline is kept so exactly, and looking costs nothing."""
_IDLE_SWEEPS = 10


@dataclass(eq=False)
class _Early:
    """A request that is not on its way yet: it came before the first table, or its body is being unpacked."""

    caller: Caller
    head: Head
    body: bytes
    began: float


class Gateway:
    """The state of one gateway process, all of it derived from route tables and from what came by."""

    def __init__(
        self,
        gateway_id: str,
        settings: GatewaySettings,
        reached: str = "",
        *,
        share: int = 1,
        access: AccessLog | None = None,
    ) -> None:
        self.gateway_id = gateway_id
        self._access = access
        self._reached = reached
        self.wake_due = asyncio.Event()
        """Set when control should hear at once of a request."""
        self.rev: int | None = None
        """The revision acted on; None before the first table."""
        self.pool = Pool(connect_s=settings.connect_s)
        self._settings = settings
        self._share = share
        self._routes: Routes | None = None
        self._early: dict[_Early, None] = {}
        self._over: set[str] = set()
        self._unpacking: set[asyncio.Task[None]] = set()
        self._gates: dict[str, Gate] = {}
        self._started_at = now()
        self._loop = asyncio.get_running_loop()
        self._prefix = b"req_" + os.urandom(4).hex().encode()
        self._count = self._sweeps = 0
        self._sweeping = self._loop.call_later(_SWEEP_S, self._sweep)

    # --- what control says -----------------------------------------------------------------------------------------

    def apply(self, table: RouteTable) -> None:
        """Act on a new table: from the next request on, whole, and on those that wait."""
        self._routes = Routes(table)
        self.rev = table.rev
        for job_id, route in self._routes.by_job.items():
            if (gate := self._gates.get(job_id)) is None:
                self._gates[job_id] = Gate(
                    route, self.pool, self._settings, self.wake_due.set, share=self._share, access=self._access
                )
            else:
                gate.change(route)
        for job_id in self._gates.keys() - self._routes.by_job.keys():
            self._gates[job_id].change(None)
        for gate in self._gates.values():
            gate.recheck(self)
        early, self._early = self._early, {}
        for one in early:
            self._enter(one)

    def report(self) -> GatewayReport:
        """Return the counters; of a job that ended too, until control has heard of its last answer: ``heard``."""
        # Idle time goes on while the computer sleeps: else each sleep would make an old request look new.
        at = now()
        jobs = tuple(self._job_report(job_id, gate, at) for job_id, gate in self._gates.items())
        self._over = {job_id for job_id, gate in self._gates.items() if gate.route is None and not gate.busy}
        return GatewayReport(gateway_id=self.gateway_id, rev=self.rev or 0, started_at=self._started_at, jobs=jobs)

    def heard(self) -> None:
        """Forget jobs that were over in the newest report: control has it."""
        for job_id in self._over:
            if (gate := self._gates.get(job_id)) is not None and gate.route is None and not gate.busy:
                self._gates.pop(job_id).close()

    def _job_report(self, job_id: str, gate: Gate, at: float) -> RouteReport:
        traffic = gate.traffic
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
            answers=traffic.answers(),
        )

    def close(self) -> None:
        """Close every connection to an instance."""
        self._sweeping.cancel()
        self.pool.close()
        for gate in self._gates.values():
            gate.close()
        if self._access is not None:
            self._access.write()

    # --- what clients ask ------------------------------------------------------------------------------------------

    def admit(self, head: Head) -> Made | None:
        """Refuse at the head what need not send its body; None lets it come."""
        head.admitted = None
        if head.target.partition(b"?")[0] in (b"/", b"/healthz"):
            return _OK if head.method in (b"GET", b"HEAD") else endings.not_found()
        wanted = address(head.target)
        if wanted is None:
            return endings.not_found()
        if self._routes is None:
            return None
        origin = head.text(b"origin")
        if asks_first(head) and wanted.client_id == BY_HEADER and not wanted.page:
            asked = self._routes.named(wanted)
            if asked is not None and not origin_is_foreign(asked, origin):
                return may_call(asked, origin).made()
        route = self._routes.authorised(wanted, head.bearer)
        if route is None:
            return endings.not_found()
        refusal: Response | None
        if wanted.page:
            refusal = _foreign(route, origin) or page(head, route, self._settings.page_hosts, self._reached)
        else:
            refusal = _misuse(head, route, origin)
        shown = shown_to(route, origin)
        if refusal is not None:
            return replace(refusal, headers={**refusal.headers, **shown}).made()
        head.admitted = Admitted(self._gates[route.job_id], self._client(route, wanted, head), head, shown)
        return None

    def arrived(self, caller: Caller, head: Head, body: bytes) -> None:
        """Take a whole request on its way."""
        if head.admitted is None:
            self._hold(_Early(caller, head, body, perf()))
        elif head.admitted.packed:
            self._unpack(_Early(caller, head, body, perf()))
        else:
            self._send(caller, head, body, perf())

    def _send(self, caller: Caller, head: Head, body: bytes, began: float) -> None:
        call = Call(caller, head, body, self._request_id(), began)
        caller.call = call
        call.admitted.gate.enter(call)

    def left(self, caller: Caller) -> None:
        """Give up what waits; what runs goes on."""
        match caller.call:
            case Call() as call:
                call.admitted.gate.left(call)
            case _Early() as early:
                self._early.pop(early, None)
                caller.cut()

    def reads(self, caller: Caller, reading: bool) -> None:
        """Read of an answer as fast as its caller does."""
        match caller.call:
            case Call(link=link) if link is not None and link.answering:
                link.reads(reading)

    # --- inside ----------------------------------------------------------------------------------------------------

    @staticmethod
    def _client(route: Route, wanted: Address, head: Head) -> str | None:
        """Return by whom turns go; None: by where a request comes from."""
        if route.public:
            return None
        return client_hash(client_of(wanted, head.bearer))

    def _request_id(self) -> bytes:
        self._count += 1
        return b"%s%08x" % (self._prefix, self._count)

    def _hold(self, early: _Early) -> None:
        early.caller.call = early
        self._early[early] = None
        if len(self._early) > self._settings.queue:
            self._turn_away(early, QueueFull("too many requests wait for the gateway to be told its routes"))

    def _enter(self, early: _Early) -> None:
        """Let a request go on that came before there were routes."""
        if (refusal := early.head.refused_by(self)) is not None:
            early.caller.answer(refusal)
        elif early.head.admitted.packed:
            self._unpack(early)
        else:
            self._send(early.caller, early.head, early.body, early.began)

    def _unpack(self, early: _Early) -> None:
        """Unpack a body, a large one beside the way of all others."""
        early.caller.call = early
        if len(early.body) <= INLINE:
            self._unpacked(early, _gunzipped(early.body, self._settings.limits.body_bytes))
            return
        task = self._loop.create_task(self._unpack_beside(early))
        self._unpacking.add(task)
        task.add_done_callback(self._unpacking.discard)

    async def _unpack_beside(self, early: _Early) -> None:
        body = await asyncio.to_thread(_gunzipped, early.body, self._settings.limits.body_bytes)
        if early.caller.call is early:
            self._unpacked(early, body)

    def _unpacked(self, early: _Early, body: bytes | AibroError) -> None:
        if (refusal := early.head.refused_by(self)) is not None:
            early.caller.answer(refusal)
        elif isinstance(body, AibroError):
            early.caller.answer(failure(body).made().with_lines(early.head.admitted.shown))
        else:
            self._send(early.caller, early.head, body, early.began)

    def _turn_away(self, early: _Early, why: AibroError) -> None:
        del self._early[early]
        early.caller.answer(endings.turned_away(why, self._request_id()))

    def _sweep(self) -> None:
        at = perf()
        for early in [one for one in self._early if at - one.began >= self._settings.hold_s]:
            self._turn_away(early, endings.nothing_serves())
        self._sweeps += 1
        for gate in self._gates.values():
            # Where nothing is under way there are only idle connections to close.
            if gate.busy or self._sweeps % _IDLE_SWEEPS == 0:
                gate.sweep(at)
        if self._access is not None:
            self._access.write()
        self._sweeping = self._loop.call_later(_SWEEP_S, self._sweep)


def _gunzipped(body: bytes, most: int) -> bytes | AibroError:
    try:
        return gunzipped(body, most)
    except (BadHttp, TooLarge) as why:
        return why


def _foreign(route: Route, origin: str) -> Response | None:
    if not origin_is_foreign(route, origin):
        return None
    return failure(
        ForeignOrigin(
            "this API may not be called by a web page",
            fix="call it from a server or a notebook, or have its owner allow it: `aibro terms MODEL --cors ORIGIN`",
        )
    )


def _misuse(request: Head, route: Route, origin: str) -> Response | None:
    """Return what is wrong with an authorised call, if anything."""
    if (refusal := _foreign(route, origin)) is not None:
        return refusal
    if asks_first(request):
        return may_call(route, origin)
    if request.method != b"POST":
        fix = """curl -H 'Content-Type: application/json' -d '{"your": "data"}' THIS_URL"""
        return failure(UsePost("this is a predict URL: POST your data to it", fix=fix), headers={"Allow": "POST"})
    if request.text(b"content-encoding") not in ("", "identity", GZIP):
        return failure(NoEncoding("a body packed so is not understood", fix="send it as it is, or packed with gzip"))
    return None

"""One job's instances as a gateway sees them: who is free, who waits, in which order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from aibro_jupyter.clock import now, perf
from aibro_jupyter.errors import AibroError
from aibro_jupyter.gateway import endings
from aibro_jupyter.gateway.accesslog import AccessLog
from aibro_jupyter.gateway.allowances import Allowances
from aibro_jupyter.gateway.call import Call
from aibro_jupyter.gateway.peers import caller_of
from aibro_jupyter.gateway.routes import wake_is_due
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.gateway.traffic import Tally, Traffic
from aibro_jupyter.gateway.upstream import Place, Upstream
from aibro_jupyter.gateway.waiting import Waiting
from aibro_jupyter.http1 import Made, Pool, Service
from aibro_jupyter.protocol import Boot, Route
from aibro_jupyter.states import Role

_TOLD_S = 60.0
"""So long it is told that an instance answered, though it has left the table."""
_AHEAD_WORK_S = 0.001
"""Measured: a slot that sleeps between two requests costs twice the CPU; about 1 ms of work ahead keeps it awake."""
_AHEAD_MOST = Boot.ahead
"""More than may wait at an agent would be sent in vain."""
_AHEAD_MODEL_S = 0.02
"""Chosen: to a model that takes longer nothing is sent ahead, for another instance may be free sooner."""
_SERVICE_WEIGHT = 0.05
"""Chosen: of the newest answer in the mean of the model's time."""


class Gate:
    """Gives each request of one job an instance, else a turn among those who wait."""

    def __init__(
        self,
        route: Route,
        pool: Pool,
        settings: GatewaySettings,
        wake_due: Callable[[], object],
        *,
        share: int = 1,
        access: AccessLog | None = None,
    ) -> None:
        self.access = access
        """Where answers are logged; None: nowhere."""
        self.job_id, self.model_name = route.job_id, route.model_name
        self.route: Route | None = None
        self.pool = pool
        self.settings = settings
        self.wake_due = wake_due
        """Tells control at once that something happened here."""
        self.loop = asyncio.get_running_loop()
        self.traffic = Traffic()
        self.losses = 0
        """How often an instance was lost or could not be reached."""
        self.limit_s = 0.0
        """What one request may take, and the margin in which its instance says so."""
        self._upstreams: list[Upstream] = []
        """Those of the table, cooling first."""
        self._leaving: list[Upstream] = []
        """Those that have left the table, until their last request ends."""
        self._first_answers: dict[Place, float] = {}
        self._waiting = Waiting(settings.queue, settings.hold_s)
        self._allowances = Allowances(share)
        self._wakes = False
        self._ahead = 0
        self._service_s = 0.0
        self._table_at = perf()
        self.change(route)

    # --- what control says, and hears ---------------------------------------------------------------------------------

    def change(self, route: Route | None) -> None:
        """Act on a new table; None: the job ended, and who waits is turned away."""
        self.route = route
        self._table_at = perf()
        self._wakes = route is not None and wake_is_due(route)
        self.limit_s = 0.0 if route is None else route.request_limit_s + self.settings.margin_s
        there = {upstream.place: upstream for upstream in (*self._upstreams, *self._leaving)}
        wanted = sorted(route.targets if route else (), key=lambda target: target.role is not Role.COOLING)
        if self._upstreams and not wanted:
            self._waiting.nothing_since = self._table_at
        self._upstreams = []
        for target in wanted:
            upstream = there.pop((target.instance_id, target.endpoint), None) or Upstream(self, target)
            upstream.target = target
            self._upstreams.append(upstream)
        self._leaving = list(there.values())
        self._tell_upstreams()
        self._close_left()
        self._forget_first_answers()
        if route is None:
            for call in tuple(self._waiting):
                self.end(self._waiting.out(call), endings.not_found())
        else:
            self._allowances.change(route.allowance, route.allowances)
        self.feed()

    def recheck(self, service: Service) -> None:
        """Turn away who waits and may not call any more."""
        for call in tuple(self._waiting):
            if (refusal := call.head.refused_by(service)) is not None:
                self.end(self._waiting.out(call), refusal)

    @property
    def held(self) -> int:
        """Return how many requests wait."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Tell whether a request waits or is under way."""
        return bool(self._waiting) or any(one.in_flight for one in (*self._upstreams, *self._leaving))

    @property
    def in_flight(self) -> Counter[str]:
        """Return the requests under way by instance, also by such as have left the table."""
        found: Counter[str] = Counter()
        for upstream in (*self._upstreams, *self._leaving):
            if upstream.in_flight:
                found[upstream.target.instance_id] += upstream.in_flight
        return found

    def answered_s(self) -> dict[str, float]:
        """Return the seconds since each instance's first answer; of one that moved, at its newest place."""
        at = perf()
        return {instance_id: at - since for (instance_id, _), since in self._first_answers.items()}

    def close(self) -> None:
        """Close every connection to an instance."""
        for upstream in (*self._upstreams, *self._leaving):
            upstream.close()

    # --- requests -----------------------------------------------------------------------------------------------------

    def enter(self, call: Call) -> None:
        """Take a request that was just accepted."""
        client = call.admitted.client
        if client is None:
            # A head belongs to one connection, and so to one address.
            client = call.admitted.client = self._address(call)
        call.client = client
        if (refusal := self._allowances.enter(client, call.began)) is not None:
            why, retry_s = refusal
            made = endings.turned_away(why, call.request_id, retry_s)
            self.traffic.refused(made.status)
            self._answer(call, made, perf() - call.began)
            return
        self.traffic.came(now())
        if self._wakes:
            self.wake_due()
        upstream = None if self._waiting else self._free()
        if upstream is not None:
            upstream.send(call)
        else:
            self._wait(call)

    def again(self, call: Call) -> None:
        """Let a request that was sent in vain be the next one."""
        if self.route is None:
            self.end(call, endings.not_found())
            return
        if call.left:
            self.end(call, endings.turned_away(endings.nothing_serves(), call.request_id))
            return
        self._waiting.add(call, first=True)
        self._make_room()
        self.feed()

    def feed(self) -> None:
        """Give free places to who waits, each client in turn."""
        while self._waiting and (upstream := self._free()) is not None:
            upstream.send(self._waiting.next())

    def left(self, call: Call) -> None:
        """Note that a request's caller has gone: one that waits is given up, one that runs goes on."""
        call.left = True
        if call.link is not None and call.link.answering:
            # Nobody reads the rest, but the instance still has to be rid of it.
            call.link.reads(True)
        elif call.waits_since is not None:
            self.forgo(self._waiting.out(call))
        elif self._waiting or (call.link is not None and call.link.upstream.crowded):
            self._make_room()

    def end(self, call: Call, made: Made) -> None:
        """End a request with an answer of our own."""
        self._answer(call, made, self.count(call, made.status, self.traffic.own))

    def _answer(self, call: Call, made: Made, took_s: float) -> None:
        if self.access is not None:
            self.access.ended(call, made, took_s)
        if call.wanted:
            call.caller.answer(made.with_lines(call.admitted.shown))

    def forgo(self, call: Call) -> None:
        """Note that a request ends without an answer: nobody waits for it."""
        self._allowances.leave(call.client)
        if call.wanted:
            call.caller.cut()

    def count(self, call: Call, status: int, tally: Tally) -> float:
        """Count a request's answer, by who gave it, and return the seconds it took."""
        took_s = perf() - call.began
        self._allowances.leave(call.client)
        self.traffic.answered(now(), took_s, tally, status=status)
        return took_s

    def answered(self, upstream: Upstream) -> None:
        """Remember the first answer of an instance since it is where it is."""
        if upstream.place not in self._first_answers:
            self._first_answers[upstream.place] = perf()

    def learn(self, model_s: float) -> None:
        """Take the time that the model itself needed for an answer into the mean."""
        self._service_s += (model_s - self._service_s) * (_SERVICE_WEIGHT if self._service_s else 1.0)

    def lost(self) -> None:
        """Count an instance that was lost or could not be reached: somebody should look at it."""
        self.losses += 1
        self.wake_due()

    def sweep(self, at: float) -> None:
        """End what is past its time."""
        self._ahead = 0
        if 0 < self._service_s < _AHEAD_MODEL_S:
            self._ahead = max(1, min(_AHEAD_MOST, int(_AHEAD_WORK_S / self._service_s)))
        if self.route is not None and self.route.wake_expected_s is not None:
            self._tell_upstreams()
        for upstream in (*self._upstreams, *self._leaving):
            upstream.sweep(at)
        self._close_left()
        self._allowances.sweep(at)
        if self._waiting and self.route is not None:
            for call in self._waiting.overdue(at, self.route, serves=bool(self._upstreams)):
                self.end(self._waiting.out(call), endings.turned_away(endings.nothing_serves(), call.request_id))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _free(self) -> Upstream | None:
        """Return the instance that should answer next: free slots first, and cooling before standby; None: all busy."""
        for upstream in self._upstreams:
            if upstream.open and upstream.working < upstream.slots:
                return upstream
        if self._ahead:
            for upstream in self._upstreams:
                if upstream.open and upstream.takes_ahead and upstream.working < upstream.slots * (1 + self._ahead):
                    return upstream
        return None

    def _wait(self, call: Call) -> None:
        route = self.route
        if route is None:
            self.end(call, endings.not_found())
        elif not route.deployed and not route.targets:
            self.end(call, endings.turned_away(endings.nothing_serves(), call.request_id))
        elif (refusal := self._too_many(call, route)) is not None:
            why, retry_s = refusal
            self.end(call, endings.turned_away(why, call.request_id, retry_s))
        else:
            self._waiting.add(call)
            self._make_room()

    def _too_many(self, call: Call, route: Route) -> tuple[AibroError, float] | None:
        slots = sum(upstream.slots for upstream in self._upstreams)
        pace_s = self._service_s / slots if slots else 0.0
        return self._waiting.refusal(call, route, pace_s=pace_s, alone=self._allowances.open(call.client) == 1)

    def _address(self, call: Call) -> str:
        return caller_of(call.caller.address, call.head.text(b"x-forwarded-for"), self.settings.trusted_proxies)

    def _make_room(self) -> None:
        # On an instance that has left the table a request is in nobody's way.
        for upstream in self._upstreams:
            upstream.hang_up_on_unwanted()

    def _tell_upstreams(self) -> None:
        for upstream in self._upstreams:
            assert self.route is not None
            upstream.tell(self.route, perf() - self._table_at)

    def _close_left(self) -> None:
        if self._leaving:
            for upstream in self._leaving:
                if not upstream.in_flight:
                    upstream.close()
            self._leaving = [upstream for upstream in self._leaving if upstream.in_flight]

    def _forget_first_answers(self) -> None:
        there, at = {upstream.place for upstream in self._upstreams}, perf()
        self._first_answers = {
            place: since for place, since in self._first_answers.items() if place in there or at - since < _TOLD_S
        }

"""One job's instances as a gateway sees them: who is free, who waits, in which order."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from aibro_jupyter.clock import now, perf
from aibro_jupyter.gateway import endings
from aibro_jupyter.gateway.call import Call
from aibro_jupyter.gateway.routes import wake_is_due
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.gateway.traffic import Traffic
from aibro_jupyter.gateway.turns import Turns
from aibro_jupyter.gateway.upstream import Place, Upstream
from aibro_jupyter.http1 import Made, Pool
from aibro_jupyter.protocol import Route
from aibro_jupyter.states import Role

_TOLD_S = 60.0
"""So long it is told that an instance answered, though it has left the table."""
_AHEAD_WORK_S = 0.001
"""Measured: a slot that sleeps between two requests costs twice the CPU; about 1 ms of work ahead keeps it awake."""
_AHEAD_MOST = 16
_AHEAD_MODEL_S = 0.02
"""Chosen: to a model that takes longer nothing is sent ahead, for another instance may be free sooner."""
_SERVICE_WEIGHT = 0.05
"""Chosen: of the newest answer in the mean of the model's time."""
_LOG = logging.getLogger("aibro_jupyter.gateway.server")


class Gate:
    """Gives each request of one job an instance, else a turn among those who wait."""

    def __init__(self, route: Route, pool: Pool, settings: GatewaySettings, wake_due: Callable[[], object]) -> None:
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
        self._turns: Turns[Call] = Turns()
        self._wakes = False
        self._ahead = 0
        self._service_s = 0.0
        self._none_since = perf()
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
            self._none_since = self._table_at
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
            for call in tuple(self._turns):
                self.end(self._out(call), endings.not_found())
        self.feed()

    def recheck(self, admit: Callable[[Call], Made | None]) -> None:
        """Turn away who waits and may not call any more."""
        for call in tuple(self._turns):
            refusal = admit(call)
            if refusal is not None:
                self.end(self._out(call), refusal)

    @property
    def held(self) -> int:
        """Return how many requests wait."""
        return len(self._turns)

    @property
    def busy(self) -> bool:
        """Tell whether a request waits or is under way."""
        return bool(self._turns) or any(one.in_flight for one in (*self._upstreams, *self._leaving))

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
        self.traffic.came(now())
        if self._wakes:
            self.wake_due()
        upstream = None if self._turns else self._free()
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
        call.waits_since = perf()
        self._turns.add(self._client(call), call, first=True)
        self._make_room()
        self.feed()

    def feed(self) -> None:
        """Give free places to who waits, each client in turn."""
        while self._turns and (upstream := self._free()) is not None:
            call = self._turns.next()
            call.waits_since = None
            upstream.send(call)

    def left(self, call: Call) -> None:
        """Note that a request's caller has gone: one that waits is given up, one that runs goes on."""
        call.left = True
        if call.link is not None and call.link.answering:
            # Nobody reads the rest, but the instance still has to be rid of it.
            call.link.reads(True)
        elif call.waits_since is not None:
            self._out(call)
            call.caller.cut()
        elif self._turns or (call.link is not None and call.link.upstream.crowded):
            self._make_room()

    def end(self, call: Call, made: Made) -> None:
        """End a request with an answer of our own."""
        self.count(call, made.status)
        if call.wanted:
            call.caller.answer(made)

    def count(self, call: Call, status: int) -> float:
        """Count a request's answer and return the seconds it took."""
        took_s = perf() - call.began
        self.traffic.answered(now(), took_s, status=status)
        if self.settings.access_log:
            job_id = "" if self.route is None else self.route.job_id
            _LOG.info("%s %s %d %.1f ms", call.request_id.decode(), job_id, status, took_s * 1000)
        return took_s

    def answered(self, upstream: Upstream) -> None:
        """Remember the first answer of an instance since it is where it is."""
        if upstream.place not in self._first_answers:
            self._first_answers[upstream.place] = perf()

    def learn(self, model_s: float) -> None:
        """Take the time that the model itself needed for an answer into the mean."""
        self._service_s += (model_s - self._service_s) * _SERVICE_WEIGHT

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
        if self._turns and self.route is not None:
            for call in [call for call in self._turns if self._waited_enough(call, at, self.route)]:
                self.end(self._out(call), endings.turned_away(endings.nothing_serves(), call.request_id))

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
        elif len(self._turns) >= self.settings.queue:
            self.end(call, endings.turned_away(endings.queue_full(), call.request_id))
        else:
            call.waits_since = perf()
            self._turns.add(self._client(call), call)
            self._make_room()

    def _client(self, call: Call) -> object:
        return call.admitted.client or call.caller.address

    def _out(self, call: Call) -> Call:
        """Take a request out of those who wait."""
        call.waits_since = None
        self._turns.drop(self._client(call), call)
        return call

    def _waited_enough(self, call: Call, at: float, route: Route) -> bool:
        since = call.waits_since or at
        nothing_s = 0.0 if self._upstreams else at - max(since, self._none_since)
        return nothing_s >= self.settings.hold_s or at - since >= route.request_limit_s

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

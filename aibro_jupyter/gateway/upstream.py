"""One instance: how many requests it works on, and the connections to it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from aibro_jupyter.clock import perf
from aibro_jupyter.gateway import endings
from aibro_jupyter.gateway.call import Broke, Call
from aibro_jupyter.gateway.link import Link
from aibro_jupyter.http1 import Lost, Overran, Unreachable
from aibro_jupyter.http1.client import notice_death
from aibro_jupyter.protocol import Route, Target
from aibro_jupyter.states import Role

if TYPE_CHECKING:
    from aibro_jupyter.gateway.gate import Gate

Place = tuple[str, str]
"""Instance id and endpoint."""

_REST_S = 0.1
_REST_MOST_S = 2.0
"""Chosen, both: an agent starts its model anew within a moment, and a request waits no longer than it must."""
_IDLE_S = 60.0
"""Less than the time after which an agent closes a connection that says nothing."""


class Upstream:
    """Sends calls to one instance at one endpoint and tells its gate how they end."""

    def __init__(self, gate: Gate, target: Target) -> None:
        self.gate = gate
        self.target = target
        self.place: Place = (target.instance_id, target.endpoint)
        self.working = 0
        """Calls that were sent and whose answer has not begun."""
        self.in_flight = 0
        """Calls whose answer is not whole."""
        self.takes_ahead = False
        """Its agent lets requests wait for its slots: it answers in the form of ``ANSWER_HEAD``."""
        self.head = b""
        """The first lines of every request to it."""
        self.fields = b""
        """Lines that every answer from it gets, up to the request id."""
        self._links: set[Link] = set()
        self._idle: list[Link] = []
        self._resting = 0
        self._alone: Call | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def slots(self) -> int:
        """Return how many requests it works on at a time."""
        return self.target.slots

    @property
    def open(self) -> bool:
        """Tell whether it may be tried: it did not just refuse or break, and nothing suspicious works there alone."""
        return not self._resting and self._alone is None

    @property
    def crowded(self) -> bool:
        """Tell whether a request waits there for others."""
        return self.working > self.slots

    def tell(self, route: Route, table_age_s: float) -> None:
        """Make what is the same for all its requests and answers."""
        target = self.target
        self.head = (
            f"POST /predict HTTP/1.1\r\nHost: {target.endpoint}\r\nAuthorization: Bearer {target.token}\r\n"
        ).encode("latin-1")
        budget = f"X-Aibro-Budget: {route.budget}\r\n" if route.budget else ""
        self.fields = (
            f"X-Aibro-Served-By: {served_by(target.role, route, table_age_s)}\r\n{budget}"
            "X-Content-Type-Options: nosniff\r\nX-Aibro-Request-Id: "
        ).encode("latin-1")

    # --- a call, and how it ends --------------------------------------------------------------------------------------

    def send(self, call: Call) -> None:
        """Send a call on a connection that is free, else on a new one."""
        self.working += 1
        self.in_flight += 1
        # On a kept connection a reset may mean "idle too long" or "died while running": only a new one can tell.
        # What broke before works alone, so that a second loss is known to be its own.
        if call.broke:
            self._alone = call
        if self._idle and not call.broke and not call.admitted.at_most_once:
            self._idle.pop().start(call)
        else:
            self._begin(self._connect(call))
        if self.crowded:
            self.hang_up_on_unwanted()

    def begun(self, call: Call) -> None:
        """Note that the model has answered: its place is free for the next one."""
        self.working -= 1
        if self._alone is call:
            self._alone = None
        if self.gate.held:
            self.gate.feed()

    def ended(self) -> None:
        """Note that an answer has come whole."""
        self.in_flight -= 1

    def refused(self, call: Call, *, busy: bool = False) -> None:
        """Take a call back that the model never saw: it may be tried again for as long as the patience lasts.

        ``busy``: the instance serves, so that is as long as a request of others may take there.
        """
        self._take_back(call)
        gate, at = self.gate, perf()
        call.refused += 1
        call.refused_at = call.refused_at or at
        self._rest(min(_REST_S * 2**call.refused, _REST_MOST_S))
        patience_s = gate.route.request_limit_s if busy and gate.route else gate.settings.hold_s
        if at - call.refused_at < patience_s:
            gate.again(call)
        else:
            gate.end(call, endings.turned_away(endings.nothing_serves(), call.request_id))

    def broke(self, call: Call, how: Broke) -> None:
        """Take a call back whose try broke."""
        self._take_back(call)
        self._rest(_REST_S)
        gate = self.gate
        call.broke = (*call.broke, how)
        made = endings.broken(call, gate.route.model_name if gate.route else "", gate.settings)
        if made is None:
            gate.again(call)
        else:
            gate.end(call, made)

    def overran(self, call: Call) -> None:
        """End a call that its instance should have ended itself."""
        self._take_back(call)
        self._rest(_REST_S)
        if self.gate.route is not None:
            self.gate.end(call, endings.time_limit(call, self.gate.route))
        else:
            self.gate.end(call, endings.not_found())

    def lost(self, call: Call) -> None:
        """Find out what became of the instance whose connection broke before an answer had begun."""
        self.gate.lost()
        self._begin(self._look(call, alone=self.working == 1))

    def cut_off(self, call: Call) -> None:
        """Note that an answer broke off after it had begun."""
        self.in_flight -= 1
        self.gate.lost()
        if call.wanted:
            call.caller.cut()

    def given_up(self, call: Call) -> None:
        """Note that a call was hung up on: nobody waits for it."""
        self._take_back(call)
        self.gate.forgo(call)
        self.gate.feed()

    # --- its connections ----------------------------------------------------------------------------------------------

    def hang_up_on_unwanted(self) -> None:
        """Hang up on requests whose callers have gone.

        The instance then knows that nobody waits for them, and that somebody does when the next one comes.
        """
        for link in tuple(self._links):
            if link.call is not None and link.call.left and not link.answering:
                link.hang_up()

    def made(self, link: Link) -> None:
        """Count a connection."""
        self._links.add(link)

    def free(self, link: Link) -> None:
        """Keep a connection for the next call."""
        self._idle.append(link)

    def gone(self, link: Link) -> None:
        """Forget a connection."""
        self._links.discard(link)
        if link in self._idle:
            self._idle.remove(link)

    def sweep(self, at: float) -> None:
        """End calls past their time, and connections that were idle for too long."""
        for link in tuple(self._links):
            if link.call is None:
                if at > link.since + _IDLE_S:
                    link.close()
            elif not link.answering and at > link.call.sent + self.gate.limit_s:
                link.overrun()

    def close(self) -> None:
        """Close its connections."""
        for link in tuple(self._links):
            link.close()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _take_back(self, call: Call) -> None:
        self.in_flight -= 1
        self.working -= 1
        if self._alone is call:
            self._alone = None

    def _rest(self, seconds: float) -> None:
        """Leave it alone for a moment: it refused or broke."""
        self._resting += 1
        self.gate.loop.call_later(seconds, self._rested)

    def _rested(self) -> None:
        self._resting -= 1
        self.gate.feed()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.gate.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, call: Call) -> None:
        host, _, port = self.target.endpoint.rpartition(":")
        try:
            async with asyncio.timeout(self.gate.settings.connect_s):
                _, link = await self.gate.loop.create_connection(lambda: Link(self), host.strip("[]"), int(port))
        except (OSError, TimeoutError):
            self.gate.lost()
            self.refused(call)
            return
        notice_death(link.transport.get_extra_info("socket"))
        if call.left and not call.wanted:
            self.free(link)
            self.given_up(call)
        else:
            link.start(call)

    async def _look(self, call: Call, *, alone: bool) -> None:
        """Ask an instance whose connection broke whether it is still there."""
        target, within_s = self.target, self.gate.settings.connect_s
        try:
            await self.gate.pool.call(
                target.endpoint, "GET", "/health", token=target.token, timeout_s=within_s, fresh=True
            )
        except (Unreachable, Lost, Overran):
            # With others there, nobody knows whose fault it was.
            self.broke(call, Broke.INSTANCE if alone else Broke.NEIGHBOUR)
        else:
            self.broke(call, Broke.CONNECTION)


def served_by(role: Role, route: Route, table_age_s: float) -> str:
    """Return the tier that answers, and while cooling wakes about how many seconds that still takes."""
    if role is Role.COOLING or route.wake_expected_s is None:
        return role.value
    return f"{role.value}; cooling-expected-s={max(0, math.ceil(route.wake_expected_s - table_age_s))}"

"""One job's instances as a gateway sees them: who is free, who waits, in which order."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable

from aibro_jupyter.errors import JobEnded, NotServing, QueueFull
from aibro_jupyter.gateway.routes import choose
from aibro_jupyter.protocol import Route, Target

SLOTS_PER_INSTANCE = 1
"""A model works on one request at a time, and an agent has one."""
_TOLD_S = 60.0
"""So long it is told that an instance answered, though it has left the table."""


class Gate:
    """Gives each request of one job an instance of its own, first come, first served.

    ``in_flight`` also counts requests on instances that have left the table, until they end.
    """

    def __init__(
        self, route: Route, *, queue: int, hold_s: float, on_loss: Callable[[], object] = lambda: None
    ) -> None:
        self.route: Route | None = route
        self.in_flight: Counter[str] = Counter()
        self.losses = 0
        """How often an instance was lost or could not be reached."""
        self._on_loss = on_loss
        self._hang_ups: dict[str, Callable[[], object]] = {}
        self._first_answers: dict[tuple[str, str], float] = {}
        self._queue = queue
        self._hold_s = hold_s
        self._waiting: deque[asyncio.Future[Target]] = deque()
        self._resting: dict[tuple[str, str], float] = {}
        self._loop = asyncio.get_running_loop()

    @property
    def held(self) -> int:
        """Return how many requests wait."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Tell whether a request waits or is under way."""
        return bool(self._waiting or self.in_flight)

    def change(self, route: Route | None) -> None:
        """Act on a new table; None: the job ended, and who waits is turned away."""
        self.route = route
        if route is not None:
            there = {(target.instance_id, target.endpoint) for target in route.targets}
            self._first_answers = {
                place: at
                for place, at in self._first_answers.items()
                if place in there or self._loop.time() - at < _TOLD_S
            }
            self._feed()
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(_ended())

    async def take(self) -> Target:
        """Return an instance that is now this request's; ``give_back`` must follow.

        Waits ``hold_s`` while nothing serves and up to the request limit while all are busy. Raises ``QueueFull``,
        ``NotServing`` or ``JobEnded``.
        """
        if self.route is None:
            raise _ended()
        if not self._waiting and (target := self._free()) is not None:
            self.in_flight[target.instance_id] += 1
            return target
        if not self.route.deployed and not self.route.targets:
            raise nothing_serves()
        if len(self._waiting) >= self._queue:
            raise queue_full()
        return await self._wait()

    def give_back(self, target: Target) -> None:
        """End a request's use of its instance; the next one in the queue gets it."""
        self._hang_ups.pop(target.instance_id, None)
        self.in_flight[target.instance_id] -= 1
        if self.in_flight[target.instance_id] <= 0:
            del self.in_flight[target.instance_id]
        self._feed()

    def nobody_waits(self, target: Target, hang_up: Callable[[], object]) -> None:
        """Note that a request's caller has left: it goes on, and its instance is hung up on once others wait.

        The instance then knows that nobody waits for it, and that somebody does when the next one comes.
        """
        self._hang_ups[target.instance_id] = hang_up
        self._make_room()

    def rest(self, target: Target, seconds: float) -> None:
        """Leave an instance alone for a moment: it refused or broke. At a new endpoint it is tried at once."""
        self._resting[target.instance_id, target.endpoint] = self._loop.time() + seconds
        self._loop.call_later(seconds, self._wake_up, target)

    def lost(self) -> None:
        """Count an instance that was lost or could not be reached: somebody should look at it."""
        self.losses += 1
        self._on_loss()

    def answered(self, target: Target) -> None:
        """Remember the first answer of an instance since it is where it is."""
        self._first_answers.setdefault((target.instance_id, target.endpoint), self._loop.time())

    def answered_s(self) -> dict[str, float]:
        """Return the seconds since each instance's first answer; of one that moved, at its newest place."""
        now = self._loop.time()
        return {instance_id: now - at for (instance_id, _), at in self._first_answers.items()}

    async def _wait(self) -> Target:
        began = self._loop.time()
        waiter: asyncio.Future[Target] = self._loop.create_future()
        self._waiting.append(waiter)
        self._make_room()
        try:
            while True:
                done, _ = await asyncio.wait((waiter,), timeout=self._hold_s)
                if done:
                    return waiter.result()
                self._give_up_or_wait_on(self._loop.time() - began)
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.give_back(waiter.result())
            raise
        finally:
            waiter.cancel()
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _give_up_or_wait_on(self, waited_s: float) -> None:
        if self.route is None:
            raise _ended()
        if not self.route.targets or waited_s >= self.route.request_limit_s:
            raise nothing_serves()

    def _make_room(self) -> None:
        # On an instance that has left the table a request is in nobody's way.
        for target in self.route.targets if self._waiting and self.route is not None else ():
            if (hang_up := self._hang_ups.pop(target.instance_id, None)) is not None:
                hang_up()

    def _free(self) -> Target | None:
        return choose(self.route.targets, self._is_free) if self.route is not None else None

    def _is_free(self, target: Target) -> bool:
        resting = (target.instance_id, target.endpoint) in self._resting
        return not resting and self.in_flight.get(target.instance_id, 0) < SLOTS_PER_INSTANCE

    def _wake_up(self, target: Target) -> None:
        place = (target.instance_id, target.endpoint)
        if self._resting.get(place, 0.0) <= self._loop.time() + 0.001:
            self._resting.pop(place, None)
        self._feed()

    def _feed(self) -> None:
        while self._waiting:
            if self._waiting[0].done():
                self._waiting.popleft()
                continue
            target = self._free()
            if target is None:
                return
            self.in_flight[target.instance_id] += 1
            self._waiting.popleft().set_result(target)


def queue_full() -> QueueFull:
    """Return what a caller reads when as many requests wait as may."""
    return QueueFull("too many requests are waiting for this model", fix="try again after the seconds in Retry-After")


def nothing_serves() -> NotServing:
    """Return what a caller reads when no instance could take the request in time."""
    return NotServing(
        "no instance of this model serves at the moment",
        fix="try again after the seconds in Retry-After; `aibro status` tells its owner why",
    )


def _ended() -> JobEnded:
    return JobEnded("the job left the route table while the request waited")

"""One slot as the dispatch sees it: what it was given, how quick its model is, and how a request in it is ended."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Protocol

from aibro_jupyter.clock import perf
from aibro_jupyter.modelio.frames import Frame
from aibro_jupyter.worker.dispatch import Failure

if TYPE_CHECKING:
    from aibro_jupyter.repo.slotlink import Work
    from aibro_jupyter.worker.dispatch import Call, Dispatch
    from aibro_jupyter.worker.logfile import LogFile
    from aibro_jupyter.worker.turns import Turns

_KILL_S = 2.0
"""Seconds that a model has to leave its request after SIGINT; Python does at once, a library in C may not notice."""
_QUICK_S = 0.005
"""Up to this mean, what a slot loses by sleeping between two requests is a good part of its time."""
_SLOW_S = 0.020
"""A request behind one that took so long would rather have waited for another slot."""
_LATELY_S = 10.0
"""Chosen: a model that is slow now and then is so again within seconds under load."""
_WEIGHT = 0.1
"""Of the newest request in the mean: about the last twenty count."""


class Slot(Protocol):
    """What a lane needs of a model's process."""

    @property
    def gone(self) -> bool:
        """It takes no more requests."""
        ...

    def work(self, work: Work) -> None:
        """Give it a request."""
        ...

    def interrupt(self) -> None:
        """Ask the model to leave its request."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


class Pace:
    """How quick a model is: whether one more request may lie in its socket while it works on another."""

    def __init__(self) -> None:
        self._mean_s = math.inf
        self._slow_at = -math.inf

    def took(self, seconds: float, at: float) -> None:
        """Take the model's time for one request into account."""
        self._mean_s = seconds if self._mean_s == math.inf else self._mean_s + (seconds - self._mean_s) * _WEIGHT
        if seconds > _SLOW_S:
            self._slow_at = at

    def quick(self, at: float) -> bool:
        """Tell whether a request that lies there would hardly ever wait for long."""
        return self._mean_s < _QUICK_S and at - self._slow_at > _LATELY_S


class Lane:
    """One slot: it works on the first of what it was ``asked``."""

    def __init__(self, slot: Slot, dispatch: Dispatch, turns: Turns, log: LogFile, limit_s: float) -> None:
        self.slot = slot
        self.asked: deque[Call] = deque()
        self.gave_way = False
        """It was ended for others: its end is no crash."""
        self._dispatch = dispatch
        self._turns = turns
        self._log = log
        self._limit_s = limit_s
        self._pace = Pace()
        self._interrupted_at: float | None = None
        self._overran = False

    @property
    def open(self) -> bool:
        """Tell whether it takes requests."""
        return not self.slot.gone

    def room(self, at: float) -> bool:
        """Tell whether it takes one more now."""
        asked = len(self.asked)
        return (asked == 0 or (asked == 1 and self._pace.quick(at))) and self.open

    def start(self, call: Call, at: float) -> None:
        """Send a request to the slot."""
        call.lane = self
        call.began_at = at
        self.asked.append(call)
        self.slot.work(call)

    def answered(self, call: Call, told: Frame) -> None:
        """Take the answer to the first request; the next one goes out before that is passed on."""
        at, took_s = perf(), told.took_us / 1e6
        self.asked.popleft()
        self._pace.took(took_s, at)
        if self._interrupted_at is None:
            self._turns.took(took_s)
        else:
            self._interrupted_at = None
        if self.asked:
            self.asked[0].began_at = at
        if self._dispatch.waiting:
            self._dispatch.feed(self, at)
        call.reply(told)

    def died(self, call: Call, *, first: bool) -> None:
        """Tell a request that the slot has ended. Only what it worked on may be the reason."""
        self.asked.remove(call)
        if not first:
            call.fail(Failure.NOT_READY)
        elif self._overran:
            call.fail(Failure.OVERRAN)
        elif self._interrupted_at is not None:
            self.gave_way = True
            call.fail(Failure.GAVE_WAY)
        else:
            call.fail(Failure.SLOT_CRASH)
        self._dispatch.fail_if_alone()

    def sweep(self, at: float, *, others_wait: bool) -> None:
        """End a request that is past its time, or in the way of others."""
        if not self.asked or not self.open:
            return
        call = self.asked[0]
        if at - call.began_at > self._limit_s:
            self._overran = True
            self.slot.kill()
        elif self._interrupted_at is not None:
            if at - self._interrupted_at > _KILL_S:
                self._say(call, "it goes on: the model's process is ended")
                self.slot.kill()
        elif others_wait or len(self.asked) > 1:
            self.make_room(at)

    def make_room(self, at: float) -> None:
        """Interrupt a request that nobody waits for once it has had its time; others wait."""
        if not self.asked or self._interrupted_at is not None or not self.open:
            return
        call = self.asked[0]
        took_s = at - call.began_at
        if call.unwanted and self._turns.had(took_s):
            self._say(call, f"its caller has gone and others wait: it is ended after {took_s:.1f} s")
            self._interrupted_at = at
            self.slot.interrupt()

    def _say(self, call: Call, what: str) -> None:
        self._log.write(what, mark=f"[{call.request_id}]")

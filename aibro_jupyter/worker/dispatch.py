"""Which request goes to which slot and when: those that wait, in order, and what ends one that is not answered.

It reads no clock and knows no HTTP. Times are seconds of one steady clock, and come in as arguments.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from enum import Enum, auto
from typing import TYPE_CHECKING

from aibro_jupyter.modelio.frames import Frame

if TYPE_CHECKING:
    from aibro_jupyter.worker.lane import Lane

WAIT_S = 1.0
"""Chosen: so long nobody notices, and a gateway that is refused then may find a free slot elsewhere."""


class Failure(Enum):
    """What became of a request that no model answered."""

    BUSY = auto()
    """Its turn did not come: it may be tried elsewhere."""
    NOT_READY = auto()
    """No model saw it: it may be tried again."""
    SLOT_CRASH = auto()
    """The model's process died on it."""
    OVERRAN = auto()
    """It took longer than a request may."""
    GAVE_WAY = auto()
    """Nobody waited for it, and it was ended for others who did."""


class Call(ABC):
    """One request from when it is whole to its answer: ``reply`` or ``fail``, once."""

    __slots__ = ("began_at", "body", "came_at", "content_type", "lane", "request_id", "unwanted")

    def __init__(self, body: bytes, content_type: bytes, request_id: str, came_at: float) -> None:
        self.body = body
        self.content_type = content_type
        self.request_id = request_id
        self.came_at = came_at
        self.began_at = 0.0
        """When the slot began it, as far as can be seen from here."""
        self.lane: Lane | None = None
        """The slot it was given to; None: it waits."""
        self.unwanted = False
        """Its caller has gone."""

    @abstractmethod
    def reply(self, told: Frame) -> None:
        """Take what the model tells."""

    @abstractmethod
    def fail(self, why: Failure) -> None:
        """Take that no model answered."""

    def answered(self, told: Frame) -> None:
        """Hear from the slot."""
        assert self.lane is not None
        self.lane.answered(self, told)

    def died(self, *, first: bool) -> None:
        """Hear of the slot's end."""
        assert self.lane is not None
        self.lane.died(self, first=first)


class Dispatch:
    """Gives each request to the slot that is free first; what finds none free waits its turn.

    ``ahead`` is how many may wait for each slot.
    """

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead
        self.lanes: list[Lane] = []
        self.waiting: deque[Call] = deque()

    @property
    def in_flight(self) -> int:
        """Return how many requests wait or are at work."""
        return len(self.waiting) + sum(len(lane.asked) for lane in self.lanes)

    def join(self, lane: Lane) -> None:
        """Take a slot that is loaded."""
        self.lanes.append(lane)

    def part(self, lane: Lane) -> None:
        """Let a slot go that has ended."""
        self.lanes.remove(lane)
        self.fail_if_alone()

    def ask(self, call: Call, at: float) -> None:
        """Take a request."""
        if not self.waiting and (lane := self._free(at)) is not None:
            lane.start(call, at)
        elif not any(lane.open for lane in self.lanes):
            call.fail(Failure.NOT_READY)
        elif len(self.waiting) >= self._ahead * len(self.lanes):
            call.fail(Failure.BUSY)
        else:
            self.waiting.append(call)
            self._make_room(at)

    def left(self, call: Call, at: float) -> bool:
        """Note that a request's caller has gone; tell whether it was dropped, for it had not begun."""
        call.unwanted = True
        if call.lane is None:
            self.waiting.remove(call)
            return True
        if self.waiting:
            self._make_room(at)
        return False

    def feed(self, lane: Lane, at: float) -> None:
        """Give a slot what it has room for."""
        while self.waiting and lane.room(at):
            lane.start(self.waiting.popleft(), at)

    def sweep(self, at: float) -> bool:
        """End what is past its time; tell whether anything is left that may come to be."""
        waiting = self.waiting
        for lane in tuple(self.lanes):
            lane.sweep(at, others_wait=bool(waiting))
        while waiting and at - waiting[0].came_at > WAIT_S:
            waiting.popleft().fail(Failure.BUSY)
        return self.in_flight > 0

    def fail_if_alone(self) -> None:
        """Turn those who wait away where there is no slot any more to wait for."""
        if not any(lane.open for lane in self.lanes):
            waiting, self.waiting = self.waiting, deque()
            for call in waiting:
                call.fail(Failure.NOT_READY)

    def _free(self, at: float) -> Lane | None:
        lanes = self.lanes
        for lane in lanes:
            if not lane.asked and lane.open:
                return lane
        for lane in lanes:
            if lane.room(at):
                return lane
        return None

    def _make_room(self, at: float) -> None:
        for lane in self.lanes:
            lane.make_room(at)

"""Whose turn it is in the slot, and the end of a turn that nobody waits for while others do."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from aibro_jupyter.http1 import Request
from aibro_jupyter.percentile import nearest_rank
from aibro_jupyter.repo.slothost import Result, Slot, SlotDied
from aibro_jupyter.worker.logfile import LogFile

_TIMES = 10
"""A turn that nobody waits for may take so many times the p99 of recent ones: sooner, callers could force reloads."""
_RECENT = 1_024
"""Chosen: enough for a p99, and sorted in less than a millisecond."""
_KILL_S = 2.0
"""Seconds that a model has to leave its request after SIGINT; Python does at once, a library in C may not notice."""


class GaveWay(Exception):
    """The slot was ended because nobody waited for the request in it, and others did."""


@dataclass(kw_only=True)
class _Turn:
    slot: Slot
    request_id: str
    began: float
    unwanted: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)
    ending: asyncio.Task[None] | None = None


class Turns:
    """Gives the slot to one request at a time."""

    def __init__(self, log: LogFile, unwanted_s: float) -> None:
        self._log = log
        self._unwanted_s = unwanted_s
        self._took: deque[float] = deque(maxlen=_RECENT)
        self._turn: _Turn | None = None
        self._loop = asyncio.get_running_loop()
        self.gave_way: Slot | None = None
        """The last slot that was ended for others: its end is no crash."""

    async def take(self, slot: Slot, request: Request, limit_s: float) -> Result:
        """Return the model's answer. Raises ``SlotOverran``, ``SlotDied`` or ``GaveWay``; then the slot is gone."""
        request_id = request.text(b"x-aibro-request-id")
        turn = self._turn = _Turn(slot=slot, request_id=request_id, began=self._loop.time())
        request.detach(lambda _cancel: setattr(turn, "unwanted", True))
        try:
            result = await slot.predict(request.body, request.text(b"content-type") or None, limit_s)
        except SlotDied:
            if turn.ending is None:
                raise
            self.gave_way = slot
            raise GaveWay from None
        finally:
            turn.over.set()
        if turn.ending is None:
            self._took.append(self._loop.time() - turn.began)
        return result

    def others_wait(self) -> None:
        """Act on a request that found the slot busy: a turn that nobody waits for ends once it has had its time."""
        turn = self._turn
        if turn is None or not turn.unwanted or turn.ending is not None or turn.over.is_set():
            return
        took_s = self._loop.time() - turn.began
        if took_s > max(self._unwanted_s, _TIMES * nearest_rank(self._took or (0.0,), 0.99)):
            self._say(turn, f"its caller has gone and others wait: it is ended after {took_s:.1f} s")
            turn.ending = self._loop.create_task(self._end(turn))

    async def _end(self, turn: _Turn) -> None:
        turn.slot.interrupt()
        try:
            async with asyncio.timeout(_KILL_S):
                await turn.over.wait()
        except TimeoutError:
            self._say(turn, "it goes on: the model's process is ended")
            turn.slot.kill()

    def _say(self, turn: _Turn, what: str) -> None:
        self._log.write(what, mark=f"[{turn.request_id}]")

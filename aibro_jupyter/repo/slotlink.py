"""The socket to a slot: requests in order, answers in the same order, and who is told of each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from aibro_jupyter.modelio.faults import BadFrame
from aibro_jupyter.modelio.frames import (
    ANSWER,
    FAILED,
    NUMBERS,
    PREDICT,
    READY,
    TOLD,
    Frame,
    FrameReader,
    head_of_question,
)
from aibro_jupyter.protocol.answerhead import CONTENT_TYPE

_COPIED = 64 * 1024
"""Bytes. A body of so many is not copied to stand in one piece with its head."""


class Work(Protocol):
    """One request to a slot, which it tells how that ended: by ``answered`` or by ``died``, once."""

    @property
    def body(self) -> bytes:
        """What was posted."""
        ...

    @property
    def content_type(self) -> bytes:
        """Its media type as it was sent; empty: none was."""
        ...

    def answered(self, told: Frame) -> None:
        """Take the model's answer, or what it tells instead."""
        ...

    def died(self, *, first: bool) -> None:
        """Note that the slot ended before it answered; ``first``: this is what it worked on, if on anything."""
        ...


class Link(asyncio.Protocol):
    """One slot's connection. A slot that tells what nobody asked for, or nothing that can be read, is ``broken``."""

    def __init__(self, broken: Callable[[str], None]) -> None:
        self.asked: deque[tuple[int, Work]] = deque()
        """What it has not answered yet, by number, the one it works on first."""
        self.ended = asyncio.Event()
        self.up: asyncio.Future[tuple[int, dict[str, Any]] | None] = asyncio.get_running_loop().create_future()
        """Its first frame: READY or FAILED and what it says of that; None: it ended without a word."""
        self._broken = broken
        self._reader = FrameReader(TOLD)
        self._number = 0
        self._known_type = b"application/json"
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport  # type: ignore[assignment]

    def ask(self, work: Work, kind: int = PREDICT) -> None:
        """Send a request; it waits in the socket for as long as the slot is at another."""
        self._number = number = self._number % (NUMBERS - 1) + 1
        self.asked.append((number, work))
        body = work.body
        head = head_of_question(kind, number, work.content_type, body)
        if len(body) < _COPIED:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)

    def data_received(self, data: bytes) -> None:
        """Hand out what has come."""
        try:
            for told in self._reader.feed(data):
                if self.up.done():
                    self._answered(told)
                elif told.kind in (READY, FAILED):
                    self.up.set_result((told.kind, told.story()))
                else:
                    raise BadFrame("it did not say that it is up")
        except BadFrame as fault:
            self._broken(str(fault))

    def _answered(self, told: Frame) -> None:
        if not self.asked or self.asked[0][0] != told.number:
            raise BadFrame(f"an answer to request {told.number}, which nobody waits for")
        if told.kind == ANSWER and told.content_type != self._known_type:
            if CONTENT_TYPE.fullmatch(told.content_type) is None:
                raise BadFrame(f"an answer's content type is {told.content_type[:80]!r}")
            self._known_type = told.content_type
        if told.kind != ANSWER:
            told.story()
            if told.kind in (READY, FAILED):
                raise BadFrame("it is up already")
        _, work = self.asked.popleft()
        work.answered(told)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Tell everybody who waits."""
        self.ended.set()
        if not self.up.done():
            self.up.set_result(None)
        asked, self.asked = self.asked, deque()
        for place, (_, work) in enumerate(asked):
            work.died(first=place == 0)

    @property
    def gone(self) -> bool:
        """Tell whether nothing more can be asked."""
        return self.ended.is_set() or self._transport.is_closing()

    def close(self) -> None:
        """Ask nothing more; what waits is told when the slot has ended."""
        self._transport.close()

    def abort(self) -> None:
        """End it without what is still to be written or read."""
        self._transport.abort()

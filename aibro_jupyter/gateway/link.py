"""One connection to an instance, one call at a time: answers pass as they come, their heads with our fields added."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httptools

from aibro_jupyter.clock import perf
from aibro_jupyter.errors import Busy, NotReady, SlotCrash
from aibro_jupyter.gateway.call import Broke, Call
from aibro_jupyter.http1 import IN_ONE
from aibro_jupyter.protocol.answerhead import ANSWER_HEAD, answer_head

if TYPE_CHECKING:
    from aibro_jupyter.gateway.upstream import Upstream

_HEAD = 64 * 1024
"""Bytes of the longest head of an answer."""
_PASSED = ("Content-Disposition", "Server-Timing")
"""Of an answer in another form, so much is passed on beside its length and type."""


class Link(asyncio.Protocol):
    """A connection that is free, works on a call, or passes its answer on."""

    __slots__ = ("_data", "_keeps", "_left", "_paused", "answering", "call", "since", "transport", "upstream")

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.call: Call | None = None
        self.answering = False
        """The answer's head has come."""
        self.since = 0.0
        """When it became free, in seconds of ``perf``."""
        self._data = b""
        """The beginning of a head, or an answer that is a failure of the instance."""
        self._left = 0
        """Bytes of the answer that are still to come."""
        self._keeps = True
        """The instance keeps it open after this answer."""
        self._paused = False

    # --- what the gate does -------------------------------------------------------------------------------------------

    def start(self, call: Call) -> None:
        """Send a call."""
        self.call, call.link, call.sent = call, self, perf()
        body = call.body
        head = b"%s%s%d\r\nX-Aibro-Request-Id: %s\r\n\r\n" % (
            self.upstream.head, call.admitted.fields, len(body), call.request_id
        )  # fmt: skip
        if len(body) < IN_ONE:
            self.transport.write(head + body)
        else:
            self.transport.writelines((head, body))

    def reads(self, reading: bool) -> None:
        """Go on reading an answer, or stop while its caller does not read it."""
        if reading is self._paused:
            self._paused = not reading
            if reading:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def hang_up(self) -> None:
        """Break the connection: nobody waits for this call any more."""
        call = self._release()
        self.transport.abort()
        self.upstream.given_up(call)

    def overrun(self) -> None:
        """Break the connection: the instance did not end this call in time."""
        call = self._release()
        self.transport.abort()
        self.upstream.overran(call)

    def close(self) -> None:
        """Close it; what is under way on it breaks."""
        self.transport.close()

    # --- from the loop ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.since = perf()
        self.upstream.made(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Tell what was under way that it broke."""
        self.upstream.gone(self)
        if self.call is None:
            return
        answering = self.answering
        call = self._release()
        if answering:
            self.upstream.cut_off(call)
        else:
            self.upstream.lost(call)

    def data_received(self, data: bytes) -> None:
        """Take the answer."""
        if self.call is None:
            self.transport.abort()
        elif self.answering:
            self._pass_on(self.call, data)
        else:
            if self._data:
                data, self._data = self._data + data, b""
            self._begin(self.call, data)

    def _begin(self, call: Call, data: bytes) -> None:
        """Take the head of an answer and what came with it."""
        found = ANSWER_HEAD.match(data)
        if found is None or found[5]:
            self._begin_other(call, data)
            return
        end = found.end()
        model_s = None
        if found[4] is not None:
            model_s = float(found[4]) / 1000
            self.upstream.takes_ahead = True
            self.upstream.gate.learn(model_s)
        self._answer(call, int(found[1]), int(found[2]), data[: end - 2], data[end:], model_s)

    def _begin_other(self, call: Call, data: bytes) -> None:
        """Take a head in any other form: an agent of before, or one that has more to say."""
        end = data.find(b"\r\n\r\n") + 4
        if end == 3:
            self._data = data
            if len(data) > _HEAD:
                self.transport.abort()
            return
        head = _Head(data[:end])
        if head.length is None:
            self.transport.abort()
            return
        failure = head.fields.get("x-aibro-failure", "")
        if failure in _FAILED:
            if len(data) < end + head.length:
                self._data = data
            else:
                self._fail(call, failure, keeps=head.keeps)
            return
        self._keeps = head.keeps
        model_s = head.model_s
        if model_s:
            self.upstream.gate.learn(model_s)
        self._answer(call, head.status, head.length, head.passed, data[end:], model_s)

    def _answer(self, call: Call, status: int, length: int, head: bytes, data: bytes, model_s: float | None) -> None:
        """Pass the head on with our fields, and as much of the body as came with it."""
        upstream, caller = self.upstream, call.caller
        gate = upstream.gate
        self.answering, self._left = True, length - len(data)
        took_s = gate.count(call, status, upstream.tally)
        if gate.access is not None:
            gate.access.answered(call, upstream, status, length, took_s, model_s)
        call.body = b""
        gate.answered(upstream)
        if call.wanted:
            caller.write(
                b"%s%s%s\r\n%sServer-Timing: queue;dur=%.1f, total;dur=%.1f\r\n%s%s"
                % (head, upstream.fields, call.request_id, call.admitted.shown, (call.sent - call.began) * 1000,
                   took_s * 1000, caller.ending(), data)
            )  # fmt: skip
            if self._left > 0 and caller.paused:
                self.reads(False)
        if self._left <= 0:
            self._end(call)
        upstream.begun(call)

    def _pass_on(self, call: Call, data: bytes) -> None:
        self._left -= len(data)
        if call.wanted:
            call.caller.write(data)
            if self._left > 0 and call.caller.paused:
                self.reads(False)
        if self._left <= 0:
            self._end(call)

    def _end(self, call: Call) -> None:
        """The answer is whole: the connection is free, and so is its caller."""
        keeps = self._keeps and self._left == 0
        self._release()
        self.upstream.ended()
        self._give_back(keeps=keeps)
        if call.wanted:
            call.caller.done()

    def _give_back(self, *, keeps: bool) -> None:
        if keeps:
            self.upstream.free(self)
        else:
            self.transport.abort()

    def _fail(self, call: Call, failure: str, *, keeps: bool) -> None:
        """The instance did not answer with its model."""
        upstream = self.upstream
        self._release()
        self._give_back(keeps=keeps)
        if failure == SlotCrash.code:
            upstream.broke(call, Broke.PROCESS)
        else:
            upstream.refused(call, busy=failure == Busy.code)

    def _release(self) -> Call:
        call = self.call
        assert call is not None
        self.call = call.link = None
        self.answering, self._data = False, b""
        self.since = perf()
        if self._paused:
            self.reads(True)
        return call


_FAILED = frozenset({NotReady.code, Busy.code, SlotCrash.code})


class _Head:
    """The head of an answer in any form."""

    def __init__(self, block: bytes) -> None:
        self.fields: dict[str, str] = {}
        self.status = 0
        self.length: int | None = None
        """None: it is no answer that can be passed on."""
        self.keeps = False
        parser = httptools.HttpResponseParser(self)
        try:
            parser.feed_data(block)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return
        length = self.fields.get("content-length", "")
        self.status = parser.get_status_code()
        if length.isdecimal() and "transfer-encoding" not in self.fields and self.status >= 200:
            self.length = int(length)
            self.keeps = self.fields.get("connection", "").lower() != "close"

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field."""
        self.fields[name.decode("latin-1").lower()] = value.decode("latin-1")

    @property
    def model_s(self) -> float | None:
        """The model's own time, where the answer tells it."""
        _, _, told = self.fields.get("server-timing", "").partition("model;dur=")
        try:
            return float(told) / 1000
        except ValueError:
            return None

    @property
    def passed(self) -> bytes:
        """The lines that a caller gets."""
        content_type = self.fields.get("content-type", "application/json").encode("latin-1")
        more = {name: self.fields[name.lower()] for name in _PASSED if name.lower() in self.fields}
        return answer_head(self.status, self.length or 0, content_type, fields=more)[:-2]

"""The agent's side of HTTP: who may ask, requests to the model without a task of their own, and all others with one."""

from __future__ import annotations

import asyncio
import hmac

from aibro_jupyter.clock import perf
from aibro_jupyter.errors import Unauthorized
from aibro_jupyter.http1 import Caller, Handlers, Head, Made, failure
from aibro_jupyter.worker.answers import Answers, Posted
from aibro_jupyter.worker.dispatch import Dispatch

REQUEST_ID = "X-Aibro-Request-Id"
"""The one field that a gateway varies: its server says which one that is."""
_SWEEP_S = 0.1
"""Chosen: a time limit is kept so exactly, and looking costs nothing."""
_DENIED = failure(Unauthorized("this instance answers its own gateway and control alone")).made()


class AgentService:
    """Lets in who has the instance's token."""

    def __init__(self, token: str, dispatch: Dispatch, answers: Answers, others: Handlers) -> None:
        self.rev: object = self
        self._expected = b"Bearer " + token.encode()
        self._dispatch = dispatch
        self._answers = answers
        self._others = others
        self._loop = asyncio.get_running_loop()
        self._sweeping = False

    def admit(self, head: Head) -> Made | None:
        """Refuse who has not the token; the time this takes does not tell how much of one was right."""
        given = b"Bearer " + (head.bearer or "").encode()
        if not hmac.compare_digest(given, self._expected):
            return _DENIED
        head.admitted = head.method == b"POST" and head.target.partition(b"?")[0] == b"/predict"
        return None

    def arrived(self, caller: Caller, head: Head, body: bytes) -> None:
        """Give a request to the model, any other to its handler."""
        if not head.admitted:
            self._others.arrived(caller, head, body)
            return
        at = perf()
        content_type = head.fields.get(b"content-type", b"")
        caller.call = call = Posted(self._answers, caller, body, content_type, head.varying.decode("latin-1"), at)
        self._dispatch.ask(call, at)
        if not self._sweeping:
            self._sweeping = True
            self._loop.call_later(_SWEEP_S, self._sweep)

    def left(self, caller: Caller) -> None:
        """Give up what waits; what runs goes on."""
        call = caller.call
        if not isinstance(call, Posted):
            self._others.left(caller)
        elif not call.unwanted and self._dispatch.left(call, perf()):
            caller.cut()

    def reads(self, caller: Caller, reading: bool) -> None:
        """Do nothing: an answer is whole."""

    def _sweep(self) -> None:
        # An instance that nobody asks anything sleeps.
        self._sweeping = self._dispatch.sweep(perf())
        if self._sweeping:
            self._loop.call_later(_SWEEP_S, self._sweep)

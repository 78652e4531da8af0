"""A service whose every request is a task: for what may wait, and where a few microseconds do not matter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aibro_jupyter.errors import Internal
from aibro_jupyter.http1.caller import Caller
from aibro_jupyter.http1.head import Head
from aibro_jupyter.http1.message import Made, Request, Response, failure

Handler = Callable[[Request], Awaitable[Response]]
Gatekeeper = Callable[[Head], Response | None]

_LOG = logging.getLogger(__name__)


class Handlers:
    """Answers requests with ``handler``; ``gatekeeper`` sees each head first and may answer before the body comes."""

    rev: object = None

    def __init__(self, handler: Handler, gatekeeper: Gatekeeper = lambda _head: None) -> None:
        self._handler = handler
        self._gatekeeper = gatekeeper
        self._loop = asyncio.get_running_loop()

    def admit(self, head: Head) -> Made | None:
        """Ask the gatekeeper."""
        refusal = self._gatekeeper(head)
        return None if refusal is None else refusal.made()

    def arrived(self, caller: Caller, head: Head, body: bytes) -> None:
        """Begin the handler's task."""
        request = Request(head, body)
        caller.call = request, self._loop.create_task(self._serve(caller, request))

    def left(self, caller: Caller) -> None:
        """Cancel the handler, unless it wants to go on."""
        request, task = caller.call
        request.leave(task.cancel)

    def reads(self, caller: Caller, reading: bool) -> None:
        """Do nothing: an answer is whole."""

    async def _serve(self, caller: Caller, request: Request) -> None:
        try:
            answer = await self._handler(request)
        except asyncio.CancelledError:
            caller.cut()
            raise
        except Exception:  # noqa: BLE001 -- the boundary of a request: the client gets an answer, the log the story
            _LOG.exception("a request failed inside the server")
            answer = failure(Internal("the server failed on this request", fix="its log says why"))
        caller.answer(answer.made())

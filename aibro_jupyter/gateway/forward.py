"""One accepted request on its way: to an instance, to another if that one is lost, and its answer back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from aibro_jupyter.clock import perf
from aibro_jupyter.errors import (
    AibroError,
    Busy,
    InstanceLost,
    JobEnded,
    NotFound,
    NotReady,
    NotServing,
    QueueFull,
    SlotCrash,
    TimeLimit,
)
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.gateway.slots import Gate, nothing_serves
from aibro_jupyter.http1 import Answer, Lost, Overran, Pool, Request, Response, Unreachable, failure
from aibro_jupyter.protocol import Route, Target
from aibro_jupyter.states import Role

_REST_S = 0.1
_REST_MOST_S = 2.0
"""Chosen, both: an agent starts its model anew within a moment, and a request waits no longer than it must."""


@dataclass(kw_only=True)
class Passage:
    """One request on its way, with what happened to it so far."""

    request: Request
    request_id: str
    gate: Gate
    route: Route
    began: float
    """perf() seconds."""
    table_age_s: float
    """How old the route's ``wake_expected_s`` is."""
    lost: int = 0
    crashed: int = 0
    refused: int = 0
    refused_at: float | None = None
    """When it was refused for the first time."""

    @property
    def at_most_once(self) -> bool:
        """Tell whether the caller would rather have an error than a second run."""
        return self.request.text(b"x-aibro-at-most-once").lower() in ("1", "true", "yes")


class Forwarder:
    """Sends passages to instances and answers them, whatever happens on the way."""

    def __init__(self, pool: Pool, settings: GatewaySettings) -> None:
        self._pool = pool
        self._settings = settings

    async def forward(self, passage: Passage) -> Response:
        """Return the model's answer, or the one failure that ends the request."""
        while True:
            try:
                target = await passage.gate.take()
            except (QueueFull, NotServing, JobEnded) as why:
                return turned_away(why, passage.request_id)
            try:
                ending = await self._attempt(passage, target)
            finally:
                passage.gate.give_back(target)
            if ending is not None:
                return ending

    async def _attempt(self, passage: Passage, target: Target) -> Response | None:
        """Send it once; None: it may and should be sent again."""
        queued_s = perf() - passage.began
        passage.request.detach()
        try:
            answer = await self._send(passage, target)
        except Unreachable:
            passage.gate.lost()
            return self._refused(passage, target, patience_s=self._settings.hold_s)
        except Overran:
            passage.gate.rest(target, _REST_S)
            return _time_limit(passage)
        except Lost as why:
            passage.lost += 1
            passage.gate.lost()
            passage.gate.rest(target, _REST_S)
            final = why.answered or passage.at_most_once or passage.lost > self._settings.resends
            return _lost(passage, answered=why.answered) if final else None
        match answer.headers.get("x-aibro-failure"):
            case NotReady.code:
                return self._refused(passage, target, patience_s=self._settings.hold_s)
            case Busy.code:
                return self._refused(passage, target, patience_s=passage.route.request_limit_s)
            case SlotCrash.code:
                passage.crashed += 1
                passage.gate.rest(target, _REST_S)
                again = not passage.at_most_once and passage.crashed <= self._settings.slot_crash_resends
                return None if again else _finished(passage, target, answer, queued_s)
        passage.gate.answered(target)
        return _finished(passage, target, answer, queued_s)

    def _refused(self, passage: Passage, target: Target, *, patience_s: float) -> Response | None:
        """The model never saw it, so it may be tried again for as long as the patience lasts."""
        passage.refused += 1
        passage.refused_at = passage.refused_at or perf()
        passage.gate.rest(target, min(_REST_S * 2**passage.refused, _REST_MOST_S))
        if perf() - passage.refused_at < patience_s:
            return None
        return turned_away(nothing_serves(), passage.request_id)

    async def _send(self, passage: Passage, target: Target) -> Answer:
        headers = {"X-Aibro-Request-Id": passage.request_id}
        if content_type := passage.request.text(b"content-type"):
            headers["Content-Type"] = content_type
        return await self._pool.call(
            target.endpoint,
            "POST",
            "/predict",
            token=target.token,
            headers=headers,
            body=passage.request.body,
            timeout_s=passage.route.request_limit_s + self._settings.margin_s,
            # On a kept connection a reset may mean "idle too long" or "died while running": only a new one can tell.
            fresh=passage.at_most_once,
        )


def turned_away(why: AibroError, request_id: str) -> Response:
    """Return the answer to a request that got no instance."""
    if isinstance(why, JobEnded):
        return not_found()
    return failure(why, headers={"Retry-After": "5", "X-Aibro-Request-Id": request_id}, request_id=request_id)


def not_found() -> Response:
    """Return the one answer to unknown, removed and guessed alike, byte for byte."""
    return failure(
        NotFound(
            "there is no model API at this URL, or not for this client id",
            fix="check the URL with the owner of the API: username, client id and model name must all be right",
        )
    )


def _finished(passage: Passage, target: Target, answer: Answer, queued_s: float) -> Response:
    total_s = perf() - passage.began
    timing = [f"queue;dur={queued_s * 1000:.1f}", f"total;dur={total_s * 1000:.1f}"]
    if model := answer.headers.get("server-timing"):
        timing.insert(1, model)
    headers = {
        "X-Aibro-Served-By": served_by(target.role, passage.route, passage.table_age_s + total_s),
        "X-Aibro-Request-Id": passage.request_id,
        "Server-Timing": ", ".join(timing),
        "X-Content-Type-Options": "nosniff",
    }
    if passage.route.budget:
        headers["X-Aibro-Budget"] = passage.route.budget
    if disposition := answer.headers.get("content-disposition"):
        headers["Content-Disposition"] = disposition
    return Response(status=answer.status, body=answer.body, content_type=answer.content_type, headers=headers)


def served_by(role: Role, route: Route, table_age_s: float) -> str:
    """Return the tier that answered, and while cooling wakes about how many seconds that still takes."""
    if role is Role.COOLING or route.wake_expected_s is None:
        return role.value
    return f"{role.value}; cooling-expected-s={max(0, math.ceil(route.wake_expected_s - table_age_s))}"


def _time_limit(passage: Passage) -> Response:
    return _broken_off(
        passage,
        TimeLimit(
            f"the model did not answer within {passage.route.request_limit_s} s",
            fix="send less at once, or have the owner raise the request limit",
        ),
    )


def _lost(passage: Passage, *, answered: bool) -> Response:
    when = "while it answered" if answered else "while it worked on this request"
    fix = "send it again; the request was not tried again because that could run it twice"
    return _broken_off(passage, InstanceLost(f"the instance was lost {when}", fix=fix))


def _broken_off(passage: Passage, error: AibroError) -> Response:
    return failure(error, headers={"X-Aibro-Request-Id": passage.request_id}, request_id=passage.request_id)

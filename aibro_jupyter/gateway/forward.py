"""One accepted request on its way: to an instance, to another if that one is lost, and its answer back."""

from __future__ import annotations

import math

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
from aibro_jupyter.gateway.passage import Broke, Passage
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.gateway.slots import nothing_serves
from aibro_jupyter.http1 import Answer, Lost, Overran, Pool, Response, Unreachable, failure
from aibro_jupyter.protocol import Route, Target
from aibro_jupyter.states import Role

_REST_S = 0.1
_REST_MOST_S = 2.0
"""Chosen, both: an agent starts its model anew within a moment, and a request waits no longer than it must."""


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
            if passage.request.left:
                return turned_away(nothing_serves(), passage.request_id)

    async def _attempt(self, passage: Passage, target: Target) -> Response | None:
        """Send it once; None: it may and should be sent again."""
        queued_s = perf() - passage.began
        passage.request.detach(lambda hang_up: passage.gate.nobody_waits(target, hang_up))
        try:
            answer = await self._send(passage, target)
        except Unreachable:
            passage.gate.lost()
            return self._refused(passage, target, patience_s=self._settings.hold_s)
        except Overran:
            passage.gate.rest(target, _REST_S)
            return _time_limit(passage)
        except Lost as why:
            passage.gate.lost()
            how = Broke.ANSWER if why.answered else await self._how_lost(target)
            passage.gate.rest(target, _REST_S)
            return self._broken(passage, how)
        finally:
            passage.request.attach()
        match answer.headers.get("x-aibro-failure"):
            case NotReady.code:
                return self._refused(passage, target, patience_s=self._settings.hold_s)
            case Busy.code:
                return self._refused(passage, target, patience_s=passage.route.request_limit_s)
            case SlotCrash.code:
                passage.gate.rest(target, _REST_S)
                return self._broken(passage, Broke.PROCESS)
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

    def _broken(self, passage: Passage, how: Broke) -> Response | None:
        """Return the answer to a request that is not tried again; None: it is."""
        passage.broke.append(how)
        if how is Broke.ANSWER:
            fix = "it ran, at least in part: send it again if it may run twice"
        elif passage.at_most_once:
            fix = "it was not tried again, as X-Aibro-At-Most-Once asks: send it again if it may run twice"
        elif passage.marks >= self._settings.marks:
            owner = f"`aibro logs {passage.route.model_name}` tells the owner what the model printed"
            fix = f"it is not tried again, for it may itself be what ends the model; {owner}"
        elif len(passage.broke) > self._settings.resends:
            fix = "send it again later"
        elif passage.request.left:
            fix = "it was not tried again, for its caller had closed the connection"
        else:
            return None
        kind = SlotCrash if how is Broke.PROCESS else InstanceLost
        return _broken_off(passage, kind(f"this request was {passage.tried}", fix=fix))

    async def _how_lost(self, target: Target) -> Broke:
        """Ask an instance whose connection broke whether it is still there."""
        within_s = self._settings.connect_s
        try:
            await self._pool.call(target.endpoint, "GET", "/health", token=target.token, timeout_s=within_s, fresh=True)
        except (Unreachable, Lost, Overran):
            return Broke.INSTANCE
        return Broke.CONNECTION

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
            fresh=passage.at_most_once or bool(passage.broke),
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


def _broken_off(passage: Passage, error: AibroError) -> Response:
    return failure(error, headers={"X-Aibro-Request-Id": passage.request_id}, request_id=passage.request_id)

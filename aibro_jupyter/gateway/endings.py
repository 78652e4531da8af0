"""How a request ends without a model's answer, in words for its caller."""

from __future__ import annotations

from functools import cache

from aibro_jupyter.errors import AibroError, InstanceLost, NotFound, NotServing, SlotCrash, TimeLimit
from aibro_jupyter.gateway.call import Broke, Call
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.gateway.waiting import TURNED_AWAY_S, retry_after
from aibro_jupyter.http1 import Made, failure
from aibro_jupyter.protocol import Route


@cache
def not_found() -> Made:
    """Return the one answer to unknown, removed and guessed alike, byte for byte."""
    return failure(
        NotFound(
            "there is no model API at this URL, or not for this client id",
            fix="check the URL with the owner of the API: username, client id and model name must all be right",
        )
    ).made()


def nothing_serves() -> NotServing:
    """Return what a caller reads when no instance could take the request in time."""
    return NotServing(
        "no instance of this model serves at the moment",
        fix="try again after the seconds in Retry-After; `aibro status` tells its owner why",
    )


def turned_away(why: AibroError, request_id: bytes, retry_s: float = TURNED_AWAY_S) -> Made:
    """Return the answer to a request that got no instance, and may come again after ``retry_s``."""
    return _of(request_id, why, {"Retry-After": retry_after(retry_s)})


def time_limit(call: Call, route: Route) -> Made:
    """Return the answer to a request whose instance did not end it in time."""
    why = TimeLimit(
        f"the model did not answer within {route.request_limit_s} s",
        fix="send less at once, or have the owner raise the request limit",
    )
    return _of(call.request_id, why)


def broken(call: Call, model_name: str, settings: GatewaySettings) -> Made | None:
    """Return the answer to a request that broke and is not tried again; None: it is."""
    if call.admitted.at_most_once:
        fix = "it was not tried again, as X-Aibro-At-Most-Once asks: send it again if it may run twice"
    elif call.marks >= settings.marks:
        owner = f"`aibro logs {model_name}` tells the owner what the model printed"
        fix = f"it is not tried again, for it may itself be what ends the model; {owner}"
    elif len(call.broke) > settings.resends:
        fix = "send it again later"
    elif call.left:
        fix = "it was not tried again, for its caller had closed the connection"
    else:
        return None
    kind = SlotCrash if call.broke[-1] is Broke.PROCESS else InstanceLost
    return _of(call.request_id, kind(f"this request was {call.tried}", fix=fix))


def _of(request_id: bytes, why: AibroError, headers: dict[str, str] | None = None) -> Made:
    told = request_id.decode()
    return failure(why, headers={**(headers or {}), "X-Aibro-Request-Id": told}, request_id=told).made()

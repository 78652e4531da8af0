"""Web pages of other origins: which may call, and what a browser has to be told so that it lets them (CORS)."""

from __future__ import annotations

from aibro_jupyter.http1 import Head, Response
from aibro_jupyter.protocol import ANY_ORIGIN, Route

_ASKED = "authorization, content-type, idempotency-key, prefer, traceparent, x-aibro-at-most-once"
_SHOWN = "retry-after, server-timing, x-aibro-budget, x-aibro-request-id, x-aibro-served-by"
_KEPT_S = 600
"""Chosen: what was taken back holds after ten minutes in every browser; each looks again only so often."""


def origin_is_foreign(route: Route, origin: str) -> bool:
    """Tell whether a web page that the job does not know sent this. The API's own page runs no script."""
    return origin != "" and origin not in route.allowed_origins and ANY_ORIGIN not in route.allowed_origins


def shown_to(route: Route, origin: str) -> dict[str, str]:
    """Return the fields by which a browser lets a page of this origin read an answer; none for who is no page."""
    if origin == "" or origin_is_foreign(route, origin):
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _SHOWN, "Vary": "Origin"}


def asks_first(head: Head) -> bool:
    """Tell whether a browser asks whether a page may call: it names no client, for it sends no credentials then."""
    return head.method == b"OPTIONS" and b"origin" in head.fields and b"access-control-request-method" in head.fields


def may_call(route: Route, origin: str) -> Response:
    """Return the answer to a browser that asks first, for a page that may."""
    asked = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": _ASKED,
        "Access-Control-Max-Age": str(_KEPT_S),
    }
    return Response(headers=shown_to(route, origin) | asked)

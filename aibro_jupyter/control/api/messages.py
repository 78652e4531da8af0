"""How handlers read requests and write answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web

from aibro_jupyter.errors import BadRequest
from aibro_jupyter.protocol import decode, encode

T = TypeVar("T")
D = TypeVar("D")
LONGEST_WAIT_S = 60.0
"""The longest a long poll is kept."""


def answer(message: Any, status: int = 200, **headers: str) -> web.Response:
    """Return a protocol message as an answer."""
    return web.Response(status=status, body=encode(message), content_type="application/json", headers=headers)


async def asked(request: web.Request, kind: type[T]) -> T:
    """Return the request's body as a protocol message."""
    return decode(await request.read(), kind)


def number(request: web.Request, name: str, default: D, kind: Callable[[str], T]) -> T | D:
    """Return a number from the query; one that is none raises ``BadRequest``."""
    text = request.query.get(name)
    try:
        return default if text is None else kind(text)
    except ValueError as error:
        raise BadRequest(f"{name} must be a number, not {text[:20] if text else text!r}") from error

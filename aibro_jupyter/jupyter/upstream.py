"""Where control is, and one request to it: looked up anew each time, so that a restarted backend is found at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

from aibro_jupyter import lifeline
from aibro_jupyter.client import ensure
from aibro_jupyter.client.connection import HANGS
from aibro_jupyter.client.sessions import ca_file
from aibro_jupyter.client.token import shared
from aibro_jupyter.errors import BackendDown
from aibro_jupyter.home import home

_START = "run `%aibro deploy predict` in a notebook, or `aibro up` in a terminal"
_ANSWER_S = 60.0
"""Longer than the longest call that is passed on: a long poll of 20 s, or the 5 s that gateways have to confirm."""
MAX_ANSWER = 64 << 20
"""Chosen: far more than control ever answers; what is larger is no control."""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """An address of control and the token that opens it."""

    url: str
    token: str = field(repr=False)


def locate() -> Backend:
    """Return the shared backend if one is used, else the embedded one; never starts it. Blocking.

    Raises ``BackendDown`` when none runs, ``DatabaseRefused`` when that is why, ``Unauthorized`` when a shared one's
    token is missing, ``VersionSkew``.
    """
    if (elsewhere := shared()) is not None:
        return Backend(url=elsewhere.url, token=elsewhere.token)
    info = ensure.daemon_info(home())
    if info is None:
        if (why := ensure.refused(home())) is not None:
            raise why
        if lifeline.is_held(home().daemon_lock):
            raise BackendDown("a backend is just starting, or ending", fix="`aibro up` waits until one answers")
        raise BackendDown("no backend runs on this computer", fix=_START)
    return Backend(url=info.control_url, token=info.token)


def died() -> bool:
    """Tell whether the embedded daemon ended without being asked to: its description is left, its lock is free."""
    here = home()
    return here.daemon_json.exists() and not lifeline.is_held(here.daemon_lock) and shared() is None


def advice() -> str:
    """Return what to do about a backend that gave no answer. Blocking."""
    if (elsewhere := shared()) is not None:
        return elsewhere.lost
    return HANGS if lifeline.is_held(home().daemon_lock) else _START


class Upstream:
    """Sends requests to control, with the token added."""

    def __init__(self) -> None:
        self._http: AsyncHTTPClient | None = None

    async def ask(self, verb: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HTTPResponse:
        """Return control's answer, whatever its status; no answer raises ``BackendDown``."""
        backend = await asyncio.to_thread(locate)
        request = HTTPRequest(
            backend.url + target,
            method=verb,
            headers={**headers, "Authorization": f"Bearer {backend.token}"},
            body=body,
            connect_timeout=5,
            request_timeout=_ANSWER_S,
            ca_certs=ca_file(),
            follow_redirects=False,
        )
        try:
            return await self._client().fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            raise BackendDown(
                f"the backend at {backend.url} does not answer",
                fix=await asyncio.to_thread(advice),
                details=str(error),
            ) from error

    def _client(self) -> AsyncHTTPClient:
        if self._http is None:
            # Our own instance: the shared one's ten connections would be eaten by long polls.
            self._http = AsyncHTTPClient(force_instance=True, max_clients=100, max_body_size=MAX_ANSWER)
        return self._http

    def close(self) -> None:
        """Close what is open."""
        if self._http is not None:
            self._http.close()
            self._http = None

"""A connection to control: the token on every call, a deadline, one more try, and refusals as the errors they are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import requests
from requests.auth import AuthBase

from aibro_jupyter.client.predict import CONNECT_S
from aibro_jupyter.client.sessions import TRUST, session
from aibro_jupyter.errors import AibroError, BackendDown, VersionSkew
from aibro_jupyter.protocol import HEALS_S, PROTOCOL, Refusal, decode, encode

T = TypeVar("T")
STARTS = "`aibro status` shows whether it runs, `aibro up` starts it"
"""What to do where the backend on this computer cannot be reached."""
HANGS = (
    f"it runs: what hangs is started again by itself within {HEALS_S} s, try again then; if that does not help, "
    "`aibro down` ends it whatever state it is in, and `aibro up` starts it anew, with all jobs kept"
)
"""What to do where the backend on this computer runs but says nothing."""
_PIECE = 2**20
ANSWER_S = 30
"""Chosen: one message takes milliseconds, a backend that starts takes seconds."""


class Connection:
    """Calls to one backend; any may raise what it refuses with, ``BackendDown`` or ``VersionSkew``."""

    def __init__(self, url: str, token: str, lost: str = "") -> None:
        self.url = url.rstrip("/")
        self._lost = lost
        self._session = session(self.url)
        self._session.auth = _Bearer(token)

    def close(self) -> None:
        """Close the connections; a later call opens them anew."""
        self._session.close()

    def get(self, path: str, kind: type[T], **options: Any) -> T:
        """Return what stands at a path; options as of ``call``."""
        return decode(self.call("GET", path, **options).content, kind)

    def send(self, method: str, path: str, kind: type[T], message: Any = None, **options: Any) -> T:
        """Send a message, or nothing, and return the answer; options as of ``call``."""
        data = b"" if message is None else encode(message)
        return decode(self.call(method, path, data=data, **options).content, kind)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        data: Any = None,
        answer_s: float = ANSWER_S,
        missing_ok: bool = False,
        again: Callable[[], None] = lambda: None,
        stream: bool = False,
    ) -> requests.Response:
        """Make a call, and once more if the connection broke: every call of ours means the same when it is repeated."""
        kind = {"Content-Type": "application/json"} if isinstance(data, bytes) and data else {}
        for last in (False, True):
            try:
                answer = self._session.request(
                    method,
                    self.url + path,
                    params=params,
                    headers=kind | (headers or {}),
                    data=data,
                    timeout=(CONNECT_S, answer_s),
                    allow_redirects=False,
                    stream=stream,
                )
                break
            except requests.RequestException as error:
                if last:
                    raise _down(self.url, error, self._lost) from error
                again()
        _check_protocol(self.url, answer)
        if answer.status_code >= 400 and not (missing_ok and answer.status_code == 404):
            raise _refusal(answer)
        return answer

    def fetch(self, path: str, into: Path, *, answer_s: float) -> None:
        """Write what stands at a path to a file, piece by piece."""
        for last in (False, True):
            try:
                with self.call("GET", path, answer_s=answer_s, stream=True) as answer, into.open("wb") as file:
                    file.writelines(answer.iter_content(_PIECE))
                return
            except requests.RequestException as error:
                if last:
                    raise _down(self.url, error, self._lost) from error


class _Bearer(AuthBase):
    """Adds the token last, so that a .netrc does not put its own in its place."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def _down(url: str, error: requests.RequestException, lost: str) -> BackendDown:
    if isinstance(error, requests.exceptions.SSLError):
        fix = f"where its certificate is your own, {TRUST[0]} names the file of the authority that signed it"
        return BackendDown(f"the backend at {url} shows a certificate that is not trusted here", fix=fix)
    slow = isinstance(error, requests.Timeout)
    return BackendDown(
        f"the backend at {url} {'does not answer in time' if slow else 'cannot be reached'}",
        # A backend of somebody else is for its owner to heal.
        fix=lost or (HANGS if slow else STARTS),
        details=type(error).__name__,
    )


def _refusal(answer: requests.Response) -> AibroError:
    try:
        return decode(answer.content, Refusal).fact()
    except AibroError:
        return AibroError(
            f"the backend answered {answer.status_code} {answer.reason}", fix="its log says more: `aibro doctor`"
        )


def _check_protocol(url: str, answer: requests.Response) -> None:
    theirs = answer.headers.get("X-Aibro-Protocol")
    if theirs is not None and theirs != str(PROTOCOL):
        raise skew(url, f"protocol {theirs}", "its own Python")


def skew(url: str, version: str, python: str) -> VersionSkew:
    """Return the error for a backend that speaks another protocol, with both versions, both paths and the fix."""
    return VersionSkew(
        f"this is aibro_jupyter {metadata.version('aibro_jupyter')} (protocol {PROTOCOL}, {sys.executable}), "
        f"but the backend at {url} is {version} ({python})",
        fix="install the same version on both sides; a backend of yours ends with `aibro down` "
        "and the next deploy starts this version, with all jobs kept",
    )

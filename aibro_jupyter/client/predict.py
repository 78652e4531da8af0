"""Call a deployed model: `predict(url, data)`, patient with a backend that restarts or wakes."""

from __future__ import annotations

import json
import mimetypes
import time
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import requests
from requests.exceptions import ChunkedEncodingError
from urllib3.exceptions import NewConnectionError

from aibro_jupyter import clock
from aibro_jupyter.client.arguments import FILES, checked
from aibro_jupyter.client.kinds import SPAN, TEXT
from aibro_jupyter.client.sessions import is_here, session
from aibro_jupyter.errors import BadRequest, PredictFailed
from aibro_jupyter.masking import masked_url
from aibro_jupyter.modelio.bodies import Body, body_of
from aibro_jupyter.modelio.faults import BadValue
from aibro_jupyter.modelio.values import table_kind
from aibro_jupyter.protocol import HEALS_S, Refusal, decode

CONNECT_S = 5
PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
"""Chosen, both: pauses double from one to the other, so a restart is hardly felt and a long absence not hammered."""
NOBODY_S = 20
"""A gateway that restarts refuses no connection: where nobody listens for longer, the backend is down."""
_AWAY_HERE = "`aibro status` shows whether its backend runs, `aibro up` starts it"
_SLOW_HERE = (
    "its model may take longer than this call waits, and `aibro status` shows its instances; "
    f"a gateway that hangs is started again by itself within {HEALS_S} s, try again then"
)

Files = str | PathLike[str] | Mapping[str, str | PathLike[str]]


@checked(url=TEXT, files=FILES, timeout_s=SPAN)
def predict(url: str, data: Any = None, files: Files | None = None, timeout_s: float = 600) -> Any:
    """Call an API and return the model's decoded answer.

    A broken connection and a 503 are tried again until ``timeout_s`` is over; where nobody listens, for 20 s at most.

    Args:
        url: The predict URL.
        data: A dict, list, number, DataFrame, Series or array goes as JSON, a str as text, bytes as they are.
        files: A path, or paths by field name, sent as multipart; not together with ``data``.
        timeout_s: Seconds for everything, repeats included.

    Returns:
        What JSON holds; a str for any other text, bytes for anything else.

    Raises:
        PredictFailed: The API's own message, with its HTTP status in ``status_code``.
    """
    return post(url, data, files, timeout_s).value


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An answer, and what came with it."""

    value: Any
    kind: str
    """dataframe, series or ndarray where the model returned one; else empty."""
    labels: Any
    """Of such a table: None, ``"object"`` (a Series by label), or the names of the columns that are its labels."""
    served_by: str
    """standby or cooling."""
    request_id: str


def post(url: str, data: Any = None, files: Files | None = None, timeout_s: float = 600) -> Answered:
    """Do what ``predict`` does, and say who answered."""
    if data is not None and files is not None:
        raise PredictFailed("data and files were both given", status_code=400, fix="send one of them")
    called_at = clock.now()
    deadline = called_at + timeout_s
    key = uuid.uuid4().hex
    pause_s = PAUSE_S
    with session(url) as http:
        while True:
            left_s = deadline - clock.now()
            try:
                answer = _post(http, url, data, files, key, max(left_s, 1.0))
            except (requests.ConnectionError, requests.Timeout, ChunkedEncodingError) as error:
                failure = _unreachable(url, error)
                wait_s = pause_s
                if _nobody_listens(error):
                    deadline = min(deadline, called_at + NOBODY_S)
            except requests.RequestException as error:
                raise PredictFailed(f"{masked_url(url)} cannot be called: {type(error).__name__}") from None
            else:
                if answer.status_code != 503:
                    return _answered(url, answer)
                failure = _refused(url, answer)
                wait_s = _retry_after_s(answer, pause_s)
            if clock.now() + wait_s >= deadline:
                raise failure from None
            time.sleep(wait_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def body(data: Any) -> Body:
    """Return what to send for a value: what the proof posted for it. One that no body can carry is refused."""
    try:
        return body_of(data)
    except BadValue as error:
        raise PredictFailed(
            str(error), status_code=400, fix="send dicts, lists, numbers, text, bytes, a DataFrame or an array"
        ) from error


def _post(
    http: requests.Session, url: str, data: Any, files: Files | None, key: str, left_s: float
) -> requests.Response:
    # The same for every repeat of a call. No gateway reads it yet, so a repeat may run a second time.
    headers = {"Idempotency-Key": key}
    timeout = (min(CONNECT_S, left_s), left_s)
    if files is None:
        sent = body(data)
        headers["Content-Type"] = sent.content_type
        return http.post(url, data=sent.content, headers=headers, timeout=timeout, allow_redirects=False)
    named = files if isinstance(files, Mapping) else {"file": files}
    with ExitStack() as stack:
        parts = {}
        for field, name in named.items():
            path = Path(name)
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            parts[field] = (path.name, stack.enter_context(_opened(path)), kind)
        return http.post(url, files=parts, headers=headers, timeout=timeout, allow_redirects=False)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise PredictFailed(
            f"{path} cannot be read: {error.strerror}",
            status_code=400,
            fix=f"give a file that is there; a relative path begins at {Path.cwd()}",
        ) from None


def _answered(url: str, answer: requests.Response) -> Answered:
    value = _decoded(url, answer)
    kind, labels = table_kind(answer.headers.get("Content-Type", ""))
    return Answered(
        value=value,
        kind=kind,
        labels=labels,
        served_by=answer.headers.get("X-Aibro-Served-By", "").partition(";")[0],
        request_id=answer.headers.get("X-Aibro-Request-Id", ""),
    )


def _decoded(url: str, answer: requests.Response) -> Any:
    if answer.status_code >= 300:
        raise _refused(url, answer)
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind == "application/json":
        return answer.json()
    return answer.text if kind.startswith("text/") else answer.content


def _refused(url: str, answer: requests.Response) -> PredictFailed:
    try:
        told = decode(answer.content, Refusal).error
        message, because, fix = told.message, told.code, told.fix
        if told.sample is not None:
            fix = f"a body that fits: {json.dumps(told.sample)}"
    except BadRequest:  # somebody else's answer, of a proxy or a server that is no gateway
        message, because, fix = f"the API answered {answer.status_code} {answer.reason}", "", ""
    request_id = answer.headers.get("X-Aibro-Request-Id", "")
    return PredictFailed(
        message,
        status_code=answer.status_code,
        because=because,
        fix=fix,
        details=f"{masked_url(url)} request {request_id}" if request_id else masked_url(url),
    )


def _unreachable(url: str, error: Exception) -> PredictFailed:
    slow = isinstance(error, requests.ReadTimeout)
    return PredictFailed(
        f"{masked_url(url)} {'did not answer in time' if slow else 'cannot be reached'}",
        status_code=504 if slow else 502,
        fix=(_SLOW_HERE if slow else _AWAY_HERE) if is_here(url) else "ask its owner whether the backend runs",
        details=type(error).__name__,
    )


def _nobody_listens(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def _retry_after_s(answer: requests.Response, otherwise: float) -> float:
    try:
        return min(max(float(answer.headers["Retry-After"]), 0.0), 60.0)
    except (KeyError, ValueError):
        return otherwise

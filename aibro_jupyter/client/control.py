"""The control API from the caller's side: every call has a deadline, and a refusal comes back as the error it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http import HTTPStatus
from importlib import metadata
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase

from aibro_jupyter.client.predict import LOOPBACK
from aibro_jupyter.errors import AibroError, BackendDown, VersionSkew
from aibro_jupyter.protocol import (
    PROTOCOL,
    ClientsUpdate,
    ClientsView,
    CoolingSwitch,
    CostView,
    DeployRequest,
    DrillRequest,
    DrillView,
    EventView,
    JobView,
    Limits,
    LockRequest,
    LockView,
    LogsView,
    MachineView,
    OnProgress,
    Progress,
    Refusal,
    SecretsUpdate,
    SecretsView,
    StatusView,
    TimelineView,
    VersionRequest,
    decode,
    encode,
)

T = TypeVar("T")
CONNECT_S = 5
ANSWER_S = 30
RESOLVE_S = 300
UPLOAD_S = 600
"""Chosen by what is waited for: a connection, one message, uv's resolving, a repo on a slow line."""
PARK_S = 900
"""Parking waits for requests under way to finish."""


class ControlClient:
    """One backend's control API. Any call may raise what the backend refuses with, or ``BackendDown``."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._etag: str | None = None
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.trust_env = urlsplit(self.url).hostname not in LOOPBACK

    def __repr__(self) -> str:
        return f"ControlClient({self.url!r})"

    def close(self) -> None:
        """Close the connections; a later call opens them anew."""
        self._session.close()

    def status(self) -> StatusView:
        """Return everything there is."""
        return self._seen(self._call("GET", "/api/status"))

    def changed_status(self) -> StatusView | None:
        """Return everything there is; None: nothing changed since this client asked last."""
        answer = self._call("GET", "/api/status", headers={"If-None-Match": self._etag} if self._etag else {})
        return None if answer.status_code == HTTPStatus.NOT_MODIFIED else self._seen(answer)

    def _seen(self, answer: requests.Response) -> StatusView:
        self._etag = answer.headers.get("ETag")
        return decode(answer.content, StatusView)

    def has_bundle(self, sha256: str) -> bool:
        """Tell whether the backend has that archive."""
        return self._call("HEAD", f"/api/bundles/{sha256}", missing_ok=True).status_code == 200

    def put_bundle(self, path: Path, sha256: str, on_progress: OnProgress | None = None) -> None:
        """Send an archive; ``on_progress`` hears of bytes."""
        with path.open("rb") as file:
            body = _Upload(file, path.stat().st_size, on_progress)
            self._call("PUT", f"/api/bundles/{sha256}", data=body, answer_s=UPLOAD_S, again=body.rewind)

    def get_bundle(self, sha256: str, into: Path) -> Path:
        """Fetch an archive that was sent and return its file, which must not be there yet; ``NotFound``."""
        answer = self._call("GET", f"/api/bundles/{sha256}", answer_s=UPLOAD_S)
        into.write_bytes(answer.content)
        return into

    def resolve(self, requirements: str, python: str) -> LockView:
        """Return the lock of a requirements text for a Python minor; ``BadRequirements``, ``NoInterpreter``."""
        wanted = LockRequest(requirements=requirements, python=python)
        return self._post("/api/locks", LockView, wanted, answer_s=RESOLVE_S)

    def deploy(self, request: DeployRequest) -> JobView:
        """Start a job; the same request again is the same job. ``NameTaken``."""
        return self._post("/api/jobs", JobView, request)

    def job(self, job_id: str, after: int | None = None, wait_s: float = 20) -> JobView:
        """Return a job; with ``after``, as soon as its revision is newer, at the latest after ``wait_s``."""
        params = {} if after is None else {"after": str(after), "wait_s": str(wait_s)}
        answer_s = ANSWER_S if after is None else ANSWER_S + wait_s
        return self._get(_job(job_id), JobView, params=params, answer_s=answer_s)

    def job_named(self, model_name: str) -> JobView:
        """Return the active job of that model name; ``NoSuchJob``."""
        return self._get("/api/jobs", JobView, params={"model_name": model_name})

    def new_version(self, job_id: str, request: VersionRequest) -> JobView:
        """Bring up a new version of a job; the same request again is the same version. ``JobEnded``."""
        return self._post(f"{_job(job_id)}/versions", JobView, request)

    def complete(self, job_id: str) -> JobView:
        """End a job; its API is closed when this returns, or ``NotConfirmed``."""
        return self._post(f"{_job(job_id)}/complete", JobView)

    def keep_secrets(self, job_id: str, values: dict[str, str]) -> SecretsView:
        """Add or replace secrets of a job, which may be about to be made; return the names and the set's key."""
        answer = self._call("PUT", f"{_job(job_id)}/secrets", data=encode(SecretsUpdate(values=values)))
        return decode(answer.content, SecretsView)

    def secrets(self, job_id: str) -> SecretsView:
        """Return the names of a job's secrets; values never come back."""
        return self._get(f"{_job(job_id)}/secrets", SecretsView)

    def clients(self, job_id: str) -> ClientsView:
        """Return who may call, in clear."""
        return self._get(f"{_job(job_id)}/clients", ClientsView)

    def update_clients(self, job_id: str, update: ClientsUpdate) -> ClientsView:
        """Change who may call; effective when this returns, or ``NotConfirmed``."""
        answer = self._call("PATCH", f"{_job(job_id)}/clients", data=encode(update))
        return decode(answer.content, ClientsView)

    def events(self, job_id: str) -> list[EventView]:
        """Return what happened to a job, oldest first."""
        return self._get(f"{_job(job_id)}/events", list[EventView])

    def logs(
        self, job_id: str, lines: int = 200, *, request: str = "", after: str | None = None, wait_s: float = 20
    ) -> LogsView:
        """Return the last lines of a job's instances; ``request``: only about one.

        With ``after``, the cursor of an earlier answer: what came since, as soon as something did.
        """
        asked = {"lines": str(lines)} | ({"request": request} if request else {})
        if after is None:
            return self._get(f"{_job(job_id)}/logs", LogsView, params=asked)
        asked |= {"after": after, "wait_s": str(wait_s)}
        return self._get(f"{_job(job_id)}/logs", LogsView, params=asked, answer_s=ANSWER_S + wait_s)

    def rollback(self, job_id: str) -> JobView:
        """Let the version that served before come up beside and take over; ``NoEarlierVersion``."""
        return self._post(f"{_job(job_id)}/rollback", JobView)

    def cooling(self, job_id: str, *, off: bool) -> JobView:
        """Switch a job's cooling instance off for good, or on again."""
        return self._post(f"{_job(job_id)}/cooling", JobView, CoolingSwitch(off=off))

    def drill(self, job_id: str, request: DrillRequest) -> DrillView:
        """Break one instance on purpose; ``NothingToDrill``."""
        return self._post(f"{_job(job_id)}/drill", DrillView, request)

    def limit(self, job_id: str, limits: Limits) -> JobView:
        """Replace what a job may cost and for how long."""
        answer = self._call("PATCH", f"{_job(job_id)}/limits", data=encode(limits))
        return decode(answer.content, JobView)

    def limit_all(self, limits: Limits) -> StatusView:
        """Replace what all jobs together may cost."""
        answer = self._call("PUT", "/api/budget", data=encode(limits))
        return decode(answer.content, StatusView)

    def timeline(self, job_id: str, hours: float = 24) -> TimelineView:
        """Return the last hours of a job, to be drawn."""
        return self._get(f"{_job(job_id)}/timeline", TimelineView, params={"hours": f"{hours:g}"})

    def cost(self, job_id: str) -> CostView:
        """Return a job's money and the intervals it comes from."""
        return self._get(f"{_job(job_id)}/cost", CostView)

    def machines(self) -> list[MachineView]:
        """Return the catalogue."""
        return self._get("/api/machines", list[MachineView])

    def park(self) -> StatusView:
        """Drain and stop every instance, keeping the jobs; returns when all are down, or ``NotConfirmed``."""
        return self._post("/api/park", StatusView, answer_s=PARK_S)

    def _get(self, path: str, kind: type[T], **options: Any) -> T:
        return decode(self._call("GET", path, **options).content, kind)

    def _post(self, path: str, kind: type[T], message: Any = None, **options: Any) -> T:
        data = b"" if message is None else encode(message)
        return decode(self._call("POST", path, data=data, **options).content, kind)

    def _call(
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
                )
                break
            except requests.RequestException as error:
                if last:
                    raise _down(self.url, error) from error
                again()
        _check_protocol(self.url, answer)
        if answer.status_code >= 400 and not (missing_ok and answer.status_code == 404):
            raise _refusal(answer)
        return answer


class _Bearer(AuthBase):
    """Adds the token last, so that a .netrc does not put its own in its place."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class _Upload:
    """A file that tells how far it was read; its length is known, so it is not sent in chunks."""

    def __init__(self, file: IO[bytes], size: int, on_progress: OnProgress | None) -> None:
        self._file = file
        self._size = size
        self._tell = on_progress or (lambda _: None)
        self._sent = 0

    def __len__(self) -> int:
        return self._size

    def read(self, count: int = -1) -> bytes:
        piece = self._file.read(count)
        self._sent += len(piece)
        self._tell(Progress(text="sending", done=self._sent, total=self._size, unit="bytes"))
        return piece

    def rewind(self) -> None:
        self._sent = self._file.seek(0)


def _job(job_id: str) -> str:
    return f"/api/jobs/{quote(job_id, safe='')}"


def _down(url: str, error: requests.RequestException) -> BackendDown:
    slow = isinstance(error, requests.Timeout)
    return BackendDown(
        f"the backend at {url} {'does not answer in time' if slow else 'cannot be reached'}",
        fix="`aibro status` shows whether it runs, `aibro up` starts it"
        if urlsplit(url).hostname in LOOPBACK
        else "check AIBRO_URL, and that the shared backend runs",
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

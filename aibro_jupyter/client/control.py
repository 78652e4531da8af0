"""The control API from the caller's side: a method a call, with what it may be refused with."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.parse import quote

import requests

from aibro_jupyter.client.connection import ANSWER_S, Connection
from aibro_jupyter.protocol import (
    ClientsUpdate,
    ClientsView,
    CoolingSwitch,
    CostView,
    DeployRequest,
    DiskView,
    DrillRequest,
    DrillView,
    EndUnknown,
    EventView,
    JobView,
    Limits,
    LockRequest,
    LockView,
    LogsView,
    MachineView,
    OnProgress,
    Progress,
    PrunedView,
    PruneRequest,
    SecretsUpdate,
    SecretsView,
    StatusView,
    Terms,
    TermsUpdate,
    TimelineView,
    VersionRequest,
    decode,
)

RESOLVE_S = 300
UPLOAD_S = 600
"""Chosen by what is waited for: uv's resolving, a repo on a slow line."""
DISK_S = 300
"""Chosen: environments of deep learning have a hundred thousand files."""
PARK_S = 30
"""Parking waits for requests under way to finish."""


class ControlClient:
    """One backend's control API. Any call may raise what the backend refuses with, or ``BackendDown``.

    ``lost`` says what to do where it cannot be reached; empty: it is the one on this computer.
    """

    def __init__(self, url: str, token: str, *, lost: str = "") -> None:
        self._connection = Connection(url, token, lost)
        self._etag: str | None = None

    @property
    def url(self) -> str:
        """Where the backend listens, without a slash at its end."""
        return self._connection.url

    def __repr__(self) -> str:
        return f"ControlClient({self.url!r})"

    def close(self) -> None:
        """Close the connections; a later call opens them anew."""
        self._connection.close()

    def status(self, answer_s: float = ANSWER_S) -> StatusView:
        """Return everything there is."""
        return self._seen(self._connection.call("GET", "/api/status", answer_s=answer_s))

    def changed_status(self) -> StatusView | None:
        """Return everything there is; None: nothing changed since this client asked last."""
        known = {"If-None-Match": self._etag} if self._etag else {}
        answer = self._connection.call("GET", "/api/status", headers=known)
        return None if answer.status_code == HTTPStatus.NOT_MODIFIED else self._seen(answer)

    def _seen(self, answer: requests.Response) -> StatusView:
        self._etag = answer.headers.get("ETag")
        return decode(answer.content, StatusView)

    def has_bundle(self, sha256: str) -> bool:
        """Tell whether the backend has that archive."""
        return self._connection.call("HEAD", f"/api/bundles/{sha256}", missing_ok=True).status_code == 200

    def put_bundle(self, path: Path, sha256: str, on_progress: OnProgress | None = None) -> None:
        """Send an archive; ``on_progress`` hears of bytes."""
        with path.open("rb") as file:
            body = _Upload(file, path.stat().st_size, on_progress)
            self._connection.call("PUT", f"/api/bundles/{sha256}", data=body, answer_s=UPLOAD_S, again=body.rewind)

    def get_bundle(self, sha256: str, into: Path) -> Path:
        """Fetch an archive that was sent and return its file, which must not be there yet; ``NotFound``."""
        self._connection.fetch(f"/api/bundles/{sha256}", into, answer_s=UPLOAD_S)
        return into

    def resolve(self, requirements: str, python: str) -> LockView:
        """Return the lock of a requirements text for a Python minor; ``BadRequirements``, ``NoInterpreter``."""
        wanted = LockRequest(requirements=requirements, python=python)
        return self._connection.send("POST", "/api/locks", LockView, wanted, answer_s=RESOLVE_S)

    def deploy(self, request: DeployRequest) -> JobView:
        """Start a job; the same request again is the same job. ``NameTaken``."""
        return self._connection.send("POST", "/api/jobs", JobView, request)

    def job(self, job_id: str, after: int | None = None, wait_s: float = 20) -> JobView:
        """Return a job; with ``after``, as soon as its revision is newer, at the latest after ``wait_s``."""
        params = {} if after is None else {"after": str(after), "wait_s": str(wait_s)}
        answer_s = ANSWER_S if after is None else ANSWER_S + wait_s
        return self._connection.get(_job(job_id), JobView, params=params, answer_s=answer_s)

    def job_named(self, model_name: str, *, ended: bool = False) -> JobView:
        """Return the active job of that model name; ``ended``: else the newest one that has ended; ``NoSuchJob``."""
        params = {"model_name": model_name} | ({"ended": "1"} if ended else {})
        return self._connection.get("/api/jobs", JobView, params=params)

    def new_version(self, job_id: str, request: VersionRequest) -> JobView:
        """Bring up a new version of a job; the same request again is the same version. ``JobEnded``."""
        return self._connection.send("POST", f"{_job(job_id)}/versions", JobView, request)

    def complete(self, job_id: str) -> JobView:
        """End a job; its API is closed when this returns, or ``NotConfirmed``."""
        return self._connection.send("POST", f"{_job(job_id)}/complete", JobView)

    def keep_secrets(self, job_id: str, values: dict[str, str]) -> SecretsView:
        """Add or replace secrets of a job, which may be about to be made; return the names and the set's key."""
        return self._connection.send("PUT", f"{_job(job_id)}/secrets", SecretsView, SecretsUpdate(values=values))

    def secrets(self, job_id: str) -> SecretsView:
        """Return the names of a job's secrets; values never come back."""
        return self._connection.get(f"{_job(job_id)}/secrets", SecretsView)

    def clients(self, job_id: str) -> ClientsView:
        """Return who may call, in clear."""
        return self._connection.get(f"{_job(job_id)}/clients", ClientsView)

    def update_clients(self, job_id: str, update: ClientsUpdate) -> ClientsView:
        """Change who may call; effective when this returns, or ``NotConfirmed``."""
        return self._connection.send("PATCH", f"{_job(job_id)}/clients", ClientsView, update)

    def events(self, job_id: str) -> list[EventView]:
        """Return what happened to a job, oldest first."""
        return self._connection.get(f"{_job(job_id)}/events", list[EventView])

    def logs(
        self, job_id: str, lines: int = 200, *, request: str = "", after: str | None = None, wait_s: float = 20
    ) -> LogsView:
        """Return the last lines of a job's instances; ``request``: only about one.

        With ``after``, the cursor of an earlier answer: what came since, as soon as something did.
        """
        asked = {"lines": str(lines)} | ({"request": request} if request else {})
        if after is None:
            return self._connection.get(f"{_job(job_id)}/logs", LogsView, params=asked)
        asked |= {"after": after, "wait_s": str(wait_s)}
        return self._connection.get(f"{_job(job_id)}/logs", LogsView, params=asked, answer_s=ANSWER_S + wait_s)

    def rollback(self, job_id: str) -> JobView:
        """Let the version that served before come up beside and take over; ``NoEarlierVersion``."""
        return self._connection.send("POST", f"{_job(job_id)}/rollback", JobView)

    def cooling(self, job_id: str, *, off: bool) -> JobView:
        """Switch a job's cooling instance off for good, or on again."""
        return self._connection.send("POST", f"{_job(job_id)}/cooling", JobView, CoolingSwitch(off=off))

    def drill(self, job_id: str, request: DrillRequest) -> DrillView:
        """Break one instance on purpose; ``NothingToDrill``."""
        return self._connection.send("POST", f"{_job(job_id)}/drill", DrillView, request)

    def limit(self, job_id: str, limits: Limits) -> JobView:
        """Replace what a job may cost and for how long."""
        return self._connection.send("PATCH", f"{_job(job_id)}/limits", JobView, limits)

    def terms(self, job_id: str) -> Terms:
        """Return what callers of a job may take, with single clients in clear."""
        return self._connection.get(f"{_job(job_id)}/terms", Terms)

    def update_terms(self, job_id: str, update: TermsUpdate) -> Terms:
        """Change what callers of a job may take, and return it."""
        return self._connection.send("PATCH", f"{_job(job_id)}/terms", Terms, update)

    def limit_all(self, limits: Limits) -> StatusView:
        """Replace what all jobs together may cost."""
        return self._connection.send("PUT", "/api/budget", StatusView, limits)

    def timeline(self, job_id: str, hours: float = 24) -> TimelineView:
        """Return the last hours of a job, to be drawn."""
        return self._connection.get(f"{_job(job_id)}/timeline", TimelineView, params={"hours": f"{hours:g}"})

    def cost(self, job_id: str) -> CostView:
        """Return a job's money and the intervals it comes from."""
        return self._connection.get(f"{_job(job_id)}/cost", CostView)

    def machines(self) -> list[MachineView]:
        """Return the catalogue."""
        return self._connection.get("/api/machines", list[MachineView])

    def disk(self) -> DiskView:
        """Return what the backend's home takes on its disk."""
        return self._connection.get("/api/disk", DiskView, answer_s=DISK_S)

    def prune(self, older_than_s: float, *, dry_run: bool) -> PrunedView:
        """Remove what no active or rollback version uses and nobody used for so long, or only tell what that is."""
        asked = PruneRequest(older_than_s=older_than_s, dry_run=dry_run)
        return self._connection.send("POST", "/api/prune", PrunedView, asked, answer_s=DISK_S)

    def end_unknown(self, instance_ids: Sequence[str]) -> StatusView:
        """Ask for the end of instances that the database does not know; ``NotFound`` if there is none of that id."""
        return self._connection.send(
            "POST", "/api/unknown/end", StatusView, EndUnknown(instance_ids=tuple(instance_ids))
        )

    def park(self, wait_s: float) -> StatusView:
        """Drain and stop every instance, keeping the jobs; returns when all are down, ``NotConfirmed`` after a wait."""
        path = f"/api/park?wait_s={wait_s:g}"
        return self._connection.send("POST", path, StatusView, answer_s=wait_s + PARK_S)


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

"""What each operation of the control API does for the owner."""

from __future__ import annotations

import asyncio
import sys
import zlib
from importlib.metadata import version

from aiohttp import web

from aibro_jupyter.control.api import logs as following
from aibro_jupyter.control.api.admission import admit_job, admit_limits, admit_version, checked_python
from aibro_jupyter.control.api.messages import LONGEST_WAIT_S, answer, asked, number
from aibro_jupyter.control.api.steering import change_terms
from aibro_jupyter.control.api.views import Views, reach
from aibro_jupyter.control.engine.bell import Bell
from aibro_jupyter.control.engine.costing import cost_of
from aibro_jupyter.control.engine.engine import Engine
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.bundles import bundle_path, store_bundle
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow
from aibro_jupyter.control.ledger.vault import Vault
from aibro_jupyter.control.rules.clients import updated_clients
from aibro_jupyter.envs import interpreter, resolve
from aibro_jupyter.envs.parents import parked
from aibro_jupyter.errors import BackendDown, BadRequest, NotConfirmed, NotFound
from aibro_jupyter.protocol import (
    PARK_GRACE_S,
    PROTOCOL,
    ClientsUpdate,
    DeployRequest,
    Limits,
    LockRequest,
    LockView,
    LogsView,
    MachineView,
    StatusView,
    VersionRequest,
    VersionSpec,
)
from aibro_jupyter.states import Outcome, Phase

_SETTLED = frozenset({Phase.STOPPED, Phase.TERMINATED})
_FOLLOWED = 2_000
"""More lines than these between two looks at a log are not followed."""
COMPARED_AGAIN_S = 60.0
"""Chosen: sums that clients cannot count on by themselves are sent anew each minute."""
_KEPT_SHOWN = 3
"""Chosen: of so many of the newest instances that ended the kept logs are told, of those before why they failed."""
_FOLLOW_S = 0.5
"""Chosen: a person who follows sees a line at once, and an agent is asked twice a second."""


class Handlers:
    """The owner's side of the API."""

    def __init__(
        self, world: World, engine: Engine, views: Views, bell: Bell, *, username: str, gateway_url: str
    ) -> None:
        self._world = world
        self._store = world.store
        self._engine = engine
        self._views = views
        self._bell = bell
        self._username = username
        self._gateway_url = gateway_url
        self._version = version("aibro_jupyter")

    def _known(self, request: web.Request) -> Dossier:
        return self._store.job(request.match_info["job_id"])

    def _now(self) -> float:
        return self._world.clock.now()

    def _view(self, job_id: str, status: int = 200) -> web.Response:
        return answer(self._views.job(self._store.job(job_id)), status)

    async def _confirmed(self) -> None:
        await self._world.gateways.confirmed(self._store.routes_rev, self._world.settings.confirm_s)

    # --- before a job -------------------------------------------------------------------------------------------------

    async def has_bundle(self, request: web.Request) -> web.Response:
        """Tell whether a repo was uploaded."""
        found = bundle_path(self._world.home.bundles, request.match_info["sha256"]).exists()
        return web.Response(status=200 if found else 404)

    async def bundle(self, request: web.Request) -> web.StreamResponse:
        """Return an uploaded repo."""
        path = bundle_path(self._world.home.bundles, request.match_info["sha256"])
        if not path.exists():
            raise NotFound("no such bundle was uploaded", fix="deploy its repo again: what is not there is sent")
        return web.FileResponse(path, headers={"Content-Type": "application/gzip"})

    async def put_bundle(self, request: web.Request) -> web.Response:
        """Upload a repo."""
        sha256 = request.match_info["sha256"]
        into = bundle_path(self._world.home.bundles, sha256)
        if into.exists():
            return web.Response(status=200)
        limit = self._world.settings.bundle_limit_bytes
        await store_bundle(request.content.iter_any(), sha256, into, limit)
        return web.Response(status=201)

    async def lock(self, request: web.Request) -> web.Response:
        """Resolve requirements."""
        wanted = await asked(request, LockRequest)
        await asyncio.to_thread(interpreter, checked_python(wanted.python))
        lock = await asyncio.to_thread(resolve, wanted.requirements, wanted.python, self._world.home.envs)
        return answer(LockView(lock=lock, python=wanted.python))

    # --- jobs ---------------------------------------------------------------------------------------------------------

    async def deploy(self, request: web.Request) -> web.Response:
        """Start a job; the same job id again is the same job."""
        wanted = await asked(request, DeployRequest)
        self._refuse_when_parked()
        admit_job(wanted, providers=self._world.providers.keys(), bundles=self._world.home.bundles)
        self._admit_secrets(wanted.job_id, wanted.spec)
        strongest = await self._engine.reconciler.strongest_micros(wanted.spec)
        new = self._store.add_job(wanted, self._username, self._now(), strongest_micros=strongest)
        self._engine.wake(wanted.job_id)
        return self._view(wanted.job_id, 201 if new else 200)

    async def version(self, request: web.Request) -> web.Response:
        """Bring up a new version beside the one that serves."""
        wanted = await asked(request, VersionRequest)
        self._refuse_when_parked()
        admit_version(wanted, providers=self._world.providers.keys(), bundles=self._world.home.bundles)
        job_id = request.match_info["job_id"]
        self._admit_secrets(job_id, wanted.spec)
        strongest = await self._engine.reconciler.strongest_micros(wanted.spec)
        if self._store.add_version(job_id, wanted, self._now(), strongest_micros=strongest) and wanted.terms:
            change_terms(self._store, self._store.job(job_id), wanted.terms, self._now())
        self._engine.wake(job_id)
        return self._view(job_id)

    def _admit_secrets(self, job_id: str, spec: VersionSpec) -> None:
        if spec.secrets:
            Vault(self._world.home.secrets).path(job_id, spec.secrets)

    def _refuse_when_parked(self) -> None:
        if self._engine.reconciler.parked:
            raise BackendDown("the backend is going down", fix="`aibro up` starts it again")

    async def job(self, request: web.Request) -> web.Response:
        """Return a job, at once or when it is newer than a revision."""
        job_id = self._known(request).job.job_id
        after = number(request, "after", -1, int)
        wait_s = min(LONGEST_WAIT_S, number(request, "wait_s", 20.0, float))
        await self._bell.until(
            lambda: self._store.rev > after and self._store.job(job_id).job.rev > after, max(0.0, wait_s)
        )
        return self._view(job_id)

    async def job_named(self, request: web.Request) -> web.Response:
        """Return the active job of a model name; with ended=1, where there is none, the newest one that has ended."""
        name = request.query.get("model_name")
        if not name:
            raise BadRequest("model_name is missing", fix="/api/jobs?model_name=NAME, or /api/status for all jobs")
        ended = bool(number(request, "ended", 0, int))
        return self._view(self._store.named(self._username, name, ended=ended))

    async def complete(self, request: web.Request) -> web.Response:
        """End a job; when this answers, every gateway refuses its requests and its name is free."""
        known = self._known(request)
        if known.job.outcome is None:
            self._store.end_job(known.job.job_id, Outcome.COMPLETED, "", self._now())
            self._engine.wake(known.job.job_id)
            await self._confirmed()
        return self._view(known.job.job_id)

    async def clients(self, request: web.Request) -> web.Response:
        """Return who may call, in clear."""
        return answer(self._views.clients(self._known(request)))

    async def update_clients(self, request: web.Request) -> web.Response:
        """Change who may call; when this answers, every gateway acts on it."""
        wanted = await asked(request, ClientsUpdate)
        known = self._known(request)
        # No await between reading and writing: two updates cannot mix.
        after = updated_clients(known.clients, wanted)
        self._store.set_clients(known.job.job_id, after, self._now())
        await self._confirmed()
        return answer(self._views.clients(self._known(request)))

    async def events(self, request: web.Request) -> web.Response:
        """Return what happened to a job."""
        return answer(self._store.events(self._known(request).job.job_id))

    async def cost(self, request: web.Request) -> web.Response:
        """Return a job's money and intervals."""
        return answer(cost_of(self._world, self._known(request)))

    async def logs(self, request: web.Request) -> web.Response:
        """Return the last lines of a job's instances, those that ended in the last 30 days included; or follow them."""
        known, lines = self._known(request), max(1, min(10_000, number(request, "lines", 200, int)))
        after = following.marks(request.query.get("after", ""))
        wait_s = min(LONGEST_WAIT_S, number(request, "wait_s", 20.0 if after else 0.0, float))
        only = request.query.get("request", "")
        ends_at = self._now() + wait_s
        while True:
            told, marks = await self._told(known, after, _FOLLOWED if after else lines, f"[{only}]" if only else "")
            if told or not after or self._now() >= ends_at or self._bell.closed:
                break
            await asyncio.sleep(_FOLLOW_S)
            known = self._known(request)
        return answer(LogsView(job_id=known.job.job_id, lines=tuple(told), cursor=following.cursor(marks)))

    async def _told(
        self, known: Dossier, after: dict[str, following.Mark], lines: int, only: str
    ) -> tuple[list[str], dict[str, following.Mark]]:
        over = known.job.outcome is not None
        shown = [i for i in known.instances if i.phase is not Phase.TERMINATED or i.failed_at is not None or over]
        whole = {i.instance_id for i in [i for i in shown if i.phase is Phase.TERMINATED][-_KEPT_SHOWN:]}
        found = await asyncio.gather(*(self._log_of(row, lines, kept=row.instance_id in whole) for row in shown))
        told: list[str] = []
        marks: dict[str, following.Mark] = {}
        for row, words in zip(shown, found, strict=True):
            fresh, marks[row.instance_id] = following.since(words, after.get(row.instance_id, following.Mark()))
            told += [f"{row.instance_id} {line}" for line in fresh if only in line]
        return told, marks

    async def _log_of(self, row: InstanceRow, lines: int, *, kept: bool) -> list[str]:
        ended, found = row.phase is Phase.TERMINATED, None
        why = [] if ended and row.failed_at is None else row.why.splitlines()
        if not ended and row.endpoint is not None:
            found = await self._world.probe.logs(row, row.endpoint, lines)
        elif ended and kept and (provider := self._world.providers.get(row.provider)) is not None:
            found = await self._world.run_blocking(provider.last_log, row.instance_id, lines)
        told = why if found is None else list(found)
        # Of one that failed and is only ending, its agent may still answer with what came before.
        untold = [line for line in why if row.failed_at is not None and not any(line in one for one in told)]
        return [*told, *untold][-lines:]

    # --- the whole ----------------------------------------------------------------------------------------------------

    async def machines(self, _: web.Request) -> web.Response:
        """Return the catalogue."""
        return answer(MachineView.catalogue())

    async def status(self, request: web.Request) -> web.Response:
        """Return everything the panel shows, or 304 if nothing changed and its sums are not old."""
        warned, now = self._views.warnings(), self._now()
        mark = f"{self._store.rev}-{zlib.crc32(''.join(warned).encode()):x}"
        known, _, as_of = request.headers.get("If-None-Match", "").strip('"').rpartition("@")
        # What money could have come to instead grows by itself while a job is active.
        fresh = not self._store.unsettled() or (as_of.isdecimal() and now - int(as_of) < COMPARED_AGAIN_S)
        if known == mark and fresh:
            return web.Response(status=304, headers={"ETag": f'"{known}@{as_of}"'})
        return answer(self._status(warned), ETag=f'"{mark}@{now:.0f}"')

    def status_view(self) -> StatusView:
        """Return everything the panel shows."""
        return self._status(self._views.warnings())

    def _status(self, warned: tuple[str, ...]) -> StatusView:
        job_ids = self._store.job_ids(ended=self._world.settings.ended_jobs)
        return StatusView(
            version=self._version,
            protocol=PROTOCOL,
            python=sys.executable,
            username=self._username,
            gateway_url=self._gateway_url,
            reach=reach(self._gateway_url),
            rev=self._store.rev,
            as_of=self._now(),
            parked=self._engine.reconciler.parked,
            jobs=tuple(self._views.recent(job_id) for job_id in job_ids),
            budget=self._views.together(),
            parents=len(parked(self._world.home.run)),
            unknown=tuple(self._world.unknown.values()),
            warnings=warned,
        )

    async def budget(self, request: web.Request) -> web.Response:
        """Replace what all jobs may cost together, and until when they may live."""
        self._store.set_common_limits(admit_limits(await asked(request, Limits)))
        self._engine.wake_all()
        return answer(self.status_view())

    async def park(self, request: web.Request) -> web.Response:
        """Stop every instance and keep the jobs; answers when every instance was seen down and its bill is closed.

        ``not-confirmed`` after ``wait_s``, or when that should have been: what is still up is asked on.
        """
        self._engine.reconciler.parked = True
        self._store.bump()
        self._engine.wake_all()
        limits = [
            v.spec.request_limit_s for job_id in self._store.unsettled() for v in self._store.job(job_id).versions
        ]
        longest_s = max(limits, default=0) + PARK_GRACE_S
        wait_s = max(0.0, min(longest_s, number(request, "wait_s", longest_s, float)))
        await self._bell.until(lambda: not self._awake(), wait_s)
        if awake := self._awake():
            raise NotConfirmed(f"still not down: {', '.join(awake)}", fix="it is on its way; ask again")
        return answer(self.status_view())

    def _awake(self) -> list[str]:
        return [name for name, phase in self._store.instance_phases().items() if phase not in _SETTLED]

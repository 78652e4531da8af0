"""What the owner may do with a running job: go back a version, switch cooling, limit its cost, break it on purpose."""

from __future__ import annotations

from aiohttp import web

from aibro_jupyter.control.api.admission import admit_limits, admit_spec
from aibro_jupyter.control.api.messages import answer, asked, number
from aibro_jupyter.control.api.views import Views
from aibro_jupyter.control.engine.engine import Engine
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow, VersionState
from aibro_jupyter.control.ledger.store import Store
from aibro_jupyter.control.ledger.timeline import timeline
from aibro_jupyter.control.rules.terms import updated_terms
from aibro_jupyter.errors import BadRequest, NoEarlierVersion, NothingToDrill
from aibro_jupyter.figures import HOUR_S
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import CoolingSwitch, DrillRequest, DrillView, Limits, TermsUpdate, VersionRequest
from aibro_jupyter.states import Phase, Role

_LONGEST_NOTICE_S = 600.0
_LONGEST_WINDOW_H = 24.0 * 7
"""Chosen, both: clouds give minutes of notice, and a week is what fits in a picture."""


_ADD_COOLING = "deploy it again with --cooling ID: `%aibro machines` lists them"


class Steering:
    """The owner's side of the API, for jobs that exist."""

    def __init__(self, world: World, engine: Engine, views: Views) -> None:
        self._world = world
        self._store = world.store
        self._engine = engine
        self._views = views

    def _active(self, request: web.Request) -> Dossier:
        return self._store.job(request.match_info["job_id"]).still_active()

    def _changed(self, job_id: str) -> web.Response:
        self._engine.wake(job_id)
        return answer(self._views.job(self._store.job(job_id)))

    async def rollback(self, request: web.Request) -> web.Response:
        """Bring the version that served before up again; it takes over when it serves."""
        known = self._active(request)
        job_id, wanted = known.job.job_id, rolled_back(known)
        admit_spec(wanted.spec, providers=self._world.providers.keys(), bundles=self._world.home.bundles)
        strongest = await self._engine.reconciler.strongest_micros(wanted.spec)
        self._store.add_version(job_id, wanted, self._world.clock.now(), strongest_micros=strongest)
        return self._changed(job_id)

    async def cooling(self, request: web.Request) -> web.Response:
        """Switch the cooling instance off for good, or on again."""
        wanted, known = await asked(request, CoolingSwitch), self._active(request)
        if not has_cooling(known):
            raise BadRequest(f"{known.job.model_name} has no cooling machine to switch", fix=_ADD_COOLING)
        if wanted.off != known.job.cooling_off:
            self._store.set_cooling(known.job.job_id, wanted.off, self._world.clock.now())
        return self._changed(known.job.job_id)

    async def limits(self, request: web.Request) -> web.Response:
        """Replace what a job may cost and how long it may live."""
        wanted, known = admit_limits(await asked(request, Limits)), self._active(request)
        self._store.set_limits(known.job.job_id, wanted, self._world.clock.now())
        return self._changed(known.job.job_id)

    async def terms(self, request: web.Request) -> web.Response:
        """Return what callers may take."""
        return answer(self._store.job(request.match_info["job_id"]).job.terms)

    async def update_terms(self, request: web.Request) -> web.Response:
        """Change what callers may take."""
        wanted, known = await asked(request, TermsUpdate), self._active(request)
        change_terms(self._store, known, wanted, self._world.clock.now())
        return await self.terms(request)

    async def drill(self, request: web.Request) -> web.Response:
        """Break one instance on purpose, as it would break by itself."""
        wanted, known = await asked(request, DrillRequest), self._active(request)
        now, job_id = self._world.clock.now(), known.job.job_id
        if not 0 <= wanted.notice_s <= _LONGEST_NOTICE_S:
            raise BadRequest(f"notice_s must be between 0 and {_LONGEST_NOTICE_S:.0f}, not {wanted.notice_s:g}")
        target = drill_target(known, wanted.kind)
        if wanted.kind == "sleep":
            self._store.ask_to_sleep(job_id, now)
        else:
            provider = self._world.providers[target.provider]
            text = f"{target.role}: " + ("killed" if wanted.kind == "kill" else f"{wanted.notice_s:g} s of notice")
            self._store.note(job_id, "drill", text, now, target.instance_id)
            await self._world.run_blocking(provider.drill, target.instance_id, wanted.kind, wanted.notice_s)
        self._engine.wake(job_id)
        at = now + (wanted.notice_s if wanted.kind == "spot" else 0.0)
        return answer(DrillView(instance_id=target.instance_id, kind=wanted.kind, at=at))

    async def timeline(self, request: web.Request) -> web.Response:
        """Return the last hours of a job, to be drawn."""
        known, now = self._store.job(request.match_info["job_id"]), self._world.clock.now()
        hours = min(_LONGEST_WINDOW_H, max(0.01, number(request, "hours", 1.0, float)))
        job_id, to_at = known.job.job_id, now
        from_at = max(to_at - hours * HOUR_S, known.job.created_at)
        return answer(
            timeline(
                self._store.history(job_id),
                self._store.intervals(job_id),
                self._world.gateways.ticks(job_id, from_at, to_at),
                from_at=min(from_at, to_at),
                to_at=to_at,
                book=self._world.price_book,
            )
        )


def change_terms(store: Store, known: Dossier, update: TermsUpdate, now: float) -> None:
    """Change what callers of a job may take. No await lies between what is known and this: two changes cannot mix."""
    store.set_terms(known.job.job_id, updated_terms(known.job.terms, update, known.clients), now)


def rolled_back(known: Dossier) -> VersionRequest:
    """Return the request for the version that served before the current one; asked twice, it is the same request."""
    current = known.current
    last = known.earlier
    if known.live is None or last is None:
        raise NoEarlierVersion(
            f"no version of {known.job.model_name!r} served before v{current.version}",
            fix="deploy what you want to run: it takes over when it serves",
        )
    failed = sum(version.state is VersionState.FAILED for version in known.versions)
    return VersionRequest(version_id=f"back-{current.version}-{last.version}-{failed}", spec=last.spec)


def has_cooling(known: Dossier) -> bool:
    """Tell whether a version that serves or comes has a cooling machine."""
    here = (v for v in known.versions if v.state in (VersionState.LIVE, VersionState.COMING))
    return any(version.spec.machines.cooling is not None for version in here)


def drill_target(known: Dossier, kind: str) -> InstanceRow:
    """Return the instance that a drill breaks: of a spot drill one bought there if any, of sleep the cooling one."""
    serving = [i for i in known.instances if i.version == known.current.version and i.phase is Phase.SERVING]
    match kind:
        case "spot":
            found = sorted(serving, key=lambda i: (i.market is not Market.SPOT, i.role is not Role.STANDBY))
        case "kill":
            found = sorted(serving, key=lambda i: i.role is not Role.STANDBY)
        case "sleep":
            found = [i for i in serving if i.role is Role.COOLING]
        case _:
            raise BadRequest(f"no drill is called {kind[:20]!r}", fix="known are: spot, sleep, kill")
    if kind == "sleep" and not has_cooling(known):
        raise NothingToDrill(f"{known.job.model_name} has no cooling machine to {kind}", fix=_ADD_COOLING)
    if not found:
        which = "no cooling instance is up" if kind == "sleep" else "no instance serves"
        raise NothingToDrill(f"{which}, so there is nothing to {kind}", fix="send a request first and wait for it")
    return found[0]

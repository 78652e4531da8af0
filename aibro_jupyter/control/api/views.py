"""What people see: protocol views made from rows, traffic and bills."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from aibro_jupyter import lifeline, states
from aibro_jupyter.control.engine.costing import money_of
from aibro_jupyter.control.engine.keeping import lost
from aibro_jupyter.control.engine.notify import host
from aibro_jupyter.control.engine.reconciler import Reconciler
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.meter import spending
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow, VersionRow
from aibro_jupyter.control.rules import budget
from aibro_jupyter.control.rules.clients import predict_url
from aibro_jupyter.control.rules.wakes import wakes
from aibro_jupyter.figures import percent
from aibro_jupyter.home import Home
from aibro_jupyter.masking import masked_url
from aibro_jupyter.protocol import (
    HALTED,
    HEALS_S,
    BudgetView,
    ClientsView,
    Health,
    InstanceView,
    JobView,
    Limits,
    VersionView,
)
from aibro_jupyter.states import GONE, Phase, Role

RECENT_S = 2.0
"""As often as the panel polls: what it gets is no older than one poll."""
WAKES_FROM = 100
"""So many of the newest lines of a job's history hold its last wakes."""
GONE_SHOWN_S = 60.0
"""How long a terminated instance is still shown."""


class Views:
    """Makes views of what the world holds at this moment."""

    def __init__(self, world: World, reconciler: Reconciler, gateway_url: str, username: str) -> None:
        self._world = world
        self._reconciler = reconciler
        self._gateway_url = gateway_url
        self._username = username
        self._made: dict[str, tuple[JobView, float]] = {}

    def recent(self, job_id: str) -> JobView:
        """Return a job as it is, or as it was seconds ago if nothing changed since; its money says of when it is."""
        known, now = self._world.store.job(job_id), self._world.clock.now()
        made, until = self._made.get(job_id, (None, 0.0))
        if made is None or made.rev != known.job.rev or now >= until:
            made = self.job(known)
            # Not all in one second.
            self._made[job_id] = made, now + RECENT_S * (1 + random.random())  # noqa: S311
        return made

    def job(self, known: Dossier) -> JobView:
        """Return a job as people see it; client ids are masked."""
        job, current, now = known.job, known.current, self._world.clock.now()
        intervals = self._world.store.intervals(job.job_id)
        mine = [i for i in known.instances if i.version == current.version]
        first = known.clients[0] if known.clients else None
        return JobView(
            job_id=job.job_id,
            model_name=job.model_name,
            username=job.username,
            description=current.spec.description,
            status=states.job_status(job.outcome, ever_deployed=job.deployed_at is not None),
            substatus=states.job_substatus(job.outcome, [i.phase for i in mine]),
            outcome=job.outcome,
            reason=job.reason or struggle(known),
            url=masked_url(predict_url(self._gateway_url, job.username, first, job.model_name)),
            public=not known.clients,
            clients=len(known.clients),
            created_at=job.created_at,
            deployed_at=job.deployed_at,
            ended_at=job.ended_at,
            versions=tuple(version_view(version) for version in reversed(known.versions)),
            instances=tuple(
                self._instance(i, ended=job.outcome is not None)
                for i in known.instances
                if i.phase is not Phase.TERMINATED or now - i.phase_at < GONE_SHOWN_S
            ),
            money=money_of(self._world, known, intervals),
            traffic=self._world.gateways.traffic(job.job_id, job.last_request_at, now),
            warnings=tuple(warnings(known)),
            rev=job.rev,
            budget=budget.view(job.limits, spending(intervals, now, self._world.price_book), host(job.limits.notify)),
            cooling_off=budget.cooling_off(job, job.budget_state),
            wakes=wakes(self._world.store.history(job.job_id, WAKES_FROM)),
        )

    def _instance(self, row: InstanceRow, *, ended: bool) -> InstanceView:
        in_flight = self._world.gateways.in_flight(row)
        status = states.instance_status(row.phase, row.role, in_flight=in_flight, job_ended=ended)
        health = self._reconciler.health.get(row.instance_id, Health(instance_id=row.instance_id, stage=""))
        return InstanceView(
            instance_id=row.instance_id,
            role=row.role,
            machine=row.machine,
            market=row.market,
            on=row.provider,
            version=row.version,
            phase=row.phase,
            status=status,
            substatus=states.instance_substatus(row.phase, status),
            phase_at=row.phase_at,
            launched_at=row.launched_at,
            progress=health.progress,
            why=row.why,
            in_flight=in_flight,
            memory_mib=health.memory_mib,
            load_s=health.load_s,
            slots=health.slots,
        )

    def together(self) -> BudgetView | None:
        """Return the budget over all jobs; None: there is none."""
        limits, store = self._world.store.common_limits(), self._world.store
        if limits == Limits():
            return None
        used = spending(store.all_intervals(), self._world.clock.now(), self._world.price_book)
        return budget.view(limits, used, host(limits.notify))

    def warnings(self) -> tuple[str, ...]:
        """Return what a person should know of the backend itself; it changes without a revision."""
        return (
            *lost(self._world.home),
            *_halted(self._world.home),
            *(
                f"gateway {name} has not reported since {datetime.fromtimestamp(at).astimezone():%H:%M:%S}: "
                f"its APIs may not answer; one that hangs is started again by itself within {HEALS_S} s"
                for name, at in self._world.gateways.silent(self._world.clock.now())
            ),
        )

    def clients(self, known: Dossier) -> ClientsView:
        """Return who may call, and their URLs, in clear."""
        job = known.job
        callers: tuple[str | None, ...] = known.clients or (None,)
        return ClientsView(
            client_ids=known.clients,
            urls=tuple(predict_url(self._gateway_url, job.username, who, job.model_name) for who in callers),
            public=not known.clients,
        )


def _halted(home: Home) -> Iterator[str]:
    """Tell of a daemon that does nothing: control and gateway go on without it, until one of them needs it."""
    daemon = lifeline.holder(home.daemon_lock)
    if daemon is not None and lifeline.is_halted(daemon):
        yield f"the backend's daemon is halted (pid {daemon.pid}): {HALTED}"


def version_view(row: VersionRow) -> VersionView:
    """Return a version as people see it: without its lock, which is long and which the panel would poll for."""
    return VersionView(
        version=row.version,
        version_id=row.version_id,
        state=row.state.value,
        created_at=row.created_at,
        reason=row.reason,
        spec=replace(row.spec, lock=""),
    )


def struggle(known: Dossier) -> str:
    """Return what an active job without a serving instance is struggling with; empty: with nothing."""
    mine = [i for i in known.instances if i.version == known.current.version and i.role is Role.STANDBY]
    if not mine or any(i.phase is Phase.SERVING for i in mine):
        return ""
    refused = [i.why for i in mine if i.phase is Phase.REQUESTING and i.why]
    failed = [i.why for i in mine if i.failed_at is not None]
    return (refused or failed or [""])[-1]


def warnings(known: Dossier) -> Iterator[str]:
    """Yield what a person should know of a job: what does not end, and what an active one serves in spite of."""
    for i in known.instances:
        if i.stuck_at is not None and i.phase is Phase.TERMINATING:
            yield f"{i.instance_id} on {i.machine} {i.why}"
    if known.job.outcome is not None:
        return
    mine = [i for i in known.instances if i.version == known.current.version]
    cooling = [i for i in mine if i.role is Role.COOLING]
    up = any(i.phase is Phase.SERVING for i in cooling)
    if cooling and cooling[-1].failed_at is not None and not up:
        yield f"the cooling instance could not serve, the standby goes on alone: {cooling[-1].why}"
    standby = [i for i in mine if i.role is Role.STANDBY and i.phase not in GONE]
    if known.job.deployed_at is not None and not any(i.phase is Phase.SERVING for i in standby):
        yield "the standby instance is not up; it is brought back"
    for i in mine:
        if i.interrupt_at is not None and i.phase not in GONE:
            yield f"the {i.role} instance's machine is taken back at {clock_time(i.interrupt_at)} UTC; it is replaced"
    match known.job.budget_state:
        case "near":
            yield f"a budget is {percent(budget.NEAR)} used"
        case "degraded":
            yield "a budget of the day is used up: cooling is off until midnight UTC, the standby goes on"
    newest = known.versions[-1]
    if newest is not known.current and newest.reason:
        yield f"v{newest.version} did not come up, v{known.current.version} serves on: {newest.reason}"


def clock_time(at: float) -> str:
    """Return a moment as a time of day, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def reach(url: str) -> str:
    """Return who can reach a URL, as far as its host tells: this computer, this network or internet."""
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "this computer" if host == "localhost" else "this network" if "." not in host else "internet"
    if address.is_loopback:
        return "this computer"
    return "this network" if address.is_private else "internet"

"""What gateways know and what they saw: acknowledged revisions, requests in flight, the newest request of each job."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aibro_jupyter.control.engine.bell import Bell
from aibro_jupyter.control.engine.pulse import Pulse
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow
from aibro_jupyter.control.rules.budget import cooling_off
from aibro_jupyter.errors import NotConfirmed, NotFound
from aibro_jupyter.machines import machine
from aibro_jupyter.protocol import GatewayReport, Route, RouteReport, Target, TrafficView, client_hash
from aibro_jupyter.states import LAUNCHING, Phase, Role

SILENT_S = 12.0
"""Chosen: a gateway reports every 5 s at least; one that missed two reports may hang."""
WAKE_GUESS_S = 30.0
"""How long a wake is said to take before one was ever seen."""


@dataclass(frozen=True)
class _Received:
    at: float
    report: GatewayReport
    jobs: dict[str, RouteReport]


class Gateways:
    """The gateways by their fixed ids. Nothing here outlives the process: they tell it all again."""

    def __init__(self, ids: Sequence[str], bell: Bell, since: float = math.inf) -> None:
        self.ids = tuple(ids)
        self._bell = bell
        self._since = since
        self._acknowledged: dict[str, int] = {}
        self._received: dict[str, _Received] = {}
        self._pulses: dict[str, Pulse] = {}

    def acknowledge(self, gateway_id: str, rev: int | None) -> None:
        """Take a poll for the routes after a revision as the word that this revision is applied; None: none is."""
        self._known(gateway_id)
        self._acknowledged[gateway_id] = -1 if rev is None else rev
        self._bell.ring()

    def receive(self, report: GatewayReport, now: float) -> dict[str, float]:
        """Take a report, and return when each of its jobs had its newest request, UTC seconds."""
        self._known(report.gateway_id)
        self._received[report.gateway_id] = _Received(now, report, {job.job_id: job for job in report.jobs})
        for job in report.jobs:
            self._pulses.setdefault(job.job_id, Pulse()).count(report.gateway_id, report.started_at, job.requests, now)
        self._bell.ring()
        return {job.job_id: now - job.idle_s for job in report.jobs if job.idle_s is not None}

    def _known(self, gateway_id: str) -> None:
        if gateway_id not in self.ids:
            raise NotFound(f"no gateway is called {gateway_id[:80]!r}", fix="the setting `gateways` names them")

    def missing(self, rev: int) -> tuple[str, ...]:
        """Return the gateways that have not acknowledged a revision."""
        return tuple(name for name in self.ids if self._acknowledged.get(name, -1) < rev)

    async def confirmed(self, rev: int, timeout_s: float) -> None:
        """Return once every gateway acts on a revision; else raise ``NotConfirmed`` naming the silent ones."""
        await self._bell.until(lambda: not self.missing(rev), timeout_s)
        if silent := self.missing(rev):
            raise NotConfirmed(
                f"written, but not confirmed by gateway {', '.join(silent)} within {timeout_s:g} s",
                fix="it serves by what it knew before until it hears of it; `aibro doctor` looks at the gateways",
            )

    def reported_at(self) -> float | None:
        """Return the time since which every gateway has reported; None: one has not."""
        if not all(name in self._received for name in self.ids):
            return None
        return min((self._received[name].at for name in self.ids), default=math.inf)

    def silent(self, now: float) -> Iterator[tuple[str, float]]:
        """Yield each gateway that should have reported long ago, with since when it has not, UTC seconds."""
        for name in self.ids:
            since = self._received[name].at if name in self._received else self._since
            if now - since >= SILENT_S:
                yield name, since

    def of(self, job_id: str) -> Iterator[RouteReport]:
        """Return what each gateway last said of a job."""
        for received in self._received.values():
            if (job := received.jobs.get(job_id)) is not None:
                yield job

    def in_flight(self, row: InstanceRow) -> int:
        """Return how many requests are under way to an instance."""
        return sum(job.in_flight.get(row.instance_id, 0) for job in self.of(row.job_id))

    def drained(self, row: InstanceRow, now: float, request_limit_s: float) -> bool:
        """Tell whether no request is, or can still be, under way to an instance that left the routes.

        That needs every gateway's report from a revision without it, or the time a single request may take.
        """
        if row.serving_at is None or now - row.phase_at >= request_limit_s:
            return True
        acting = all(name in self._received and self._received[name].report.rev >= row.phase_rev for name in self.ids)
        return acting and self.in_flight(row) == 0

    def ticks(self, job_id: str, from_at: float, to_at: float) -> tuple[tuple[float, int], ...]:
        """Return each minute of a window that had requests, with their number."""
        pulse = self._pulses.get(job_id)
        return () if pulse is None else pulse.ticks(from_at, to_at)

    def traffic(self, job_id: str, last_request_at: float | None, now: float) -> TrafficView:
        """Return a job's counters over all gateways; of the quantiles the worst."""
        reports, pulse = list(self.of(job_id)), self._pulses.get(job_id)
        return TrafficView(
            requests=sum(report.requests for report in reports),
            errors=sum(report.errors for report in reports),
            per_minute=sum(report.per_minute for report in reports),
            p50_ms=max((report.p50_ms for report in reports if report.p50_ms is not None), default=None),
            p99_ms=max((report.p99_ms for report in reports if report.p99_ms is not None), default=None),
            last_request_at=last_request_at,
            history=() if pulse is None else pulse.history(now),
        )


_hash = lru_cache(maxsize=200_000)(client_hash)
"""Routes are made anew with every change, of the same client ids."""


def route(known: Dossier, now: float) -> Route:
    """Return an active job as gateways should know it: only instances of the live version that serve."""
    version, terms = known.current, known.job.terms
    serving = [i for i in known.instances if i.version == version.version and i.phase is Phase.SERVING]
    return Route(
        job_id=known.job.job_id,
        username=known.job.username,
        model_name=known.job.model_name,
        public=not known.clients,
        client_hashes=frozenset(_hash(client_id) for client_id in known.clients),
        deployed=known.job.deployed_at is not None,
        has_cooling=version.spec.machines.cooling is not None and not cooling_off(known.job, known.job.budget_state),
        targets=tuple(
            Target(
                instance_id=i.instance_id,
                role=i.role,
                endpoint=i.endpoint,
                token=i.token,
                slots=version.spec.slots or machine(i.machine).vcpus,
            )
            for i in serving
            if i.endpoint is not None and known.live is not None
        ),
        request_limit_s=version.spec.request_limit_s,
        wake_expected_s=wake_expected_s(known, now),
        allowed_origins=frozenset(terms.origins),
        max_wait_s=terms.max_wait_s,
        allowance=terms.allowance,
        allowances={_hash(one): allowance for one, allowance in terms.own.items() if one in known.clients},
        budget=known.job.budget_state if known.job.budget_state in ("near", "degraded") else "",
        about=version.spec.about,
    )


def wake_expected_s(known: Dossier, now: float) -> float | None:
    """Return about how long the cooling instance still takes to come up; None: none is coming up."""
    mine = [i for i in known.instances if i.version == known.current.version]
    waking = [i for i in mine if i.role is Role.COOLING and i.phase in LAUNCHING]
    if not waking:
        return None
    took_s = [i.up_s for i in sorted(mine, key=lambda i: i.role is Role.COOLING) if i.up_s is not None]
    return max(1.0, (took_s[-1] if took_s else WAKE_GUESS_S) - (now - waking[-1].woken_at))

"""What gateways tell, and what follows: newest requests, first answers, jobs to look at; and the routes they get."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from aibro_jupyter.control.engine.engine import Engine
from aibro_jupyter.control.engine.sync import route
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow
from aibro_jupyter.control.rules.snapshot import cool_down_ends_at
from aibro_jupyter.protocol import SAME_REQUEST_S, GatewayReport, ReportAnswer, Route, RouteReport, RouteTable
from aibro_jupyter.states import CLOSING, Phase, Role


class Reports:
    """Control's ear for its gateways. All it keeps in memory may be lost: they tell it all again."""

    def __init__(self, world: World, engine: Engine) -> None:
        self._world = world
        self._engine = engine
        self._bumped_at: dict[str, float] = {}
        self._made: dict[str, tuple[Dossier, Route]] = {}

    def acknowledge(self, gateway_id: str, rev: int | None) -> None:
        """Take the word of a gateway that it acts on a revision; None: on none yet."""
        self._world.gateways.acknowledge(gateway_id, self._of_this_life(rev))

    def table(self) -> RouteTable:
        """Return all routes as they are."""
        store = self._world.store
        return RouteTable(rev=store.routes_rev, routes=tuple(map(self._route, store.job_ids())))

    def _route(self, job_id: str) -> Route:
        """Return a job's route; one that does not depend on the time is made once for all gateways."""
        known = self._world.store.job(job_id)
        made_of, made = self._made.get(job_id, (None, None))
        if made is None or made_of is not known or made.wake_expected_s is not None:
            made = route(known, self._world.clock.now())
            self._made[job_id] = known, made
        return made

    def take(self, report: GatewayReport) -> ReportAnswer:
        """Remember the newest requests, look at every job that this may change something for, and answer."""
        world, now = self._world, self._world.clock.now()
        before = {job.job_id: self._counters(job.job_id) for job in report.jobs}
        rev = self._of_this_life(report.rev)
        newest = world.gateways.receive(replace(report, rev=-1 if rev is None else rev), now)
        unsettled = world.store.unsettled()
        fresh = {
            job_id: newest[job_id]
            for job_id in unsettled
            if job_id in newest
            and _is_newer(
                newest[job_id],
                world.store.job(job_id).job.last_request_at,
                counted=_requests(self._world.gateways.of(job_id)) > _requests(before.get(job_id, ())),
            )
        }
        world.store.requested(fresh)
        for job_id in unsettled:
            known = world.store.job(job_id)
            if job_id in before and self._counters(job_id) != before[job_id]:
                self._bump(job_id, now)
            self._first_answers(known, now)
            lost = _losses(self._world.gateways.of(job_id)) > _losses(before.get(job_id, ()))
            if job_id in fresh or lost or any(_waits_for_a_report(known, row, now) for row in known.instances):
                self._engine.wake(job_id)
        ends = (
            _cool_down_ends_at(known, row) - now
            for known in map(world.store.job, unsettled)
            for row in known.instances
            if _may_sleep(row)
        )
        return ReportAnswer(next_s=min((left_s for left_s in ends if left_s > 0), default=None))

    def _of_this_life(self, rev: int | None) -> int | None:
        """Return a revision if this database gave it; one from a lost database acknowledges nothing."""
        return rev if rev is not None and rev <= self._world.store.routes_rev else None

    def _counters(self, job_id: str) -> list[RouteReport]:
        return [replace(report, idle_s=None, answered_s={}) for report in self._world.gateways.of(job_id)]

    def _first_answers(self, known: Dossier, now: float) -> None:
        """Remember which instances answer: with its first answer a wake is over, and was no failure."""
        waiting = [row for row in known.instances if row.serving_at is not None and row.answered_at is None]
        for row in waiting:
            ago_s = [
                r.answered_s[row.instance_id]
                for r in self._world.gateways.of(known.job.job_id)
                if row.instance_id in r.answered_s
            ]
            at = now - max(ago_s, default=0.0)
            if ago_s and row.serving_at is not None and at > row.serving_at - SAME_REQUEST_S:
                self._world.store.answered(row.instance_id, at)

    def _bump(self, job_id: str, now: float) -> None:
        """Traffic moves the revision at most once a second."""
        if now - self._bumped_at.get(job_id, 0.0) >= 1.0:
            self._bumped_at[job_id] = now
            self._world.store.bump(job_id)


def _requests(reports: Iterable[RouteReport]) -> int:
    return sum(report.requests for report in reports)


def _losses(reports: Iterable[RouteReport]) -> int:
    return sum(report.lost for report in reports)


def _is_newer(request_at: float, known_at: float | None, *, counted: bool) -> bool:
    """Tell whether a request is another one: it was counted, or is dated later than the same could be."""
    return known_at is None or request_at > known_at + (0.0 if counted else SAME_REQUEST_S)


def _waits_for_a_report(known: Dossier, row: InstanceRow, now: float) -> bool:
    """Tell whether an instance drains, or may sleep now."""
    return now >= _cool_down_ends_at(known, row) if _may_sleep(row) else row.phase in CLOSING


def _may_sleep(row: InstanceRow) -> bool:
    return row.role is Role.COOLING and row.phase is Phase.SERVING


def _cool_down_ends_at(known: Dossier, row: InstanceRow) -> float:
    period_s = known.current.spec.cool_down_period_s
    return cool_down_ends_at(known.instances, row, known.job.last_request_at, period_s)

"""Jobs as they are shown: what runs, what it costs, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from aibro_jupyter import clock
from aibro_jupyter.figures import age, per_minute, several
from aibro_jupyter.protocol import DiskView, InstanceView, JobView, MoneyView, StatusView, VersionView
from aibro_jupyter.states import InstanceStatus, JobStatus, Phase, Role
from aibro_jupyter.views import View
from aibro_jupyter.views.budget import budget_rows
from aibro_jupyter.views.card import Action, Card, Code, Head, Part, Remark, Row, Tone, rate, row, took, usd, warnings
from aibro_jupyter.views.disk import disk_rows
from aibro_jupyter.views.history import wake_rows

GLOSS = {
    Role.STANDBY: "always on",
    Role.COOLING: "strong, asleep until requests come",
}
_TONES = {JobStatus.DEPLOYED: Tone.OK, JobStatus.CANCELED: Tone.FAIL}
_VERSIONS = 5
"""So many of the newest versions are shown."""


def machine_line(instance: InstanceView) -> str:
    """Return what an instance is and does, in one line."""
    doing = instance.status.value.lower() or "requesting"
    if instance.phase is Phase.STOPPED and instance.role is Role.COOLING:
        doing = "asleep (CLOSED), wakes on a request"
    elif instance.status is InstanceStatus.COOLING:
        doing = "awake, cooling down (COOLING)"
    elif instance.phase is Phase.SERVING:
        doing = "serving (EXECUTING)"
    why = f" · {_first(instance.why)}" if instance.why and instance.phase is not Phase.SERVING else ""
    return f"{instance.machine} · {GLOSS[instance.role]} · {doing}{why}"


def money_parts(money: MoneyView) -> tuple[Part, ...]:
    """Return what was spent, where it counts, and what it costs an hour now."""
    least = "at least " if money.unknown else ""
    where = ("this computer: ", usd(0), " · on AWS: ") if money.simulated else ()
    return (*where, least, usd(money.spent_micros), " so far, ", rate(money.micros_per_hour))


def traffic_line(job: JobView) -> str:
    """Return how often it was called and how fast it answered."""
    seen = job.traffic
    parts = [per_minute(seen.per_minute), several(seen.requests, "request"), several(seen.errors, "error")]
    if seen.p50_ms is not None and seen.p99_ms is not None:
        parts.append(f"p50 {took(seen.p50_ms / 1000)}, p99 {took(seen.p99_ms / 1000)}")
    return " · ".join(parts)


@dataclass(frozen=True, kw_only=True, repr=False)
class StatusList(View):
    """All jobs, or the one asked for."""

    status: StatusView
    only: str = ""
    disk: DiskView | None = None
    """What the home takes; None: nobody asked."""

    @property
    def jobs(self) -> tuple[JobView, ...]:
        """The jobs to show."""
        return tuple(job for job in self.status.jobs if not self.only or self.only in (job.model_name, job.job_id))

    def card(self) -> Card:
        """Return a card a job, and what is said of the whole backend."""
        seen = replace(self.status, jobs=self.jobs)
        facts = seen if self.disk is None else {**msgspec.to_builtins(seen), "disk": self.disk}
        if not self.jobs:
            return Card(body=(Remark(text=self._nothing()), *self._whole()), facts=facts)
        return Card(body=(*map(self._job, self.jobs), *self._whole()), facts=facts)

    def _nothing(self) -> str:
        if self.only:
            return f"no job is called {self.only!r}: `%aibro status` lists all"
        return "nothing is deployed yet: `%aibro deploy FUNCTION` deploys one"

    def _job(self, job: JobView) -> Card:
        asked_for = bool(self.only) and job.outcome is None
        name = job.model_name
        return Card(
            head=_head(job),
            body=tuple(_why(job) if job.outcome is not None else self._rows(job)),
            actions=(
                Action(command=f"%aibro events {name}", text="tells what happened"),
                Action(command=f"%aibro cost {name}", text="what it came to"),
            )
            if asked_for
            else (),
        )

    def _rows(self, job: JobView) -> Iterator[Row]:
        yield row("url", Code(job.url))
        yield from _machines(job)
        yield from warnings(job.warnings)
        yield row("money", *money_parts(job.money))
        if job.budget is not None:
            yield from budget_rows(job.budget)
        if job.traffic.requests:
            yield row("traffic", traffic_line(job))
        if job.description:
            yield row("about", job.description)
        yield from _why(job)
        if self.only:
            for version in job.versions[:_VERSIONS]:
                yield row("version", _version_line(version))
            yield from wake_rows(job.wakes)

    def _whole(self) -> Iterator[Card | Remark]:
        if self.only:
            return
        for warning in self.status.warnings:
            yield Remark(text=warning, tone=Tone.WARN)
        if self.status.unknown:
            there = several(len(self.status.unknown), "instance")
            said = (
                f"the database does not know {there} that are there; left alone: `%aibro unknown` shows and ends them"
            )
            yield Remark(text=said, tone=Tone.WARN)
        if self.status.budget is not None:
            yield Card(head=Head(parts=("all jobs",)), body=budget_rows(self.status.budget))
        if self.status.parents:
            parked = f"{self.status.parents} parked {'process' if self.status.parents == 1 else 'processes'}"
            yield Remark(text=f"{parked} for fast wakes, ended by `aibro down`", tone=Tone.QUIET)
        if self.disk is not None:
            yield Card(body=tuple(disk_rows(self.disk)))


def _head(job: JobView) -> Head:
    version = max((v.version for v in job.versions), default=1)
    name = f"{job.model_name} v{version}   {job.status}"
    if job.ended_at is not None:
        since = f"{age(clock.now() - job.ended_at)} ago"
        return Head(parts=(name,), tone=_TONES.get(job.status, Tone.NONE), aside=since)
    substatus = f" · {job.substatus}" if job.substatus.value != job.status.value else ""
    public = " · PUBLIC" if job.public else f" · {several(job.clients, 'client')}"
    since = f"for {age(clock.now() - job.created_at)}"
    return Head(parts=(f"{name}{substatus}{public}",), tone=_TONES.get(job.status, Tone.NONE), aside=since)


def _why(job: JobView) -> Iterator[Row]:
    if job.reason:
        yield row("why", _first(job.reason))


def _machines(job: JobView) -> Iterator[Row]:
    there = [instance for instance in job.instances if instance.phase is not Phase.TERMINATED]
    for instance in there:
        yield row(instance.role.value, machine_line(instance))
    cooling = job.versions[0].spec.machines.cooling if job.versions else None
    if cooling and not any(instance.role is Role.COOLING for instance in there):
        yield row(Role.COOLING.value, f"{cooling} · strong · asleep, wakes on a request")
    if job.cooling_off:
        yield row("", "cooling is off: standby answers alone")


def _first(reason: str) -> str:
    """Return a reason without the traceback below it."""
    return next((line for line in reason.splitlines() if line.strip()), "")


def _version_line(version: VersionView) -> str:
    why = f" · {_first(version.reason)}" if version.reason else ""
    return f"v{version.version} {version.state}, {age(clock.now() - version.created_at)} ago{why}"

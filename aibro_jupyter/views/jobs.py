"""Jobs as they are shown: status, and who may call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from aibro_jupyter import clock
from aibro_jupyter.figures import duration, hourly, money, several
from aibro_jupyter.masking import guessable, masked, masked_url
from aibro_jupyter.protocol import InstanceView, JobView, StatusView, VersionView
from aibro_jupyter.states import InstanceStatus, Phase, Role
from aibro_jupyter.views import View
from aibro_jupyter.views.budget import budget_rows
from aibro_jupyter.views.history import wake_line
from aibro_jupyter.views.markup import block, columns, facts, preformatted, span, table

GLOSS = {
    Role.STANDBY: "always on",
    Role.COOLING: "strong, asleep until requests come",
}


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


def money_line(job_money: Any) -> str:
    """Return what was spent, where it counts, and what it costs an hour now."""
    spent, rate = money(job_money.spent_micros), hourly(job_money.micros_per_hour)
    if job_money.unknown:
        spent = f"at least {spent}"
    if job_money.simulated:
        return f"this computer: $0.00 · on AWS: {spent} so far, {rate}"
    return f"{spent} so far, {rate}"


@dataclass(frozen=True, kw_only=True, repr=False)
class StatusList(View):
    """All jobs, or the one asked for."""

    status: StatusView
    only: str = ""

    @property
    def jobs(self) -> tuple[JobView, ...]:
        """The jobs to show."""
        return tuple(job for job in self.status.jobs if not self.only or self.only in (job.model_name, job.job_id))

    def _rows(self, job: JobView) -> list[tuple[str, str]]:
        if job.outcome is not None:
            return [("why", _first(job.reason))] if job.reason else []
        rows = [("url", job.url)]
        there = [instance for instance in job.instances if instance.phase is not Phase.TERMINATED]
        rows += [(instance.role.value, machine_line(instance)) for instance in there]
        cooling = job.versions[0].spec.machines.cooling if job.versions else None
        if cooling and not any(instance.role is Role.COOLING for instance in there):
            rows.append((Role.COOLING.value, f"{cooling} · strong · asleep, wakes on a request"))
        if job.cooling_off:
            rows.append(("", "cooling is off: standby answers alone"))
        rows.append(("money", money_line(job.money)))
        if job.budget is not None:
            rows += [("budget" if label == "per day" else label, said) for label, said in budget_rows(job.budget)]
        if job.traffic.requests:
            rows.append(("traffic", _traffic(job)))
        if job.description:
            rows.append(("about", job.description))
        if job.reason:
            rows.append(("why", _first(job.reason)))
        if self.only:
            rows += self._detailed(job)
        return rows + [("!", warning) for warning in job.warnings]

    def _detailed(self, job: JobView) -> list[tuple[str, str]]:
        """Return what is shown when one job alone was asked for: its versions, and each of its last wakes in parts."""
        rows = [("version", _version_line(version)) for version in job.versions[:5]]
        rows += [("wake" if number == 0 else "", wake_line(wake)) for number, wake in enumerate(job.wakes)]
        return [*rows, ("more", f"`%aibro events {job.model_name}` · `%aibro cost {job.model_name}`")]

    def _head(self, job: JobView) -> str:
        version = max((v.version for v in job.versions), default=1)
        substatus = f" · {job.substatus}" if job.substatus.value != job.status.value else ""
        if job.ended_at is not None:
            ago = duration(max(0.0, clock.now() - job.ended_at))
            return f"{job.model_name} v{version}   {job.status}   {ago} ago"
        public = " · PUBLIC" if job.public else f" · {several(job.clients, 'client')}"
        age = duration(max(0.0, clock.now() - job.created_at))
        return f"{job.model_name} v{version}   {job.status}{substatus}{public}   for {age}"

    def text(self) -> str:
        """Return a paragraph a job."""
        if not self.jobs:
            return self._nothing()
        paragraphs = "\n".join(
            "\n".join([self._head(job), *(f"  {label:<8} {value}" for label, value in self._rows(job))])
            for job in self.jobs
        )
        return "\n".join([paragraphs, *self._whole()])

    def _whole(self) -> list[str]:
        """Return what is said of the whole backend, where all jobs are shown."""
        if self.only:
            return []
        together = self.status.budget
        budget = [f"all jobs: {label} {said}" for label, said in budget_rows(together)] if together else []
        count = self.status.parents
        parked = f"{count} parked {'process' if count == 1 else 'processes'} for fast wakes, ended by `aibro down`"
        return [*budget, *([parked] if count else [])]

    def html(self) -> str:
        """Return a card a job."""
        if not self.jobs:
            return preformatted(self._nothing())
        tones = {"DEPLOYED": "ok", "CANCELED": "fail"}
        return block(
            *(
                f"<b>{span(self._head(job), tones.get(job.status.value, ''))}</b>"
                + facts([(label, span(value, "warn" if label == "!" else "")) for label, value in self._rows(job)])
                for job in self.jobs
            ),
            *(span(line, "quiet") for line in self._whole()),
        )

    def data(self) -> Any:
        """Return the backend's own answer, jobs narrowed."""
        built = msgspec.to_builtins(self.status)
        built["jobs"] = [msgspec.to_builtins(job) for job in self.jobs]
        return built

    def _nothing(self) -> str:
        if self.only:
            return f"no job is called {self.only!r}: `%aibro status` lists all"
        return "nothing is deployed yet: `%aibro deploy FUNCTION` deploys one"


def _first(reason: str) -> str:
    """Return a reason without the traceback below it."""
    return next((line for line in reason.splitlines() if line.strip()), "")


def _version_line(version: VersionView) -> str:
    why = f" · {_first(version.reason)}" if version.reason else ""
    return f"v{version.version} {version.state}, {duration(max(0.0, clock.now() - version.created_at))} ago{why}"


def _traffic(job: JobView) -> str:
    seen = job.traffic
    parts = [several(seen.requests, "request"), several(seen.errors, "error")]
    if seen.p50_ms is not None and seen.p99_ms is not None:
        parts.append(f"p50 {seen.p50_ms:.0f} ms, p99 {seen.p99_ms:.0f} ms")
    return " · ".join(parts)


@dataclass(frozen=True, kw_only=True, repr=False)
class ClientList(View):
    """Who may call: masked, unless in clear was asked for."""

    model_name: str
    client_ids: tuple[str, ...]
    urls: tuple[str, ...]
    public: bool
    reveal: bool = False
    said: str = ""
    """What was just changed."""

    def _shown(self) -> list[tuple[str, str]]:
        pairs = zip(self.client_ids, self.urls, strict=False)
        return [(i, u) if self.reveal else (masked(i), masked_url(u)) for i, u in pairs]

    def _notes(self) -> list[str]:
        if self.public:
            return [f"{self.model_name} is PUBLIC: whoever reaches {self.urls[0] if self.urls else 'it'} can call"]
        weak = [masked(client) for client in self.client_ids if guessable(client)]
        mint = f"`%aibro clients {self.model_name} --mint NAME` makes one that cannot"
        return [f"! {', '.join(weak)} can be guessed: {mint}"] if weak else []

    def text(self) -> str:
        """Return a line a client."""
        shown = self._shown()
        rows = [columns(("client", "url"), shown)] if shown and not self.public else []
        hint = [] if self.reveal or self.public else [f"in full: `%aibro clients {self.model_name} --reveal`"]
        return "\n".join([line for line in [self.said, *rows, *self._notes(), *hint] if line])

    def html(self) -> str:
        """Return a table of clients."""
        rows = table(("client", "url"), self._shown()) if not self.public else ""
        notes = [span(note, "warn") for note in self._notes()]
        hint = (
            [] if self.reveal or self.public else [span(f"in full: %aibro clients {self.model_name} --reveal", "quiet")]
        )
        return block(*(part for part in [span(self.said), rows, *notes, *hint] if part))

    def data(self) -> Any:
        """Return clients and urls, masked as shown."""
        shown = self._shown()
        return {
            "model_name": self.model_name,
            "public": self.public,
            "clients": [client for client, _ in shown],
            "urls": list(self.urls) if self.public else [url for _, url in shown],
        }

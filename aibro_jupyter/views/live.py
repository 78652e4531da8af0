"""The output of a deploy: what is live and for whom, what was captured and proved, where it runs, what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from aibro_jupyter.figures import several
from aibro_jupyter.machines import machine
from aibro_jupyter.masking import masked, masked_url
from aibro_jupyter.protocol import JobView, VersionSpec
from aibro_jupyter.states import JobStatus, Role
from aibro_jupyter.views import View, call
from aibro_jupyter.views.budget import budget_rows
from aibro_jupyter.views.capture import Captured
from aibro_jupyter.views.card import (
    Action,
    Card,
    Code,
    Figure,
    Head,
    Part,
    Row,
    Tone,
    Unit,
    month,
    rate,
    row,
    took,
    usd,
    warnings,
)
from aibro_jupyter.views.clients import guessed
from aibro_jupyter.views.jobs import GLOSS

REACH = {
    "this computer": ("this computer only", "anyone on it can call"),
    "this network": ("this network", "anyone on the network can call"),
    "internet": ("the internet", "anyone in the world can call"),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class DeployView(View):
    """A deploy that reached its end, or that was left going."""

    job: JobView
    urls: tuple[str, ...]
    """In clear; shown masked."""
    client_ids: tuple[str, ...] = ()
    change: str
    """new, unchanged or updated."""
    input_changes: tuple[str, ...] = ()
    """In what the input differs from that of the version before, in words."""
    took_s: float
    reach: str = "this computer"
    captured: Captured | None = None
    sample: call.Sample = field(default_factory=call.Sample)
    expression: str = ""
    """The sample as the user wrote it."""
    next_step: str = "edit the cell and run it again to update"
    spec: VersionSpec = field(repr=False)

    def card(self) -> Card:
        """Return the card; client ids and the URLs that hold them stay out of it and of its facts."""
        job, url = self.job, masked_url(self.urls[0]) if self.urls else self.job.url
        return Card(
            head=Head(
                parts=(self._said(),),
                tone=Tone.OK if self._live else Tone.NONE,
                aside=took(self.took_s),
                address=Code(url, button=job.public and bool(self.urls)),
            ),
            body=tuple(self._rows()),
            actions=tuple(self._actions()),
            facts={
                "job_id": job.job_id,
                "model_name": job.model_name,
                "version": self._version,
                "change": self.change,
                "input_changes": self.input_changes,
                "status": job.status.value,
                "substatus": job.substatus.value,
                "url": url,
                "public": job.public,
                "clients": job.clients,
                "reach": self.reach,
                "took_s": took(self.took_s),
                "warnings": [*(self.captured.warnings if self.captured else ()), *job.warnings],
            },
        )

    @property
    def _live(self) -> bool:
        return self.job.status is JobStatus.DEPLOYED

    @property
    def _version(self) -> int:
        live = [version.version for version in self.job.versions if version.state == "live"]
        return max(live or [version.version for version in self.job.versions] or [1])

    @property
    def _stands(self) -> str:
        return "stands in for" if self.spec.on == "here" else "on"

    def _said(self) -> str:
        name = f"{self.job.model_name} v{self._version}"
        where = "on this computer" if self.spec.on == "here" else f"on {self.spec.on}"
        if not self._live:
            return f"… {name} is on its way: {self.job.substatus}"
        if self.change == "unchanged":
            return f"{name} is already live {where}, unchanged"
        return f"{name} is {'updated and ' if self.change == 'updated' else ''}live {where}"

    def _rows(self) -> Iterator[Row]:
        yield self._reach()
        yield from warnings(f"the input changed: {change}" for change in self.input_changes)
        yield from warnings(guessed(self.job.model_name, self.client_ids))
        if self.captured is not None:
            yield from self.captured.rows()
        yield from self._runs()
        yield from warnings(self.job.warnings)
        yield row("money", *self._money())
        if self.job.budget is not None:
            yield from budget_rows(self.job.budget)
        if self.urls:
            yield row("call", Code(call.python(self.job.model_name, self.sample, self.expression)))
            yield row("", "or  ", Code(call.curl(self.urls[0], self.sample, public=self.job.public)))

    def _reach(self) -> Row:
        place, danger = REACH.get(self.reach, (self.reach, "anyone there can call"))
        if self.job.public:
            return row("reach", f"{place} · PUBLIC: {danger} (--client ID closes it)", tone=Tone.WARN)
        ids = ", ".join(masked(client) for client in self.client_ids)
        whole = f" (in full: print(*aibro_jupyter.Job({self.job.model_name!r}).urls))"
        return row("reach", f"{place} · {several(self.job.clients, 'client')}", f": {ids}{whole}" if ids else "")

    def _runs(self) -> Iterator[Row]:
        machines = self.spec.machines
        standby: list[Part] = [f"{_glossed(Role.STANDBY)} {self._stands} {machines.standby}", *self._memory()]
        if machines.cooling is None:
            yield row("runs", *standby, ".   cooling: none (--cooling adds a strong one that sleeps)")
        else:
            no_gpu = ", no GPU here" if machine(machines.cooling).gpu and self.spec.on == "here" else ""
            cooling = f"{_glossed(Role.COOLING)} {self._stands} {machines.cooling}{no_gpu}"
            yield row("runs", *standby)
            yield row("", f"{cooling} · sleeps after ", took(self.spec.cool_down_period_s))
        if self.captured is None or not self.captured.measures:
            return
        yield row("", self.captured.measures)
        # What the proof suggests matters only where another machine was chosen.
        if not self.captured.suggestion.startswith(f"{machines.standby}.od "):
            yield row("", self.captured.suggestion)

    def _memory(self) -> tuple[Part, ...]:
        seen = [one for one in self.job.instances if one.role is Role.STANDBY and one.memory_mib]
        if not seen:
            return ()
        several = (" · ", f"{len(seen[-1].slots)} slots") if len(seen[-1].slots) > 1 else ()
        return (*several, " · ", Figure(seen[-1].memory_mib, Unit.MIB))

    def _money(self) -> Iterator[Part]:
        machines = self.spec.machines
        if self.job.money.simulated:
            yield from (usd(0), " here · ")
        yield from ("on AWS ", month(machine(machines.standby).on_demand_micros))
        if machines.cooling:
            yield from (" + ", rate(machine(machines.cooling).on_demand_micros), " while cooling is awake")
        yield " (%aibro machines compares)"

    def _actions(self) -> Iterator[Action]:
        name = self.job.model_name
        if self._live:
            yield Action(text=self.next_step)
        else:
            yield Action(command=f"%aibro status {name}", text="shows how far it is")
        yield Action(command=f"%aibro complete {name}", text="ends it")


def _glossed(role: Role) -> str:
    return f"{role.value} ({GLOSS[role]})"

"""The output of a deploy: what is live and for whom, what was captured and proved, where it runs, what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import quote

from aibro_jupyter.figures import duration, hourly, monthly, several, size
from aibro_jupyter.machines import machine
from aibro_jupyter.masking import guessable, masked, masked_url
from aibro_jupyter.protocol import InstanceView, JobView, VersionSpec
from aibro_jupyter.states import JobStatus, Role
from aibro_jupyter.views import View, call
from aibro_jupyter.views.budget import budget_rows
from aibro_jupyter.views.markup import block, copy_button, facts, span

REACH = {
    "this computer": ("this computer only", "anyone on it can call"),
    "this network": ("this network", "anyone on the network can call"),
    "internet": ("the internet", "anyone in the world can call"),
}
STANDBY = "standby (always on)"
SHOWN_VALUES = 3
COOLING = "cooling (strong, asleep until requests come)"


@dataclass(frozen=True, kw_only=True)
class Captured:
    """What capture and proof found, as far as it is shown."""

    function: str
    path: str
    functions: int = 1
    models: tuple[tuple[str, int], ...] = ()
    """Name and bytes of every saved value."""
    packages: int = 0
    warnings: tuple[str, ...] = ()
    proof: str = ""
    samples: tuple[str, ...] = ()
    """One line for each sample that did not simply get the notebook's answer."""
    measures: str = ""
    """Load time, memory, latency and size, as the proof saw them."""
    suggestion: str = ""
    """The machine that these suggest, and why."""

    def line(self) -> str:
        """Return what was captured, in one line."""
        parts = [several(self.functions, "function")]
        parts += [f"{name} ({size(count)})" for name, count in self.models[:SHOWN_VALUES]]
        if len(self.models) > SHOWN_VALUES:
            parts.append(f"{len(self.models) - SHOWN_VALUES} more values")
        parts.append(several(self.packages, "package"))
        return f"{self.function} -> {self.path.rstrip('/')}/   {', '.join(parts)}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the card; a line without a label goes on with the one before."""

    label: str
    text: str
    warns: bool = False


@dataclass(frozen=True, kw_only=True, repr=False)
class DeployView(View):
    """A deploy that reached its end, or that was left going."""

    job: JobView
    urls: tuple[str, ...]
    """In clear; shown masked."""
    client_ids: tuple[str, ...] = ()
    change: str
    """new, unchanged or updated."""
    took_s: float
    reach: str = "this computer"
    captured: Captured | None = None
    sample: call.Sample = field(default_factory=call.Sample)
    expression: str = ""
    """The sample as the user wrote it."""
    next_step: str = "edit the cell and run it again to update"
    spec: VersionSpec = field(repr=False)

    @property
    def _live(self) -> bool:
        return self.job.status is JobStatus.DEPLOYED

    @property
    def _version(self) -> int:
        live = [version.version for version in self.job.versions if version.state == "live"]
        return max(live or [version.version for version in self.job.versions] or [1])

    def headline(self) -> str:
        """Return what a person wants to know first."""
        name = f"{self.job.model_name} v{self._version}"
        where = "on this computer" if self.spec.on == "here" else f"on {self.spec.on}"
        if not self._live:
            return f"… {name} is on its way: {self.job.substatus}"
        if self.change == "unchanged":
            return f"✓ {name} is already live {where}, unchanged"
        return f"✓ {name} is {'updated and ' if self.change == 'updated' else ''}live {where}"

    def _reach_row(self) -> Row:
        place, danger = REACH.get(self.reach, (self.reach, "anyone there can call"))
        if self.job.public:
            return Row(label="reach", text=f"{place} · PUBLIC: {danger} (--client ID closes it)", warns=True)
        ids = ", ".join(masked(client) for client in self.client_ids)
        whole = f" (in full: print(*aibro_jupyter.Job({self.job.model_name!r}).urls))"
        named = f": {ids}{whole}" if ids else ""
        return Row(label="reach", text=f"{place} · {several(self.job.clients, 'client')}{named}")

    def _captured_rows(self) -> Iterator[Row]:
        if self.captured is None:
            return
        yield Row(label="captured", text=self.captured.line())
        if self.captured.proof:
            yield Row(label="proved", text=self.captured.proof)
        for line in self.captured.samples:
            yield Row(label="", text=f"! {line}", warns=True)
        for warning in self.captured.warnings:
            yield Row(label="", text=f"! {warning}", warns=True)

    def _runs(self) -> list[Row]:
        machines = self.spec.machines
        stands = "stands in for" if self.spec.on == "here" else "on"
        memory = _memory(self.job.instances, Role.STANDBY)
        standby = f"{STANDBY} {stands} {machines.standby}{memory}"
        if machines.cooling is None:
            none = "cooling: none (--cooling adds a strong one that sleeps)"
            return [Row(label="runs", text=f"{standby}.   {none}"), *self._proved_rows()]
        gpu = machine(machines.cooling).gpu
        no_gpu = ", no GPU here" if gpu and self.spec.on == "here" else ""
        after = f"sleeps after {duration(self.spec.cool_down_period_s)}"
        return [
            Row(label="runs", text=standby),
            Row(label="", text=f"{COOLING} {stands} {machines.cooling}{no_gpu} · {after}"),
            *self._proved_rows(),
        ]

    def _proved_rows(self) -> Iterator[Row]:
        """Return what the proof says about machines; the suggestion only where another one was chosen."""
        if self.captured is None or not self.captured.measures:
            return
        yield Row(label="", text=self.captured.measures)
        if not self.captured.suggestion.startswith(f"{self.spec.machines.standby}.od "):
            yield Row(label="", text=self.captured.suggestion)

    def _money(self) -> str:
        standby = machine(self.spec.machines.standby).on_demand_micros
        text = f"AWS {monthly(standby)}"
        if self.spec.machines.cooling:
            text += f" + {hourly(machine(self.spec.machines.cooling).on_demand_micros)} while cooling is awake"
        place = f"$0.00 here · on {text}" if self.job.money.simulated else f"on {text}"
        return f"{place} (%aibro machines compares)"

    def _call(self) -> list[Row]:
        command = call.curl(masked_url(self.urls[0]), self.sample, public=self.job.public)
        return [
            Row(label="call", text=call.python(self.job.model_name, self.sample, self.expression)),
            Row(label="", text=f"or  {command}"),
        ]

    def rows(self) -> list[Row]:
        """Return the lines below the headline."""
        guesses = [masked(client) for client in self.client_ids if guessable(client)]
        name = self.job.model_name
        rows = [self._reach_row()]
        if guesses:
            rows.append(
                Row(
                    label="",
                    text=f"! {', '.join(guesses)} can be guessed: `%aibro clients {name} --mint NAME` makes a safe one",
                    warns=True,
                )
            )
        rows += self._captured_rows()
        rows += self._runs()
        rows += [Row(label="", text=f"! {warning}", warns=True) for warning in self.job.warnings]
        rows.append(Row(label="money", text=self._money()))
        if self.job.budget is not None:
            limits = budget_rows(self.job.budget)
            rows += [
                Row(label="limits" if n == 0 else "", text=f"{label} {said}") for n, (label, said) in enumerate(limits)
            ]
        if self.urls:
            rows += self._call()
        goes_on = self.next_step if self._live else f"%aibro status {name} shows how far it is"
        rows.append(Row(label="next", text=f"{goes_on} · %aibro complete {name} to end"))
        return rows

    def _url(self) -> str:
        return masked_url(self.urls[0]) if self.urls else self.job.url

    def text(self) -> str:
        """Return the card for a terminal."""
        lines = [f"{self.headline()}   {duration(self.took_s)}", f"  {self._url()}"]
        lines += [f"  {row.label:<9} {row.text}" for row in self.rows()]
        return "\n".join(lines)

    def html(self) -> str:
        """Return the card for a notebook: static, so that it reads the same when it is opened again."""
        url = self._url()
        copy = f" {copy_button(url)}" if self.job.public and self.urls else ""
        head = f"<b>{span(self.headline(), 'ok' if self._live else '')}</b> {span(duration(self.took_s), 'quiet')}"
        link = f'<code style="user-select:all">{escape(url)}</code>{copy}'
        rows = [(row.label, span(row.text, "warn" if row.warns else "") + self._link(row)) for row in self.rows()]
        return block(head, f'<div style="margin:2px 0">{link}</div>', facts(rows))

    def _link(self, row: Row) -> str:
        """Return a link to the captured code, where a notebook can follow it: below its own folder."""
        if row.label != "captured" or self.captured is None or self.captured.path.startswith("/"):
            return ""
        path = quote(f"{self.captured.path}/predict.py")
        return f'   <a href="{escape(path)}">see predict.py</a>'

    def data(self) -> dict[str, Any]:
        """Return the facts; client ids and the URLs that hold them stay out."""
        return {
            "job_id": self.job.job_id,
            "model_name": self.job.model_name,
            "version": self._version,
            "change": self.change,
            "status": self.job.status.value,
            "substatus": self.job.substatus.value,
            "url": self._url(),
            "public": self.job.public,
            "clients": self.job.clients,
            "reach": self.reach,
            "took_s": round(self.took_s, 3),
            "warnings": [*(self.captured.warnings if self.captured else ()), *self.job.warnings],
        }


def _memory(instances: tuple[InstanceView, ...], role: Role) -> str:
    found = [instance.memory_mib for instance in instances if instance.role is role and instance.memory_mib]
    return f" · {found[-1]} MB" if found else ""


__all__ = ["Captured", "DeployView"]

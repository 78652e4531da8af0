"""Copies of the database, what restoring one means, and instances that no database knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from aibro_jupyter import clock
from aibro_jupyter.figures import age, several
from aibro_jupyter.protocol import UnknownView
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Action, Card, Figure, Head, Remark, Row, Table, Tone, Unit, row, warnings


def moment(at: float) -> str:
    """Return a moment as a date and a time of day, UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, kw_only=True)
class CopyLine:
    """One copy as it is listed."""

    file: str
    taken_at: float
    why: str
    bytes: int
    jobs: tuple[str, ...]
    """The names of its active jobs."""
    damage: str
    """What is wrong with it; empty: it is good."""


@dataclass(frozen=True, kw_only=True, repr=False)
class CopyList(View):
    """The copies there are, newest first."""

    copies: tuple[CopyLine, ...]
    folder: str

    def card(self) -> Card:
        """Return a line a copy."""
        if not self.copies:
            return Card(body=(Remark(text=f"there is no copy of the database in {self.folder}"),), facts=())
        rows = tuple(
            (
                moment(copy.taken_at),
                f"{age(clock.now() - copy.taken_at)} ago",
                copy.why,
                Figure(copy.bytes, Unit.BYTES),
                f"damaged: {copy.damage}" if copy.damage else ", ".join(copy.jobs) or "no active job",
            )
            for copy in self.copies
        )
        folder = Remark(text=self.folder, tone=Tone.QUIET)
        return Card(body=(Table(head=("copy of", "age", "kind", "size", "jobs"), rows=rows), folder), facts=self.copies)


@dataclass(frozen=True, kw_only=True, repr=False)
class RestoredView(View):
    """What a home has now, and what that means for whoever uses it."""

    taken_at: float | None
    """When the copy was made; None: an empty database, on purpose."""
    file: str
    jobs: tuple[str, ...]
    unknown: tuple[str, ...]
    """Instances here that it does not know."""
    aside: str
    """Where the database lies that was there before; empty: there was none."""
    runs: bool
    """A backend is up, which takes it by itself."""

    def card(self) -> Card:
        """Return what was restored, what is true again, and what comes next."""
        facts = {
            "taken_at": self.taken_at,
            "file": self.file,
            "jobs": self.jobs,
            "unknown": self.unknown,
            "aside": self.aside,
        }
        names = ", ".join(self.jobs) or "none"
        if self.taken_at is None:
            head = "an empty database is in its place: jobs, clients, events and bills of before are forgotten"
        else:
            head = (
                f"restored the copy of {moment(self.taken_at)}, {age(clock.now() - self.taken_at)} old · jobs: {names}"
            )
        then = (
            Action(text="the backend that is up takes it within seconds: `aibro status`")
            if self.runs
            else Action(command="aibro up", text="starts the backend on it")
        )
        return Card(head=Head(parts=(head,), tone=Tone.OK), body=tuple(self._rows()), actions=(then,), facts=facts)

    def _rows(self) -> Iterator[Row]:
        if self.taken_at is not None:
            yield row("again", "client ids that were removed since may call again; jobs that ended since come back")
            yield row("lost", "jobs, clients and limits that came since")
            yield row("bills", "what it knows as running goes on where it runs, else ends with its last sign of life;")
            yield row("", "what was launched since is in no bill")
        if self.aside:
            yield row("kept", f"what was there before: {self.aside}")
        if self.unknown:
            said = f"{several(len(self.unknown), 'instance')} here that it does not know: {', '.join(self.unknown)}"
            yield from warnings((said, "left alone; `aibro unknown` shows them once the backend is up"))


@dataclass(frozen=True, kw_only=True, repr=False)
class UnknownList(View):
    """Instances that the database does not know, and how they are ended."""

    instances: tuple[UnknownView, ...]
    said: str = ""
    """What was just done."""

    def card(self) -> Card:
        """Return a line an instance, and the two things that can be done."""
        head = Head(parts=(self.said,), tone=Tone.OK) if self.said else None
        if not self.instances:
            nothing = Remark(text="the database knows every instance there is")
            return Card(head=head, body=(nothing,), facts=())
        rows = tuple(
            (
                one.instance_id,
                one.model_name or one.job_id or "unknown",
                one.on,
                one.state if one.since is None else f"{one.state} for {age(clock.now() - one.since)}",
                "this backend" if one.mine else "another one, or before backends had ids",
            )
            for one in self.instances
        )
        why = "They are younger than the database, and in no bill. They are left alone until you end them."
        actions = (
            Action(command=f"%aibro unknown --end {self.instances[0].instance_id}", text="ends one, with its files"),
            Action(command="%aibro unknown --end-all", text="ends those of this backend"),
        )
        table = Table(head=("instance", "job", "on", "state", "launched by"), rows=rows)
        return Card(head=head, body=(table, Remark(text=why, tone=Tone.QUIET)), actions=actions, facts=self.instances)

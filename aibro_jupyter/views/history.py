"""What happened to a job: its events with each wake explained in parts, and what its instances wrote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from aibro_jupyter.protocol import EventView, LogsView, WakeView
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Card, Remark, Row, Table, Tone, lines, row, took

EVENT_HEAD = ("when", "who", "what", "")
_WORTH_TELLING_S = 0.05
"""What took no time explains nothing: an environment that was there already, say."""


def wake_line(wake: WakeView) -> str:
    """Return how an instance came up, in parts."""
    parts = (
        ("machine", wake.provision_s),
        ("environment", wake.environment_s),
        ("load", wake.load_s),
        ("first answer", wake.answer_s),
    )
    known = [(name, seconds) for name, seconds in parts if seconds is not None and seconds >= _WORTH_TELLING_S]
    said = " + ".join(f"{name} {took(seconds)}" for name, seconds in known)
    total = "" if wake.total_s is None else f" in {took(wake.total_s)}"
    state = {"waking": "is waking", "done": "woke", "failed": "failed"}.get(wake.state, wake.state)
    why = wake.why.splitlines()[0] if wake.why.strip() else ""
    return f"{_clock(wake.at)} {wake.role.value} {state}{total}" + "".join(
        f"{mark}{text}" for mark, text in ((": ", said), (" · ", why)) if text
    )


def wake_rows(wakes: Iterable[WakeView]) -> tuple[Row, ...]:
    """Return a line a wake."""
    return tuple(
        row("" if number else "wake", wake_line(wake), tone=Tone.WARN if wake.state == "failed" else Tone.NONE)
        for number, wake in enumerate(wakes)
    )


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")


@dataclass(frozen=True, kw_only=True, repr=False)
class EventList(View):
    """What happened to a job, oldest first."""

    events: tuple[EventView, ...]
    wakes: tuple[WakeView, ...] = ()
    """Newest first."""
    model_name: str = ""

    def card(self) -> Card:
        """Return a line an event, then a line a wake."""
        told = tuple((_clock(event.at), event.instance_id or "job", event.kind, event.text) for event in self.events)
        facts = {"events": self.events, "wakes": self.wakes}
        if not told:
            return Card(body=(Remark(text=f"nothing happened to {self.model_name} yet"),), facts=facts)
        return Card(body=(Table(head=EVENT_HEAD, rows=told), *wake_rows(reversed(self.wakes))), facts=facts)


@dataclass(frozen=True, kw_only=True, repr=False)
class LogLines(View):
    """The last lines of a job's instances."""

    logs: LogsView
    model_name: str

    def card(self) -> Card:
        """Return the lines as they came."""
        said = "\n".join(self.logs.lines) or f"{self.model_name} has written nothing yet"
        return Card(body=(lines(said),), facts=self.logs)

"""What happened to a job: its events with each wake explained in parts, and what its instances wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from aibro_jupyter.figures import duration
from aibro_jupyter.protocol import EventView, LogsView, WakeView
from aibro_jupyter.views import View
from aibro_jupyter.views.markup import block, columns, facts, preformatted, span, table

EVENT_HEAD = ("when", "who", "what", "")


def wake_line(wake: WakeView) -> str:
    """Return how an instance came up, in parts."""
    parts = (
        ("machine", wake.provision_s),
        ("environment", wake.environment_s),
        ("load", wake.load_s),
        ("first answer", wake.answer_s),
    )
    said = " + ".join(f"{name} {duration(seconds)}" for name, seconds in parts if seconds is not None)
    total = "" if wake.total_s is None else f" in {duration(wake.total_s)}"
    state = {"waking": "is waking", "done": "woke", "failed": "failed"}.get(wake.state, wake.state)
    why = wake.why.splitlines()[0] if wake.why.strip() else ""
    return f"{_clock(wake.at)} {wake.role.value} {state}{total}" + "".join(
        f"{mark}{text}" for mark, text in ((": ", said), (" · ", why)) if text
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

    def _rows(self) -> list[tuple[str, ...]]:
        return [(_clock(event.at), event.instance_id or "job", event.kind, event.text) for event in self.events]

    def _wakes(self) -> list[str]:
        return [wake_line(wake) for wake in reversed(self.wakes)]

    def text(self) -> str:
        """Return a line an event, then a line a wake."""
        if not self.events:
            return f"nothing happened to {self.model_name} yet"
        wakes = ["wakes", *(f"  {line}" for line in self._wakes())] if self.wakes else []
        return "\n".join([columns(EVENT_HEAD, self._rows()), *wakes])

    def html(self) -> str:
        """Return a table, and below it the wakes."""
        if not self.events:
            return preformatted(self.text())
        wakes = facts([("wakes" if first else "", span(line)) for first, line in _marked(self._wakes())])
        return block(table(EVENT_HEAD, self._rows()), wakes if self.wakes else "")

    def data(self) -> Any:
        """Return events and wakes."""
        return {"events": msgspec.to_builtins(self.events), "wakes": msgspec.to_builtins(self.wakes)}


def _marked(lines: Sequence[str]) -> list[tuple[bool, str]]:
    return [(index == 0, line) for index, line in enumerate(lines)]


@dataclass(frozen=True, kw_only=True, repr=False)
class LogLines(View):
    """The last lines of a job's instances."""

    logs: LogsView
    model_name: str

    def text(self) -> str:
        """Return the lines."""
        return "\n".join(self.logs.lines) or f"{self.model_name} has written nothing yet"

    def html(self) -> str:
        """Return the lines."""
        return preformatted(self.text())

    def data(self) -> Any:
        """Return the lines."""
        return msgspec.to_builtins(self.logs)

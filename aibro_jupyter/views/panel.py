"""What is live in a notebook and a picture everywhere else: the panel of jobs, and the form that deploys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import to_builtins

from aibro_jupyter.protocol import JobView
from aibro_jupyter.states import Phase, Role
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Card, lines
from aibro_jupyter.views.history import wake_line
from aibro_jupyter.views.jobs import StatusList, machine_line, traffic_line
from aibro_jupyter.views.money import TOO_EARLY, minimum_line


@dataclass(frozen=True, kw_only=True, repr=False)
class PanelView(View):
    """Jobs as they were when they were looked at; a notebook shows them live."""

    now: StatusList

    def card(self) -> Card:
        """Return the jobs as they were: what a saved notebook shows."""
        return self.now.card()


@dataclass(frozen=True, kw_only=True, repr=False)
class FormView(View):
    """The form that deploys; where there are no widgets, how to do it by typing."""

    function: str = ""
    prog: str = "%aibro"

    def card(self) -> Card:
        """Return the line to type."""
        name = self.function or "FUNCTION"
        typed = f"the form needs a notebook; typed it is: {self.prog} deploy {name} --name NAME --machine ID"
        return Card(body=(lines(typed),), facts={"function": self.function})


def told(job: JobView, at: float) -> dict[str, Any]:
    """Return what the live panel shows of a job at a moment by control's clock.

    That is words, money to count on and a masked URL, nothing else of it.
    """
    version = max((one.version for one in job.versions if one.state == "live"), default=1)
    last = next((one for one in job.wakes if one.role is Role.COOLING), None)
    return {
        "id": job.job_id,
        "name": job.model_name,
        "version": version,
        "status": job.status.value,
        "substatus": job.substatus.value,
        "ended": job.outcome is not None,
        "url": job.url,
        "public": job.public,
        "clients": job.clients,
        "lines": [
            [one.role.value, machine_line(one), one.progress.done, one.progress.total]
            for one in job.instances
            if one.phase is not Phase.TERMINATED
        ],
        "wake": "" if last is None else wake_line(last),
        "history": list(job.traffic.history),
        "requests": job.traffic.requests,
        "traffic": traffic_line(job),
        "money": to_builtins(job.money),
        "minimum": minimum_line(job.money),
        "too_early": TOO_EARLY,
        "at": at,
        "warnings": [text for text in (job.reason, *job.warnings) if text],
    }

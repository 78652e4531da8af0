"""Which job a command means."""

from __future__ import annotations

import argparse
from dataclasses import replace

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.finding import find
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.protocol import JobView
from aibro_jupyter.protocol.ids import is_job_id
from aibro_jupyter.views.jobs import StatusList


def job_of(control: ControlClient, options: argparse.Namespace, *, ended: bool = False) -> JobView:
    """Return the job that was named; the only active one where none was. ``ended``: a name finds ended jobs too."""
    wanted = options.model_name or options.name
    by_id = options.job_id or (wanted if wanted and is_job_id(wanted) else None)
    if by_id or wanted:
        return find(control, wanted, by_id, ended=ended)
    active = [job for job in control.status().jobs if job.outcome is None]
    if len(active) == 1:
        return active[0]
    names = ", ".join(job.model_name for job in active)
    raise BadRequest("which job?", fix=f"one of {names}" if names else "nothing is deployed: `%aibro status`")


def status_of(control: ControlClient, name: str) -> StatusList:
    """Return all jobs, or the one of that name or id; ``NoSuchJob`` with near names where there is none."""
    seen = control.status()
    shown = StatusList(status=seen, only=name)
    if not name or shown.jobs:
        return shown
    # A status tells the last ended jobs alone: it may be an older one.
    found = find(control, name, name if is_job_id(name) else None, ended=True)
    return StatusList(status=replace(seen, jobs=(found,)), only=name)

"""Which job a command means."""

from __future__ import annotations

import argparse

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.job import find
from aibro_jupyter.protocol import JobView
from aibro_jupyter.protocol.ids import is_job_id


def job_of(control: ControlClient, options: argparse.Namespace) -> JobView:
    """Return the job that was named; the only active one where none was."""
    wanted = options.model_name or options.name
    by_id = options.job_id or (wanted if wanted and is_job_id(wanted) else None)
    if by_id or wanted:
        return find(control, wanted, by_id)
    active = [job for job in control.status().jobs if job.outcome is None]
    if len(active) == 1:
        return active[0]
    names = ", ".join(job.model_name for job in active)
    raise BadRequest("which job?", fix=f"one of {names}" if names else "nothing is deployed: `%aibro status`")

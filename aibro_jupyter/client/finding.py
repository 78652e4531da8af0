"""Which job a name or an id means."""

from __future__ import annotations

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.protocol import JobView


def find(control: ControlClient, model_name: str | None, job_id: str | None, *, ended: bool = False) -> JobView:
    """Return a job by its id, else the active one of that name; neither given raises ``BadRequest``.

    ``ended``: where none of that name is active, the newest that has ended.
    """
    if job_id:
        return control.job(job_id)
    if model_name:
        return control.job_named(model_name, ended=ended)
    raise BadRequest("which job?", fix="give its model_name or its job_id")

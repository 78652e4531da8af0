"""The verb about secrets: their names, never their values."""

from __future__ import annotations

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.verb import THE_JOB, verb
from aibro_jupyter.verbs.which import job_of
from aibro_jupyter.views import Note, View


@verb(*THE_JOB, examples=("secrets iris",), reads_only=True)
def secrets(command: Command) -> View:
    """Show the names of the secrets that a job has."""
    control = backend(start=False)
    job = job_of(control, command.options)
    names = control.secrets(job.job_id).names
    again = f"`{command.asker.prog} deploy … --secret NAME` gives it one, or another value"
    told = f"{job.model_name} has {', '.join(names)}" if names else f"{job.model_name} has no secrets"
    return Note(body=f"{told} · {again}", facts={"model_name": job.model_name, "names": list(names)})

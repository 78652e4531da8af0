"""The verbs about jobs that run: status, complete, rollback, cooling, clients, machines."""

from __future__ import annotations

import secrets
import string

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import BackendDown
from aibro_jupyter.machines import Market, catalogue, machine_id
from aibro_jupyter.protocol import ClientsUpdate, MachineView
from aibro_jupyter.states import Outcome
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.which import job_of
from aibro_jupyter.views import Note, View
from aibro_jupyter.views.clients import ClientList
from aibro_jupyter.views.jobs import StatusList
from aibro_jupyter.views.lists import MachineTable

NO_BACKEND = "no backend runs: `%aibro up` starts one"
_LETTERS = string.ascii_lowercase + string.digits


def status(command: Command) -> View:
    """Show all jobs or one; without a backend, say so and start none."""
    try:
        seen = backend(start=False).status()
    except BackendDown:
        return Note(body=NO_BACKEND, facts={"backend": None})
    return StatusList(status=seen, only=command.options.name)


def complete(command: Command) -> View:
    """End a job."""
    control = backend()
    ended = control.complete(job_of(control, command.options).job_id)
    done = "was ended before" if ended.outcome is Outcome.CANCELED else "its API is closed and its name is free"
    return Note(
        body=f"✓ {ended.model_name} completed: {done}",
        facts={"job_id": ended.job_id, "model_name": ended.model_name, "status": ended.status.value},
    )


def rollback(command: Command) -> View:
    """Let the version before come up and take over."""
    control = backend()
    job = control.rollback(job_of(control, command.options).job_id)
    coming = max((version.version for version in job.versions), default=1)
    return Note(
        body=f"✓ {job.model_name}: the version before comes up as v{coming} and takes over when it serves; "
        f"`%aibro status {job.model_name}` shows how far it is",
        facts={"job_id": job.job_id, "model_name": job.model_name, "version": coming},
    )


def cooling(command: Command) -> View:
    """Switch a job's cooling instance off for good, or on again."""
    control = backend()
    off = command.options.switch == "off"
    job = control.cooling(job_of(control, command.options).job_id, off=off)
    then = "standby answers alone" if off else "the next request wakes it"
    return Note(
        body=f"✓ {job.model_name}: cooling is {command.options.switch}, {then}",
        facts={"job_id": job.job_id, "model_name": job.model_name, "cooling_off": job.cooling_off},
    )


def minted(label: str) -> str:
    """Return a client id that nobody can guess (about 124 bits) and that still says whose it is."""
    return f"{label}-{''.join(secrets.choice(_LETTERS) for _ in range(24))}"


def clients(command: Command) -> View:
    """Show who may call, after the changes asked for."""
    options = command.options
    added = (*options.add, *(minted(label) for label in options.mint))
    update = ClientsUpdate(add=added, remove=tuple(options.remove), be_public=options.be_public)
    changes = bool(added or update.remove or update.be_public)
    control = backend(start=changes)
    job = job_of(control, options)
    seen = control.update_clients(job.job_id, update) if changes else control.clients(job.job_id)
    said = f"✓ {job.model_name}: in effect at every gateway" if changes else ""
    return ClientList(
        model_name=job.model_name,
        client_ids=seen.client_ids,
        urls=seen.urls,
        public=seen.public,
        reveal=options.reveal,
        said=said,
    )


def machines(command: Command) -> View:
    """Show the catalogue: the backend's own, or the package's where none runs."""
    try:
        found = tuple(backend(start=False).machines())
    except BackendDown:
        found = _packaged()
    like = command.options.like.lower()
    return MachineTable(machines=tuple(line for line in found if like in line.machine_id.lower()))


def _packaged() -> tuple[MachineView, ...]:
    return tuple(
        MachineView(
            machine_id=machine_id(found.type, Market.ON_DEMAND),
            vcpus=found.vcpus,
            memory_mib=found.memory_mib,
            gpu=f"{found.gpus} x {found.gpu}" if found.gpu else "",
            micros_per_hour=found.on_demand_micros,
            availability="100 %",
            region=found.region,
            source=found.source,
            as_of=found.as_of,
        )
        for found in catalogue().values()
    )

"""The verbs about jobs that run: status, complete, clients, logs, cost, machines."""

from __future__ import annotations

import argparse
import secrets
import string

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import BackendDown, BadRequest
from aibro_jupyter.job import find
from aibro_jupyter.machines import Market, catalogue, machine_id
from aibro_jupyter.protocol import ClientsUpdate, JobView, LogsView, MachineView
from aibro_jupyter.states import Outcome
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.views import Note, View
from aibro_jupyter.views.jobs import ClientList, CostLine, LogLines, StatusList
from aibro_jupyter.views.lists import EventList, MachineTable

NO_BACKEND = "no backend runs: `%aibro up` starts one"
_LETTERS = string.ascii_lowercase + string.digits


def status(command: Command) -> View:
    """Show all jobs or one; without a backend, say so and start none."""
    try:
        seen = backend(start=False).status()
    except BackendDown:
        return Note(body=NO_BACKEND, facts={"backend": None})
    assert seen is not None, "a status asked for without an ETag is always answered"
    return StatusList(status=seen, only=command.options.name)


def complete(command: Command) -> View:
    """End a job."""
    control = backend()
    ended = control.complete(_job(control, command.options).job_id)
    done = "was ended before" if ended.outcome is Outcome.CANCELED else "its API is closed and its name is free"
    return Note(
        body=f"✓ {ended.model_name} completed: {done}",
        facts={"job_id": ended.job_id, "model_name": ended.model_name, "status": ended.status.value},
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
    job = _job(control, options)
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


def logs(command: Command) -> View:
    """Show what a job's instances wrote, or what happened to it."""
    options = command.options
    control = backend(start=False)
    job = _job(control, options)
    if options.events:
        return EventList(events=tuple(control.events(job.job_id)))
    if not options.request:
        return LogLines(logs=control.logs(job.job_id, lines=options.lines), model_name=job.model_name)
    # A request's traceback may lie far back: look through more lines than are shown.
    whole = control.logs(job.job_id, lines=max(options.lines, 2000)).lines
    return LogLines(
        logs=LogsView(job_id=job.job_id, lines=_about(whole, options.request)[-options.lines :]),
        model_name=f"about request {options.request}, {job.model_name}",
    )


def _about(lines: tuple[str, ...], request_id: str) -> tuple[str, ...]:
    """Return the lines that name a request, each with the indented traceback below it."""
    kept: list[str] = []
    going = False
    for line in lines:
        message = line.partition(" ")[2]
        below = message.startswith((" ", "Traceback")) or (going and message[:1].isupper() and ": " in message)
        going = request_id in line or (going and below)
        if going:
            kept.append(line)
    return tuple(kept)


def cost(command: Command) -> View:
    """Show what a job cost."""
    control = backend(start=False)
    return CostLine(cost=control.cost(_job(control, command.options).job_id))


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


def _job(control: ControlClient, options: argparse.Namespace) -> JobView:
    """Return the job that was named; the only active one where none was."""
    wanted = options.model_name or options.name
    by_id = options.job_id or (wanted if wanted and wanted.startswith("inf_") else None)
    if by_id or wanted:
        return find(control, wanted, by_id)
    seen = control.status()
    active = [job for job in seen.jobs if job.outcome is None] if seen else []
    if len(active) == 1:
        return active[0]
    names = ", ".join(job.model_name for job in active)
    raise BadRequest("which job?", fix=f"one of {names}" if names else "nothing is deployed: `%aibro status`")

"""The verbs about jobs that run: status, complete, rollback, cooling, clients, machines."""

from __future__ import annotations

from dataclasses import replace

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.kinds import CLIENTS as CLIENT_IDS
from aibro_jupyter.client.kinds import FLAG, IDS, LABELS
from aibro_jupyter.client.minting import minted
from aibro_jupyter.client.option import Option
from aibro_jupyter.errors import NoBackend
from aibro_jupyter.machines import unknown_machine
from aibro_jupyter.protocol import ClientsUpdate, MachineView
from aibro_jupyter.states import Outcome
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.verb import ONE_JOB, THE_JOB, verb
from aibro_jupyter.verbs.which import job_of, status_of
from aibro_jupyter.views import Note, View
from aibro_jupyter.views.clients import ClientList
from aibro_jupyter.views.lists import MachineTable


def without(none: NoBackend) -> View:
    """Return what is said where no backend answers, which is no error: none runs, or one is just starting."""
    return Note(body=f"{none.message}: {none.fix}", facts={"backend": None})


@verb(
    ONE_JOB,
    Option(flags=("--verbose", "-v"), kind=FLAG, help="what its home takes on the disk as well"),
    examples=("status", "status iris", "status --verbose"),
    aliases=("jobs",),
    synonyms=("list", "ls", "ps"),
    reads_only=True,
)
def status(command: Command) -> View:
    """Show what is deployed, where, and what it costs."""
    try:
        control = backend(start=False)
        seen = status_of(control, command.options.name)
        return replace(seen, disk=control.disk()) if command.options.verbose else seen
    except NoBackend as none:
        return without(none)


@verb(*THE_JOB, examples=("complete iris",), synonyms=("stop", "delete", "undeploy", "remove", "rm", "kill"))
def complete(command: Command) -> View:
    """End a job: its API is closed and its name free."""
    control = backend()
    ended = control.complete(job_of(control, command.options).job_id)
    done = "was ended before" if ended.outcome is Outcome.CANCELED else "its API is closed and its name is free"
    return Note(
        body=f"✓ {ended.model_name} completed: {done}",
        facts={"job_id": ended.job_id, "model_name": ended.model_name, "status": ended.status.value},
    )


@verb(*THE_JOB, examples=("rollback iris",), synonyms=("revert", "undo"))
def rollback(command: Command) -> View:
    """Let the version before come up beside and take over."""
    control = backend()
    job = control.rollback(job_of(control, command.options).job_id)
    coming = max((version.version for version in job.versions), default=1)
    return Note(
        body=f"✓ {job.model_name}: the version before comes up as v{coming} and takes over when it serves; "
        f"`%aibro status {job.model_name}` shows how far it is",
        facts={"job_id": job.job_id, "model_name": job.model_name, "version": coming},
    )


@verb(
    *THE_JOB,
    Option(
        name="switch",
        choices=("on", "off"),
        required=True,
        help="off: standby answers alone; on: the next request wakes it",
    ),
    examples=("cooling iris off", "cooling on"),
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


@verb(
    *THE_JOB,
    Option(flags=("--add",), kind=CLIENT_IDS, many=True, help="client ids that may call from now on"),
    Option(flags=("--remove",), kind=IDS, many=True, help="client ids that may no longer"),
    Option(flags=("--mint",), kind=LABELS, many=True, help="add a client id that nobody can guess for each name"),
    Option(name="be_public", flags=("--public",), reference="be_public", kind=FLAG, help="remove all: anyone may call"),
    Option(flags=("--reveal",), kind=FLAG, help="show ids and URLs in full: they stay in the notebook"),
    examples=("clients iris", "clients iris --mint ana --remove ben", "clients iris --public"),
)
def clients(command: Command) -> View:
    """Show who may call a job; add, remove."""
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


@verb(
    Option(name="like", metavar="TEXT", default="", help="those whose id has this text, at least one", otherwise="all"),
    examples=("machines", "machines g4dn"),
    reads_only=True,
)
def machines(command: Command) -> View:
    """Show machine ids, their sizes and prices."""
    try:
        found = tuple(backend(start=False).machines())
    except NoBackend:
        found = MachineView.catalogue()
    like = command.options.like.lower()
    fits = tuple(line for line in found if like in line.machine_id.lower())
    if not fits:
        raise unknown_machine(command.options.like)
    return MachineTable(machines=fits)

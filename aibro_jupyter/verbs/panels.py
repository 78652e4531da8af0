"""The verbs that open something to look at and to press in a notebook; elsewhere they say the same as text."""

from __future__ import annotations

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import AibroError, BackendDown
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.running import NO_BACKEND, minted
from aibro_jupyter.views import Note, View
from aibro_jupyter.views.jobs import StatusList
from aibro_jupyter.views.panel import FormView, PanelView

_SECRET = 24
"""Letters that ``minted`` adds to a name."""


def panel(command: Command) -> View:
    """Show status and money of all jobs, or of one, and go on showing them."""
    try:
        seen = backend(start=False).status()
    except BackendDown:
        return Note(body=NO_BACKEND, facts={"backend": None})
    return PanelView(now=StatusList(status=seen, only=command.options.name))


def form(command: Command) -> View:
    """Deploy by choosing instead of typing."""
    return FormView(function=command.options.what or "", prog=command.asker.prog)


def minted_once(labels: list[str], model_name: str) -> tuple[str, ...]:
    """Return a client id that nobody can guess for each name; one that the job has already stays the same."""
    if not labels:
        return ()
    try:
        control = backend(start=False)
        known = control.clients(control.job_named(model_name).job_id).client_ids
    except AibroError:
        known = ()
    return tuple(_known(label, known) or minted(label) for label in dict.fromkeys(labels))


def _known(label: str, client_ids: tuple[str, ...]) -> str | None:
    return next(
        (one for one in client_ids if one.startswith(f"{label}-") and len(one) == len(label) + 1 + _SECRET), None
    )

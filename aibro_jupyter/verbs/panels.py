"""The verbs that open something to look at and to press in a notebook; elsewhere they say the same as text."""

from __future__ import annotations

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.kinds import FUNCTION
from aibro_jupyter.client.option import Option
from aibro_jupyter.errors import NoBackend
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.running import without
from aibro_jupyter.verbs.verb import ONE_JOB, verb
from aibro_jupyter.verbs.which import status_of
from aibro_jupyter.views import View
from aibro_jupyter.views.panel import FormView, PanelView


@verb(ONE_JOB, examples=("panel", "panel iris"), reads_only=True)
def panel(command: Command) -> View:
    """Show status and money in the cell's output, live."""
    try:
        return PanelView(now=status_of(backend(start=False), command.options.name))
    except NoBackend as none:
        return without(none)


@verb(
    Option(name="what", kind=FUNCTION, help="the function to begin with", otherwise="the last one defined"),
    examples=("form", "form predict"),
    reads_only=True,
)
def form(command: Command) -> View:
    """Deploy by choosing instead of typing."""
    return FormView(function=command.options.what or "", prog=command.asker.prog)

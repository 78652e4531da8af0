"""The verb about errors: what a code means."""

from __future__ import annotations

import inspect

from aibro_jupyter.client.option import Option
from aibro_jupyter.errors import AibroError, by_code
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.tree import BadCommand
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import Note, View


@verb(
    Option(name="code", metavar="CODE", help="the code", otherwise="all"),
    examples=("explain name-taken", "explain"),
    reads_only=True,
)
def explain(command: Command) -> View:
    """Say what an error code means."""
    known = by_code()
    code = command.options.code
    if not code:
        lines = [f"{name:<20} {_meaning(found).splitlines()[0]}" for name, found in sorted(known.items())]
        return Note(body="\n".join(lines), facts=sorted(known))
    if code not in known:
        raise BadCommand(f"no error has the code {code!r}", fix=f"`{command.asker.prog} explain` lists them all")
    found = known[code]
    body = f"{code} (HTTP {found.status}): {_meaning(found)}"
    return Note(body=body, facts={"code": code, "status": found.status, "meaning": _meaning(found)})


def _meaning(found: type[AibroError]) -> str:
    return inspect.cleandoc(found.__doc__ or found.code).replace("``", "`")

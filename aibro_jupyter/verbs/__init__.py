"""What a person can ask for, once, for the magics and the command line: words in, a view out."""

from __future__ import annotations

import os
from collections.abc import Callable

from aibro_jupyter.client.ensure import login
from aibro_jupyter.errors import AibroError, Unauthorized
from aibro_jupyter.verbs import backend, deploying, panels, running, secrets, spending, watching
from aibro_jupyter.verbs.bugs import bug
from aibro_jupyter.verbs.command import Asker, Command
from aibro_jupyter.verbs.tree import BadCommand, HelpAsked, parsed
from aibro_jupyter.views import Note, View

_VERBS: dict[str, Callable[[Command], View]] = {
    "deploy": deploying.deploy,
    "capture": deploying.capture,
    "dryrun": deploying.dryrun,
    "status": running.status,
    "jobs": running.status,
    "complete": running.complete,
    "clients": running.clients,
    "secrets": secrets.secrets,
    "rollback": running.rollback,
    "cooling": running.cooling,
    "logs": watching.logs,
    "events": watching.events,
    "drill": watching.drill,
    "cost": spending.cost,
    "limits": spending.limits,
    "budget": spending.budget,
    "machines": running.machines,
    "panel": panels.panel,
    "form": panels.form,
    "up": backend.up,
    "down": backend.down,
    "doctor": backend.doctor,
    "login": backend.login,
    "logout": backend.logout,
    "explain": backend.explain,
    "help": backend.help_,
}


def run(words: list[str], asker: Asker) -> View:
    """Do what the words ask for. Raises the facts of ``errors`` and nothing else; help is a view, not an error."""
    try:
        return _done(words, asker)
    except AibroError:
        raise
    except Exception as error:
        raise bug(error, words) from error


def _done(words: list[str], asker: Asker) -> View:
    try:
        options = parsed(asker.prog, words)
    except HelpAsked as asked:
        return Note(body=asked.text)
    verb, command = _VERBS[options.verb], Command(asker=asker, options=options)
    try:
        return verb(command)
    except Unauthorized:
        shared = os.environ.get("AIBRO_URL")
        if shared is None or asker.namespace is None:
            raise
        # In a notebook there is somebody to ask, and the answer must never be typed into a cell.
        login(shared, asker.secret(f"token of {shared}: ").strip())
        return verb(command)


__all__ = ["Asker", "BadCommand", "Command", "run"]

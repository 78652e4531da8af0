"""What a person can ask for, once, for the magics and the command line: words in, a view out."""

from __future__ import annotations

import os

from aibro_jupyter.client.ensure import login
from aibro_jupyter.errors import AibroError, Unauthorized
from aibro_jupyter.verbs.bugs import bug
from aibro_jupyter.verbs.command import Asker, Command
from aibro_jupyter.verbs.table import BY_NAME, parsed
from aibro_jupyter.verbs.tree import BadCommand, HelpAsked
from aibro_jupyter.views import Note, View


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
    verb, command = BY_NAME[options.verb].function, Command(asker=asker, options=options)
    try:
        return verb(command)
    except Unauthorized as unknown:
        shared = os.environ.get("AIBRO_URL")
        if shared is None or asker.namespace is None:
            raise
        # In a notebook there is somebody to ask, and the answer must never be typed into a cell.
        try:
            token = asker.secret(f"token of {shared}: ").strip()
        except EOFError:
            raise unknown from None
        login(shared, token)
        return verb(command)


__all__ = ["Asker", "BadCommand", "Command", "parsed", "run"]

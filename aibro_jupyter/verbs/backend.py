"""The verbs about the backend as a whole, beside `up`: down, login, logout."""

from __future__ import annotations

import os
import sys

from aibro_jupyter.client import ensure
from aibro_jupyter.client.kinds import FLAG
from aibro_jupyter.client.option import Option
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.tree import BadCommand
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import Note, View


@verb(examples=("down",), synonyms=("shutdown",))
def down(command: Command) -> View:
    """Park every job and end the backend on this computer; `up` brings the jobs back."""
    asker = command.asker
    said = ensure.down() if asker.machine else ensure.down(asker.say)
    lines = [f"✓ {line}" for line in said] or ["no backend ran"]
    return Note(body="\n".join(lines), facts={"ended": said})


@verb(
    Option(name="url", metavar="URL", default="", help="its URL", otherwise="AIBRO_URL"),
    Option(flags=("--token-stdin",), kind=FLAG, help="read the token from standard input (command line only)"),
    examples=("login https://aibro.example.com", "login https://aibro.example.com --token-stdin"),
)
def login(command: Command) -> View:
    """Use a shared backend; its token is asked for without being shown."""
    url = command.options.url or os.environ.get("AIBRO_URL", "")
    if not url:
        raise BadCommand(
            "which backend?", fix=f"`{command.asker.prog} login https://HOST`; one on this computer needs none"
        )
    token = _token(command, url)
    if not token:
        raise BadRequest("no token was given", fix="it begins with secret_; whoever runs the backend has it")
    seen = ensure.login(url, token)
    return Note(body=f"✓ {url} knows you as {seen.username}", facts={"url": url, "username": seen.username})


def _token(command: Command, url: str) -> str:
    if command.options.token_stdin:
        if command.asker.namespace is not None:
            raise BadCommand("a notebook has no standard input", fix=f"`%aibro login {url}` asks for the token")
        return sys.stdin.readline().strip()
    try:
        return command.asker.secret(f"token of {url}: ").strip()
    except EOFError:
        fix = f"`aibro login {url} --token-stdin < FILE` reads it, or set AIBRO_TOKEN"
        raise BadRequest("there is no terminal to type the token into", fix=fix) from None


@verb(examples=("logout",))
def logout(command: Command) -> View:
    """Use the backend on this computer again."""
    del command
    ensure.logout()
    url = os.environ.get("AIBRO_URL")
    still = f"AIBRO_URL still names {url}: unset it" if url else "back to the backend on this computer"
    return Note(body=f"✓ logged out · {still}", facts={"url": url})

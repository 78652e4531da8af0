"""The verbs about the backend as a whole: up, down, login, logout."""

from __future__ import annotations

import os
import sys

from aibro_jupyter import detach
from aibro_jupyter.client import ensure
from aibro_jupyter.client.kinds import FLAG
from aibro_jupyter.client.option import Option
from aibro_jupyter.client.token import shared
from aibro_jupyter.daemon import atlogin
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.home import home
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.tree import BadCommand
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import Note, View


@verb(
    Option(
        flags=("--foreground",),
        kind=FLAG,
        help="stay in the foreground, for a terminal or a supervisor (command line only)",
    ),
    Option(flags=("--at-login",), kind=FLAG, help="from now on start it whenever you log in, or at boot"),
    Option(flags=("--no-at-login",), kind=FLAG, help="undo --at-login"),
    examples=("up", "up --at-login"),
    synonyms=("start",),
)
def up(command: Command) -> View:
    """Start the backend on this computer; parked jobs come back."""
    if command.options.foreground:
        if command.asker.namespace is not None:
            raise BadCommand(
                "a notebook cannot be the backend's foreground", fix="`aibro up --foreground` in a terminal"
            )
        os.execv(sys.executable, detach.module("aibro_jupyter.daemon"))  # noqa: S606  it becomes the daemon
    if command.options.no_at_login:
        return _not_at_login()
    if command.options.at_login:
        return _at_login(command)
    return _started()


def _started() -> Note:
    seen = ensure.backend().status()
    names = [job.model_name for job in seen.jobs if job.outcome is None]
    jobs = f"jobs: {', '.join(names)}" if names else "no job yet"
    return Note(
        body=f"✓ the backend runs: {seen.gateway_url} · reach: {seen.reach} · {jobs}",
        facts={"gateway_url": seen.gateway_url, "reach": seen.reach, "version": seen.version, "jobs": names},
    )


def _at_login(command: Command) -> View:
    if shared() is not None:
        raise BadRequest("a shared backend is not started from here", fix="log out or unset AIBRO_URL first")
    place = atlogin.enable(home().make())
    note = _started()
    linger = "`loginctl enable-linger` starts it at boot, without a login"
    lines = [note.body, f"✓ from now on it starts when you log in: {place}"]
    lines += [f"  {linger}"] if atlogin.lingers() is False else []
    lines += [
        "",
        *place.read_text(encoding="utf-8").splitlines(),
        "",
        f"`{command.asker.prog} up --no-at-login` undoes it",
    ]
    return Note(body="\n".join(lines), facts={**note.facts, "at_login": str(place)})


def _not_at_login() -> View:
    place = atlogin.disable()
    said = f"✓ removed {place}: it does not start at login any more" if place else "it did not start at login"
    return Note(body=said, facts={"at_login": None, "removed": None if place is None else str(place)})


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

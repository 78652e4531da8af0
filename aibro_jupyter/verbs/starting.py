"""The verb that starts the backend: now, at login, in the foreground; and where it listens."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import fields, replace

from aibro_jupyter import detach
from aibro_jupyter.client import ensure
from aibro_jupyter.client.kinds import COUNT, FLAG, TEXT
from aibro_jupyter.client.option import Option
from aibro_jupyter.client.token import shared
from aibro_jupyter.daemon import atlogin
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.home import home
from aibro_jupyter.listening import PREFIX, TABLE, Listening, is_here_alone, listening
from aibro_jupyter.settingsfile import write
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.tree import BadCommand
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import Note, View

KEPT = tuple(field.name for field in fields(Listening))
"""The options that are kept in settings.toml."""


@verb(
    Option(
        flags=("--foreground",),
        kind=FLAG,
        help="stay in the foreground, for a terminal or a supervisor (command line only)",
    ),
    Option(flags=("--host",), kind=TEXT, metavar="ADDRESS", help="where APIs listen: 0.0.0.0 is every address"),
    Option(flags=("--port",), kind=COUNT, metavar="PORT", help="the port of APIs"),
    Option(flags=("--control-host",), kind=TEXT, metavar="ADDRESS", help="where control listens, which speaks no TLS"),
    Option(flags=("--control-port",), kind=COUNT, metavar="PORT", help="the port of control"),
    Option(flags=("--public-url",), kind=TEXT, metavar="URL", help="what URLs begin with behind a proxy"),
    Option(flags=("--at-login",), kind=FLAG, help="from now on start it whenever you log in, or at boot"),
    Option(flags=("--no-at-login",), kind=FLAG, help="undo --at-login"),
    examples=("up", "up --at-login", "up --port 8642 --control-port 8643 --public-url https://models.example"),
    synonyms=("start",),
)
def up(command: Command) -> View:
    """Start the backend on this computer; parked jobs come back. Where it listens is kept for every later start."""
    told = _kept(command)
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
    if told and ensure.daemon_info(home()) is not None:
        return _later(told)
    return _started()


def _kept(command: Command) -> dict[str, str | int]:
    """Keep what was asked for about addresses, and return it."""
    told = {name: value for name in KEPT if (value := getattr(command.options, name)) is not None}
    if told and shared() is not None:
        raise BadRequest("a shared backend is not started from here", fix="log out or unset AIBRO_URL first")
    if set_there := [variable for name in told if (variable := f"{PREFIX}{name.upper()}") in os.environ]:
        raise BadRequest(f"{set_there[0]} is set, and wins over what is kept", fix="unset it, or leave the option out")
    here = home()
    replace(listening(here.settings_file), **told)  # raises what does not fit, before anything is kept
    if told:
        write(here.make().settings_file, TABLE, told)
    return told


def _later(told: dict[str, str | int]) -> Note:
    kept = ", ".join(f"{name} {value}" for name, value in told.items())
    until = "the backend goes on where it is until `aibro down`; the next `aibro up` uses them"
    return Note(body=f"✓ kept in {home().settings_file}: {kept}\n  {until}", facts={"kept": told})


def _started() -> Note:
    seen = ensure.backend().status()
    names = [job.model_name for job in seen.jobs if job.outcome is None]
    jobs = f"jobs: {', '.join(names)}" if names else "no job yet"
    shared_with = "".join(f"\n  {line}" for line in _for_others() if shared() is None)
    return Note(
        body=f"✓ the backend runs: {seen.gateway_url} · reach: {seen.reach} · {jobs}{shared_with}",
        facts={"gateway_url": seen.gateway_url, "reach": seen.reach, "version": seen.version, "jobs": names},
    )


def _for_others() -> Iterator[str]:
    """Tell who shares a backend what others need, and what they would read on the way."""
    here = home()
    asked = listening(here.settings_file)
    open_apis, open_control = not is_here_alone(asked.host), not is_here_alone(asked.control_host)
    if asked.reached or open_control:
        yield f"control: port {here.control_port.read_text()} of {asked.control_host} · token: {here.token_file}"
        yield "others use it with `aibro login URL`, and need that token"
    if open_apis and not asked.reached:
        yield "URLs name this computer only; `aibro up --public-url http://NAME:PORT` says how others reach it"
    if open_control:
        yield "control speaks no TLS: whoever reads this network reads the token; put a proxy before it"


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

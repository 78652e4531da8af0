"""The verbs about the backend and about ourselves: up, down, doctor, login, explain, help."""

from __future__ import annotations

import inspect
import os
import sys

from aibro_jupyter.client import ensure
from aibro_jupyter.errors import AibroError, BadRequest
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.doctor import examined
from aibro_jupyter.verbs.tree import BadCommand, parser, verbs_of
from aibro_jupyter.views import Note, View


def up(command: Command) -> View:
    """Start the backend, or find it running."""
    if command.options.foreground:
        if command.asker.namespace is not None:
            raise BadCommand(
                "a notebook cannot be the backend's foreground", fix="`aibro up --foreground` in a terminal"
            )
        os.execv(sys.executable, [sys.executable, "-m", "aibro_jupyter.daemon"])  # noqa: S606  it becomes the daemon
    seen = ensure.backend().status()
    assert seen is not None, "a status asked for without an ETag is always answered"
    names = [job.model_name for job in seen.jobs if job.outcome is None]
    jobs = f"jobs: {', '.join(names)}" if names else "no job yet"
    return Note(
        body=f"✓ the backend runs: {seen.gateway_url} · reach: {seen.reach} · {jobs}",
        facts={"gateway_url": seen.gateway_url, "reach": seen.reach, "version": seen.version, "jobs": names},
    )


def down(command: Command) -> View:
    """Park every job and end the backend."""
    del command
    said = ensure.down()
    lines = [f"✓ {line}" for line in said] or ["no backend ran"]
    return Note(body="\n".join(lines), facts={"ended": said})


def doctor(command: Command) -> View:
    """Check this computer."""
    del command
    return examined()


def login(command: Command) -> View:
    """Use a shared backend from now on."""
    url = command.options.url or os.environ.get("AIBRO_URL", "")
    if not url:
        raise BadCommand(
            "which backend?", fix=f"`{command.asker.prog} login https://HOST`; one on this computer needs none"
        )
    token = command.asker.secret(f"token of {url}: ").strip()
    if not token:
        raise BadRequest("no token was typed", fix="it begins with secret_; whoever runs the backend has it")
    seen = ensure.login(url, token)
    return Note(body=f"✓ {url} knows you as {seen.username}", facts={"url": url, "username": seen.username})


def logout(command: Command) -> View:
    """Use the backend on this computer again."""
    del command
    ensure.logout()
    shared = os.environ.get("AIBRO_URL")
    still = f"AIBRO_URL still names {shared}: unset it" if shared else "back to the backend on this computer"
    return Note(body=f"✓ logged out · {still}", facts={"url": shared})


def _codes(root: type[AibroError]) -> dict[str, type[AibroError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found = _codes(child) | found
    return found


def explain(command: Command) -> View:
    """Say what an error code means, from the error's own words."""
    known = _codes(AibroError)
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


def help_(command: Command) -> View:
    """Show the verbs, or a verb's options."""
    tree = parser(command.asker.prog)
    topic = command.options.topic
    if not topic:
        return Note(body=tree.format_help().rstrip())
    known = verbs_of(tree)
    if topic not in known:
        raise BadCommand(f"no verb is called {topic!r}", fix=f"`{command.asker.prog} help` lists the verbs")
    return Note(body=known[topic].format_help().rstrip())

"""Where the values of secrets come from: the kernel's environment or somebody's fingers. They are kept nowhere here."""

from __future__ import annotations

import getpass
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.token import shared
from aibro_jupyter.errors import AibroError, BadRequest
from aibro_jupyter.home import home, secrets_file
from aibro_jupyter.protocol import JobView


def collected(given: Mapping[str, str] | Sequence[str], ask: Callable[[str], str] | None = None) -> dict[str, str]:
    """Return the value of each name: that of the environment variable, else what somebody types without showing it.

    What comes with its values already stays as it is.
    """
    if isinstance(given, Mapping):
        return dict(given)
    ask = ask or hidden
    found = {}
    for name in dict.fromkeys([given] if isinstance(given, str) else given):
        if "=" in name:
            # Its value stands in the cell or in the shell's history by now; at least it goes no further.
            raise BadRequest(
                "--secret takes the name alone", fix=f"--secret {name.partition('=')[0]} asks for the value"
            )
        value = os.environ.get(name) or _asked(name, ask)
        if not value:
            raise BadRequest(f"{name} has no value", fix=f"set it in the environment, or type it when {name} is asked")
        found[name] = value
    return found


def kept(model_name: str) -> dict[str, str]:
    """Return what the live version of a name was given, so that the proof of the next one has it too.

    Only from a backend on this computer, whose files are the user's own; {} for any other, and if nothing is live.
    """
    with suppress(AibroError, OSError, ValueError):
        if shared() is None:
            job = backend(start=False).job_named(model_name)
            if key := live_secrets(job):
                path = secrets_file(home().secrets, job.job_id, key)
                return dict(json.loads(path.read_text(encoding="utf-8")))
    return {}


def live_secrets(job: JobView) -> str:
    """Return the key of the secrets that a job's newest version has; "" for none."""
    newest = [version.spec.secrets for version in job.versions if version.state in ("coming", "live")]
    return newest[0] if newest else ""


def _asked(name: str, ask: Callable[[str], str]) -> str:
    try:
        return ask(f"{name}: ")
    except EOFError:
        raise BadRequest(
            f"{name} has no value, and nobody can be asked here", fix=f"set {name} in the environment"
        ) from None


def hidden(prompt: str) -> str:
    """Ask for something without showing it; ``EOFError`` where there is nobody to ask, such as no terminal."""
    try:
        with warnings.catch_warnings():
            # What cannot be hidden is not read at all.
            warnings.simplefilter("error", getpass.GetPassWarning)
            # Looked up when it is needed: a kernel puts its own getpass there for as long as a cell runs.
            return getpass.getpass(prompt)
    except (getpass.GetPassWarning, NotImplementedError, OSError) as error:
        raise EOFError from error

"""Which shared backend is used, and with which token: the environment's, else that of the last login."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from aibro_jupyter.errors import Unauthorized
from aibro_jupyter.home import Home, home, write_private


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A backend that somebody runs for several people."""

    url: str
    token: str = field(repr=False)

    @property
    def lost(self) -> str:
        """What to do where it cannot be reached: whence its URL comes, and how to go back."""
        if os.environ.get("AIBRO_URL", "").rstrip("/") == self.url:
            return "AIBRO_URL names it: mend that URL, or unset AIBRO_URL to use the backend on this computer"
        return "you logged in there: `aibro logout` goes back to the backend on this computer"


def shared(token: str | None = None) -> Shared | None:
    """Return the shared backend to use: ``AIBRO_URL``, else the login's; None: the embedded one is used.

    A missing token raises ``Unauthorized``.
    """
    login = _login(home())
    url = os.environ.get("AIBRO_URL", "").rstrip("/") or (login.url if login else "")
    return Shared(url=url, token=token_for(url, token)) if url else None


def token_for(url: str, given: str | None = None) -> str:
    """Return the token of a shared backend: the one given, else ``AIBRO_TOKEN``, else the login's."""
    login = _login(home())
    remembered = login.token if login is not None and login.url == url.rstrip("/") else None
    known = given or os.environ.get("AIBRO_TOKEN") or remembered
    if not known:
        raise Unauthorized(
            f"the backend at {url} wants a token", fix=f"set AIBRO_TOKEN, or run `%aibro login {url}` in a notebook"
        )
    return known


def remember(login: Shared) -> None:
    """Use this backend from now on, in every notebook of the user; the token is kept readable by the user alone."""
    write_private(_file(home().make()), json.dumps({"url": login.url, "token": login.token}))


def forget() -> None:
    """Use the embedded backend again."""
    _file(home()).unlink(missing_ok=True)


def _file(here: Home) -> Path:
    return here.root / "login.json"


def _login(here: Home) -> Shared | None:
    try:
        said = json.loads(_file(here).read_text())
        return Shared(url=str(said["url"]), token=str(said["token"]))
    except (FileNotFoundError, ValueError, KeyError):
        return None

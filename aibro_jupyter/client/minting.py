"""Client ids that nobody can guess, made from a name that still says whose they are."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable

_LETTERS = string.ascii_lowercase + string.digits
_SECRET = 24
"""Letters that are added to a name: about 124 bits."""


def minted(label: str) -> str:
    """Return a client id that nobody can guess and that still says whose it is."""
    return f"{label}-{''.join(secrets.choice(_LETTERS) for _ in range(_SECRET))}"


def minted_once(labels: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return one client id for each name: the one that is known already, else a new one."""
    return tuple(_of(label, known) or minted(label) for label in dict.fromkeys(labels))


def _of(label: str, known: Iterable[str]) -> str | None:
    made = (one for one in known if one.startswith(f"{label}-") and len(one) == len(label) + 1 + _SECRET)
    return next(made, None)

"""What callers of a job may take of it: the check of each change, and what it makes of what was."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import replace

from aibro_jupyter.errors import BadClientId, BadRequest
from aibro_jupyter.protocol import ANY_ORIGIN, Allowance, Terms, TermsUpdate

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


def updated_terms(before: Terms, update: TermsUpdate, client_ids: Collection[str]) -> Terms:
    """Return the terms after a change; ``BadRequest`` says what cannot be.

    What single clients may take goes with them: only that of ``client_ids`` is kept.
    """
    if update.client and update.client not in client_ids:
        raise BadClientId("no client of this model has that id", fix="`aibro clients` lists them")
    if update.client and (update.max_wait_s is not None or update.origins is not None):
        raise BadRequest("a time to wait and web pages are for all clients", fix="leave the client id out")
    own = {client_id: allowance for client_id, allowance in before.own.items() if client_id in client_ids}
    if update.client:
        known = Allowance() if update.clear else own.pop(update.client, before.allowance)
        if not update.clear or _says(update):
            own[update.client] = _allowance(known, update)
        else:
            own.pop(update.client, None)
        return replace(before, own=own)
    begun = Terms() if update.clear else replace(before, own=own)
    return replace(
        begun,
        max_wait_s=begun.max_wait_s if update.max_wait_s is None else _seconds(update.max_wait_s),
        allowance=_allowance(begun.allowance, update),
        origins=begun.origins if update.origins is None else tuple(dict.fromkeys(map(checked_origin, update.origins))),
    )


def checked_origin(origin: str) -> str:
    """Return a web page's origin as browsers send it, else raise ``BadRequest``."""
    wanted = origin.strip().lower().removesuffix("/")
    if wanted != ANY_ORIGIN and not _ORIGIN.fullmatch(wanted):
        raise BadRequest(f"{origin[:80]!r} is no origin of a web page", fix="for example https://app.example.com")
    return wanted


def _says(update: TermsUpdate) -> bool:
    return update.at_once is not None or update.per_second is not None


def _allowance(known: Allowance, update: TermsUpdate) -> Allowance:
    if update.at_once is not None and update.at_once < 1:
        raise BadRequest(f"at_once must be at least 1, not {update.at_once}", fix="remove the client to shut it out")
    if update.per_second is not None and not 0 < update.per_second < math.inf:
        raise BadRequest(f"per_second must be more than 0, not {update.per_second:g}")
    return Allowance(
        at_once=known.at_once if update.at_once is None else update.at_once,
        per_second=known.per_second if update.per_second is None else update.per_second,
    )


def _seconds(value: float) -> float:
    if not 0 <= value < math.inf:
        raise BadRequest(f"max_wait_s must be 0 or more seconds, not {value:g}")
    return value

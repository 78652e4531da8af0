"""Who may call: the rules for client ids, names and ids that stand in a URL. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from aibro_jupyter.errors import BadClientId, BadName, BadRequest, DuplicateClients, WouldBecomePublic
from aibro_jupyter.home import NAME, suggested_name
from aibro_jupyter.masking import BY_HEADER, PUBLIC, predict_path
from aibro_jupyter.protocol import ClientsUpdate

_RESERVED = frozenset({PUBLIC, BY_HEADER, ".", ".."})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")


def checked_name(name: str) -> str:
    """Return a model name that may stand in a URL; else raise ``BadName`` with one that may."""
    if NAME.fullmatch(name):
        return name
    raise BadName(
        f"{name[:80]!r} cannot be a model name: letters, digits, '.', '_' and '-', at most 128",
        fix=f"for example {suggested_name(name)!r}",
    )


def checked_id(wanted: str, what: str) -> str:
    """Return an id made by a client, which never is a path; else raise ``BadRequest``."""
    if _ID.fullmatch(wanted) and wanted not in _RESERVED:
        return wanted
    raise BadRequest(f"{wanted[:80]!r} cannot be a {what}", fix="letters, digits, '.', '_' and '-', at most 128")


def checked_clients(client_ids: Iterable[str]) -> tuple[str, ...]:
    """Return client ids in their order; one that cannot stand in a URL, or that comes twice, raises."""
    wanted = tuple(client_ids)
    for client_id in wanted:
        if not 1 <= len(client_id) <= 128 or client_id in _RESERVED or _CONTROL.search(client_id):
            raise BadClientId(
                f"{client_id[:40]!r} cannot be a client id",
                fix="1 to 128 characters, no control characters, and not 'public', '-', '.' or '..'",
            )
    _refuse_twice(wanted, "the list")
    return wanted


def _refuse_twice(client_ids: tuple[str, ...], where: str) -> None:
    twice = len(client_ids) - len(set(client_ids))
    if twice:
        raise DuplicateClients(f"{where} has {twice} client id(s) twice", fix="nothing was changed")


def updated_clients(current: tuple[str, ...], update: ClientsUpdate) -> tuple[str, ...]:
    """Return who may call after an update; the whole of it is checked first, and refused whole.

    An id to add that is there already cancels the update; an id to remove that is not there is ignored.
    """
    add = checked_clients(update.add)
    _refuse_twice(update.remove, "the list to remove")
    if update.be_public and add:
        raise BadRequest("be_public removes every client id, so none can be added with it", fix="choose one of the two")
    both = set(add) & set(update.remove)
    if both:
        raise BadRequest(f"{len(both)} client id(s) to add are also to be removed", fix="nothing was changed")
    known = set(current) & set(add)
    if known:
        raise DuplicateClients(
            f"{len(known)} client id(s) are there already; the update is canceled", fix="add only new ids"
        )
    if update.be_public:
        return ()
    left = tuple(client_id for client_id in current if client_id not in set(update.remove))
    if current and not left and not add:
        raise WouldBecomePublic(
            "removing the last client id would open the API to everybody",
            fix="say be_public=True if you mean it, or complete the job to close the API",
        )
    return (*left, *add)


def predict_url(gateway_url: str, username: str, client_id: str | None, model_name: str) -> str:
    """Return the URL that a client calls; the client id is one percent-encoded path segment."""
    caller = PUBLIC if client_id is None else quote(client_id, safe="")
    return gateway_url + predict_path(username, caller, model_name)

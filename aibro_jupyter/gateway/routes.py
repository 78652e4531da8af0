"""Who may call what, and which instance answers: pure functions over the route table."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from aibro_jupyter.masking import BY_HEADER, PUBLIC
from aibro_jupyter.protocol import Route, RouteTable, client_hash
from aibro_jupyter.states import Role


@dataclass(frozen=True, kw_only=True)
class Address:
    """What a predict URL names, decoded."""

    username: str
    client_id: str
    model_name: str
    page: bool = False
    """The page of the API is asked for, not an answer of the model."""


def address(target: bytes) -> Address | None:
    """Return what ``/v1/{username}/{client_id}/{model_name}/predict`` names; None for any other path.

    Without ``/predict`` it names the page of that API.

    Every part is one segment and decoded once, after splitting: an encoded slash stays inside its part.
    """
    parts = target.partition(b"?")[0].split(b"/")
    match parts:
        case [b"", b"v1", username, client_id, model_name, *rest] if rest in ([], [b"predict"]):
            try:
                user, client, model = (unquote_to_bytes(part).decode() for part in (username, client_id, model_name))
            except UnicodeDecodeError:
                return None
            return Address(username=user, client_id=client, model_name=model, page=not rest)
        case _:
            return None


def client_of(wanted: Address, bearer: str | None) -> str:
    """Return the client id that a request names, in its URL or its header."""
    return (bearer or "") if wanted.client_id == BY_HEADER else wanted.client_id


class Routes:
    """One route table, made ready for looking up."""

    def __init__(self, table: RouteTable) -> None:
        self.rev = table.rev
        self.by_job = {route.job_id: route for route in table.routes}
        self._by_name = {(route.username, route.model_name): route for route in table.routes}

    def named(self, wanted: Address) -> Route | None:
        """Return the route of that name, whoever asks."""
        return self._by_name.get((wanted.username, wanted.model_name))

    def authorised(self, wanted: Address, bearer: str | None) -> Route | None:
        """Return the route if this caller may use it, else None: the same for unknown, removed and guessed.

        The same work is done whether or not the name exists. Looking a digest up in a set compares it with a stored
        one only if their SipHash under this process's random key is equal, so the time tells nothing about any of them.
        """
        route = self.named(wanted)
        client_id = client_of(wanted, bearer)
        known = client_hash(client_id) in (route.client_hashes if route else _NOBODY)
        if route is None:
            return None
        allowed = wanted.client_id == PUBLIC if route.public else known and client_id not in ("", PUBLIC, BY_HEADER)
        return route if allowed else None


_NOBODY: frozenset[str] = frozenset()


def wake_is_due(route: Route) -> bool:
    """Tell whether a request for this job must wake its cooling instance."""
    return route.has_cooling and all(target.role is not Role.COOLING for target in route.targets)

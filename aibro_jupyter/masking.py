"""What must not be read is shown masked: a client id, alone or in a URL, and in answers the paths of this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit, urlunsplit

PUBLIC = "public"
"""In a path in place of a client id: the API has none."""
BY_HEADER = "-"
"""The same: the client id comes as ``Authorization: Bearer`` instead."""
MASK = "••••"
_SECRET_PART = 8
"""A part after the last dash that is shorter than this is no secret that a label could stand before."""
_CALLED = re.compile(r"(?P<before>.*?/v1/[^/]+/)(?P<client>[^/]+)(?P<after>/.*)?")
_PATH = re.compile(r"(?<![\w.:/-])/(?P<top>[^\s/'\"<>:]+)(?:/[^\s/'\"<>:,;)\]]+)*/(?P<name>[^\s/'\"<>:,;)\]]*)")
_NOBODY = frozenset({PUBLIC, BY_HEADER})


def predict_path(username: str, caller: str, model_name: str) -> str:
    """Return the path of an API; the caller is a percent-encoded client id, or what stands in its place."""
    return f"/v1/{username}/{caller}/{model_name}/predict"


def masked(client_id: str) -> str:
    """Return a client id as it may be shown: ``team-a-••••``, or its first letters; never the better half of it."""
    label, dash, secret = client_id.rpartition("-")
    if label and len(secret) >= max(_SECRET_PART, len(label)):
        return f"{label}{dash}{MASK}"
    return f"{client_id[: min(2, len(client_id) // 2)]}{MASK}"


def masked_url(url: str) -> str:
    """Return the URL of an API as it may be shown: its client id masked, without a password and without a query."""
    return _with_client(url, lambda client: masked(unquote(client)))


def bearer_url(url: str) -> str:
    """Return the URL that takes the client id as a bearer token instead; a public one stays public."""
    return _with_client(url, lambda _: BY_HEADER)


def _with_client(url: str, shown: Callable[[str], str]) -> str:
    parts = urlsplit(url)
    path = parts.path
    if (called := _CALLED.fullmatch(path)) and called["client"] not in _NOBODY:
        path = f"{called['before']}{shown(called['client'])}{called['after'] or ''}"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", ""))


def without_paths(text: str) -> str:
    """Return a text for callers: of a path on this machine only its last part is left, ``…/model.bin``."""

    def shown(path: re.Match[str]) -> str:
        return f"…/{path['name']}" if os.path.isdir(f"/{path['top']}") else path[0]

    return _PATH.sub(shown, text)


def guessable(client_id: str) -> bool:
    """Tell whether a client id could be found by trying: short, or words only."""
    longest = max(re.split(r"[^A-Za-z0-9]+", client_id), key=len)
    mixed = bool(re.search(r"\d", longest)) and bool(re.search(r"[A-Za-z]", longest))
    return len(longest) < 16 or not mixed or len(set(longest)) < 8


class Secret(str):
    """A client id, or a URL that holds one: a plain string to use, masked wherever a notebook would show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(masked_url(self) if "://" in self else masked(self))

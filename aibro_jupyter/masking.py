"""How a client id is shown where it must not be read: it is a credential."""

from __future__ import annotations

MASK = "••••"
_SECRET_PART = 8
"""A part after the last dash that is shorter than this is no secret that a label could stand before."""


def masked(client_id: str) -> str:
    """Return a client id as it may be shown: ``team-a-••••``, or its first letters; never the better half of it."""
    label, dash, secret = client_id.rpartition("-")
    if label and len(secret) >= max(_SECRET_PART, len(label)):
        return f"{label}{dash}{MASK}"
    return f"{client_id[: min(2, len(client_id) // 2)]}{MASK}"

"""Who asks a public API: by the address that a request came from, or that a trusted proxy says it came from."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

_SITE = 64
"""Bits: so much of an IPv6 address belongs to whoever has the line, who may choose the rest anew each time."""


def caller_of(peer: str, forwarded: str, trusted: Collection[str]) -> str:
    """Return by which address turns go.

    ``forwarded`` is ``X-Forwarded-For``. Only what a trusted proxy added counts: the last address that is not one.
    """
    hops = [hop.strip() for hop in forwarded.split(",")] if forwarded else []
    while peer in trusted and hops:
        peer = hops.pop()
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _SITE), strict=False))
    return str(address)

"""Where a backend listens and is reached: the ``[listen]`` table of settings.toml, then AIBRO_LISTEN_* variables."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aibro_jupyter.errors import BadRequest
from aibro_jupyter.settingsfile import read

TABLE, PREFIX = "listen", "AIBRO_LISTEN_"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Listening:
    """Two addresses, that of the APIs (the gateway) and that of the backend's owner (control)."""

    host: str = LOOPBACK
    """Address on which the APIs listen; 0.0.0.0 is every address of this computer."""
    port: int = 0
    """Port of the APIs; 0 is the one chosen at the first start, 8642 if it was free, and kept in `gateway_port`."""
    control_host: str = LOOPBACK
    """Address of control, which takes deploys for a token and speaks no TLS: further out put a proxy before it."""
    control_port: int = 0
    """Port of control; 0 is the one chosen at the first start, 8643 if it was free, and kept in `control_port`."""
    public_url: str = ""
    """What predict URLs begin with where something stands in front, such as a proxy; its host is an allowed one."""

    def __post_init__(self) -> None:
        for name in ("host", "control_host"):
            _check_address(name, getattr(self, name))
        for name in ("port", "control_port"):
            if not 0 <= getattr(self, name) <= 65_535:
                raise BadRequest(f"{name} must be a port from 1 to 65535", fix="8642 and 8643 are the usual ones")
        if self.port and self.port == self.control_port:
            raise BadRequest(f"port and control_port are both {self.port}", fix="give each a port of its own")
        if self.public_url and not self.reached:
            raise BadRequest(
                f"public_url {self.public_url!r} is no address of a server",
                fix="it looks like https://models.example, without a path",
            )

    @property
    def reached(self) -> str:
        """``public_url`` as URLs begin with it; empty where there is none."""
        url = self.public_url.rstrip("/")
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            parts.port  # noqa: B018  it is read, and refused, only here
        except ValueError:
            return ""
        more = parts.path or parts.query or parts.fragment or parts.username
        known = parts.scheme in ("http", "https") and parts.hostname
        return f"{parts.scheme}://{parts.netloc}" if known and not more else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The host names under which it is reached beside this computer's own."""
        name = urlsplit(self.reached).hostname
        return (name,) if name else ()


def listening(file: Path, environ: Mapping[str, str] = os.environ) -> Listening:
    """Read the settings; an unknown name or a value that does not fit raises ``BadRequest`` naming it."""
    return read(Listening, file, environ, prefix=PREFIX, table=TABLE)


def dialled(host: str) -> str:
    """Return the host by which this computer itself calls what listens at an address, as URLs write it."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        address = ipaddress.ip_address("::1" if address.version == 6 else LOOPBACK)
    return f"[{address}]" if address.version == 6 else str(address)


def is_here_alone(host: str) -> bool:
    """Tell whether nobody but this computer can reach what listens at an address."""
    return ipaddress.ip_address(host).is_loopback


def is_address(host: str) -> bool:
    """Tell whether a host is written in numbers; such a one cannot be rebound to another place as a name can."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _check_address(name: str, host: str) -> None:
    if not is_address(host):
        raise BadRequest(
            f"{name} {host!r} is no address", fix="write numbers, such as 192.168.1.20, or 0.0.0.0 for every address"
        )

"""Tells an address of the owner's what happened: a small POST that can neither block, nor leak, nor reach inside."""

from __future__ import annotations

import http.client
import ipaddress
import logging
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from aibro_jupyter.errors import AibroError, BadRequest
from aibro_jupyter.protocol import encode

_LOG = logging.getLogger(__name__)
_TIMEOUT_S = 5.0
_TRIES = 2
_AT_ONCE = 8
"""So many may be under way; more are dropped, for whoever does not answer must not fill the memory."""
_METADATA = frozenset(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What is posted, as JSON: no token, no client id, no URL of the API."""

    event: str
    """budget-near, budget-degraded, budget-stopped, canceled, ended, wake-failed or spot-lost."""
    job_id: str
    model_name: str
    at: float
    text: str


def checked_url(url: str) -> str:
    """Return an address that news may go to, or raise ``BadRequest``; empty stays empty."""
    if url:
        _parts(url)
    return url


def host(url: str) -> str:
    """Return the part of an address that may be shown."""
    return urlsplit(url).hostname or ""


def _parts(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.username is not None or any(ord(letter) <= 32 for letter in url):
        raise BadRequest("notify must be a URL such as https://example.com/hook", fix="http or https, no user name")
    return parts


class Notifier:
    """Posts notices from threads of its own; what cannot be told is logged, without the address's path."""

    def __init__(self, *, private: bool = False) -> None:
        self._private = private
        self._free = threading.BoundedSemaphore(_AT_ONCE)

    def __call__(self, url: str, notice: Notice) -> None:
        """Begin to tell, and return at once."""
        if not self._free.acquire(blocking=False):
            _LOG.warning("%s is too slow: the notice %s is dropped", host(url), notice.event)
            return
        threading.Thread(target=self._tell, args=(url, notice), daemon=True).start()

    def _tell(self, url: str, notice: Notice) -> None:
        try:
            for left in reversed(range(_TRIES)):
                try:
                    post(url, encode(notice), private=self._private)
                    return
                except (OSError, http.client.HTTPException, AibroError) as error:
                    if left == 0:
                        why = error.message if isinstance(error, AibroError) else type(error).__name__
                        _LOG.warning("%s could not be told of %s: %s", host(url), notice.event, why)
        finally:
            self._free.release()


def post(url: str, body: bytes, *, private: bool = False) -> int:
    """POST once, following nothing, to an address that was looked up and allowed; return the answer's status."""
    parts = _parts(url)
    name, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = allowed(name, port, private=private)
    connection = http.client.HTTPConnection(name, port, timeout=_TIMEOUT_S)
    # The very address that was checked is connected to: a second look-up could answer otherwise.
    plain = socket.create_connection((str(address), port), timeout=_TIMEOUT_S)
    try:
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=name) if secure else plain
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json", "User-Agent": "aibro"})
        status = connection.getresponse().status
    finally:
        plain.close()
        connection.close()
    if status >= 300:
        raise http.client.HTTPException(f"answered {status}")
    return status


def allowed(name: str, port: int, *, private: bool) -> Address:
    """Return where a host name leads, or raise ``BadRequest`` if that is a place where no news should go.

    Never metadata, link-local, multicast or unspecified addresses; of private ones only this computer's own, unless
    the setting ``notify_private`` allows them.
    """
    found = [ipaddress.ip_address(info[4][0]) for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    for address in found:
        inner: Address = (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address
        never = inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner in _METADATA
        if never or (inner.is_private and not inner.is_loopback and not private):
            raise BadRequest(
                f"news may not be sent to {name}", fix="the setting notify_private allows private networks"
            )
    return found[0]

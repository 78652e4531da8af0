"""Tells an address of the owner's what happened: a small POST that can neither block, nor leak, nor reach inside."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import threading
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.helpers import is_ip_address
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from aibro_jupyter.errors import AibroError, BadRequest
from aibro_jupyter.protocol import encode

_LOG = logging.getLogger(__name__)
_TIMEOUT_S = 5.0
_TRIES = 2
"""Chosen, both: news that come late are none, and whoever does not take them twice will not take them."""
_AT_ONCE = 8
"""So many may be under way; more are dropped, for whoever does not answer must not fill the memory."""
_METADATA = frozenset(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What is posted, as JSON: no token, no client id, no URL of the API."""

    event: str
    """budget-near, budget-degraded, canceled, ended (a budget used up, too), wake-failed, spot-lost or not-ended."""
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
                except (OSError, aiohttp.ClientError, TimeoutError, AibroError) as error:
                    if left == 0:
                        why = error.message if isinstance(error, AibroError) else type(error).__name__
                        _LOG.warning("%s could not be told of %s: %s", host(url), notice.event, why)
        finally:
            self._free.release()


def post(url: str, body: bytes, *, private: bool = False) -> int:
    """POST once, following nothing, to an address that was looked up and allowed; return the answer's status.

    ``private``: whether private networks are allowed. Raises ``BadRequest`` for a place where no news should go, and
    ``AibroError`` for an answer that is not 2xx.
    """
    return asyncio.run(_post(url, body, private=private))


async def _post(url: str, body: bytes, *, private: bool) -> int:
    name = _parts(url).hostname or ""
    if is_ip_address(name):
        check_address(name, name, private=private)  # an address is connected to without asking a resolver
    headers = {"Content-Type": "application/json", "User-Agent": "aibro"}
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=AllowedAddresses(private=private), use_dns_cache=False),
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
        ) as session,
        session.post(URL(url, encoded=True), data=body, headers=headers, allow_redirects=False) as answer,
    ):
        if not answer.ok or answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise AibroError(f"it answered {answer.status}")
        return answer.status


class AllowedAddresses(AbstractResolver):
    """Looks a host name up once, and lets the very addresses that were checked be connected to."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return where a name leads; one address that is not allowed refuses them all."""
        addresses = await self._system.resolve(host, port, family)
        for address in addresses:
            check_address(address["host"], host, private=self._private)
        return addresses

    async def close(self) -> None:
        """Let the system's resolver go."""
        await self._system.close()


def check_address(address: str, name: str, *, private: bool) -> None:
    """Return if news may go to an IP address, else raise ``BadRequest`` for the name that leads there.

    Never metadata, link-local, multicast or unspecified addresses; of private ones only this computer's own, unless
    the setting ``notify_private`` allows them.
    """
    parsed = ipaddress.ip_address(address)
    inner: Address = (isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped) or parsed
    never = inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner in _METADATA
    if never or (inner.is_private and not inner.is_loopback and not private):
        raise BadRequest(f"news may not be sent to {name}", fix="the setting notify_private allows private networks")

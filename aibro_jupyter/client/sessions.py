"""How every client of ours connects: which proxies it asks, and which certificates it trusts."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import requests

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""This computer's own names, which no proxy of a company knows."""
TRUST = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables that name a file of certificates, for requests, curl and OpenSSL; the first that is set is taken."""


def session(url: str) -> requests.Session:
    """Return a session for one server."""
    made = requests.Session()
    made.trust_env = not is_here(url)
    made.verify = ca_file() or True
    return made


def is_here(url: str) -> bool:
    """Tell whether a URL names this computer itself."""
    return urlsplit(url).hostname in LOOPBACK


def ca_file() -> str | None:
    """Return the file of certificates that the environment names; None: the usual ones are trusted."""
    return next((value for name in TRUST if (value := os.environ.get(name))), None)

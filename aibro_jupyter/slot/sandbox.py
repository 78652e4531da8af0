"""What a proof takes away from the model: the network, and the notebook's own folder."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

from .namespaces import own_network
from .story import OURS

_PLACED = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - an address to recognise, not to listen at
_LOOKS = frozenset({"open", "os.listdir", "os.scandir"})
"""Audit events of reading a file or a folder; their first argument is its path."""


class NetworkRefused(PermissionError):
    """The model wanted the network where it has none."""


class Sandbox:
    """Takes things away from this process for good, and remembers what was wanted of them."""

    def __init__(self) -> None:
        self.kind = "open"
        """How the network is kept out: namespace, guard (of Python's own sockets), or open: it is not."""
        self.network: list[str] = []
        """``host:port`` of what was to be reached."""
        self.hidden: list[str] = []
        """Files of the notebook's folder that were to be opened by their full path."""
        self.wanted: list[str] = []
        """Files that are not in the repo, but are in the notebook's folder under the same name."""

    def without_network(self) -> None:
        """Leave this process nothing but its own loopback; where the system forbids that, refuse Python's sockets."""
        self.kind = "namespace" if own_network() else "guard"

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            if event in _PLACED:
                self._refuse(arguments[_PLACED[event]])
            elif event in ("socket.getaddrinfo", "socket.gethostbyname") and arguments[0] is not None:
                self._refuse((arguments[0], arguments[1] if len(arguments) > 1 else ""))

        sys.addaudithook(watch)

    def without_folder(self, folder: str, repo: str) -> None:
        """Let the files of a folder be absent, except the repo's, an interpreter's and those of installed packages."""
        places = {os.path.abspath(folder), os.path.realpath(folder)}
        prefixes = tuple(os.path.join(place, "") for place in places)
        kept = {repo, os.path.realpath(repo), sys.prefix, sys.base_prefix, *sys.path, *OURS}
        kept = {os.path.join(place, "") for place in kept if place and place not in places}
        kept_prefixes = tuple(kept)
        # Where the folder is somebody's home: caches and settings of libraries are not the notebook's.
        hidden_ones = tuple(f"{prefix}." for prefix in prefixes)
        inside = os.path.join(repo, "")

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            if event not in _LOOKS or not isinstance(arguments[0], (str, bytes)):
                return
            path = os.path.abspath(os.fsdecode(arguments[0]))
            if path.startswith(kept_prefixes):
                makes = event == "open" and bool(arguments[2] & os.O_CREAT)
                if path.startswith(inside) and not makes and not os.path.exists(path):
                    self._want(path[len(inside) :], folder)
            elif path.startswith(prefixes) and not path.startswith(hidden_ones) and os.path.isfile(path):
                _note(self.hidden, path)
                raise FileNotFoundError(errno.ENOENT, "the notebook's folder is not there when it is served", path)

        sys.addaudithook(watch)

    def _want(self, name: str, folder: str) -> None:
        if name and os.path.exists(os.path.join(folder, name)):
            _note(self.wanted, name)

    def _refuse(self, address: Any) -> None:
        if not isinstance(address, tuple) or not isinstance(address[0], (str, bytes)):
            return  # a socket of this machine's own, such as a Unix one
        host = os.fsdecode(address[0])
        place = f"{host}:{address[1]}" if len(address) > 1 and address[1] not in ("", None, 0) else host
        _note(self.network, place)
        if self.kind == "namespace" and host.startswith(_LOOPBACK):
            return  # there is nobody there but itself
        raise NetworkRefused(errno.EACCES, f"it needs the network ({place}), which a proof has only with --allow-net")


def _note(known: list[str], one: str) -> None:
    if one not in known and len(known) < 50:
        known.append(one)

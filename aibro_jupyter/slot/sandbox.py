"""What a proof takes away from the model: the network, and the notebook's own folder."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import sys
from typing import Any

from .story import OURS

# The kernel's own numbers: CLONE_NEWUSER, CLONE_NEWNET; SIOCSIFFLAGS, IFF_UP | IFF_RUNNING.
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41
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
        self.kind = "namespace" if _own_network() else "guard"

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


def _own_network() -> bool:
    """Move this process into a network of its own with nothing but a loopback; tell whether the system let us."""
    if sys.platform != "linux":
        return False
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        uid, gid = os.getuid(), os.getgid()
        if libc.unshare(_NEW_NET) != 0:
            if libc.unshare(_NEW_USER | _NEW_NET) != 0:
                return False
            _stay(uid, gid)
        _loopback_up()
    except (ImportError, OSError, AttributeError):
        return False
    return True


def _stay(uid: int, gid: int) -> None:
    """Keep being the same user inside the new namespace, so that ~ and file owners mean what they meant."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
        except OSError:
            return


def _loopback_up() -> None:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14s", b"lo", _UP_AND_RUNNING, b""))
    except OSError:
        return  # a model that talks to itself is rare, and will say so

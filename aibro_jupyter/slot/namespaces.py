"""Parts of the system that a process has for itself, where Linux allows it."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

# The kernel's own numbers: CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET; MS_REC, MS_PRIVATE; SIOCSIFFLAGS, IFF_UP |
# IFF_RUNNING.
_NEW_MOUNTS, _NEW_USER, _NEW_NET = 0x20000, 0x10000000, 0x40000000
_RECURSIVE, _PRIVATE = 0x4000, 0x40000
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41
_SHARED_MEMORY = "/dev/shm/"  # noqa: S108 - a place to replace, not to write to


def own_network() -> bool:
    """Move this process into a network of its own with nothing but a loopback; tell whether the system let us."""
    if not _moved_into(_NEW_NET):
        return False
    _loopback_up()
    return True


def own_shared_memory(*kept: str) -> None:
    """Give this process a /dev/shm of its own, which goes with it, where the system lets us and nothing kept is there.

    Its processes are killed, so nobody else would clear up what joblib and multiprocessing keep there.
    """
    if any(os.path.realpath(path).startswith(_SHARED_MEMORY) for path in kept):
        return
    if not os.path.isdir(_SHARED_MEMORY) or not _moved_into(_NEW_MOUNTS):
        return
    # Private first: a mount in a shared tree would be everybody's.
    if _mount(b"none", b"/", None, _RECURSIVE | _PRIVATE):
        _mount(b"tmpfs", _SHARED_MEMORY.encode(), b"tmpfs", 0)


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


def _moved_into(namespace: int) -> bool:
    """Move this process into a new namespace, and of a user's if it must be; tell whether the system let us."""
    if sys.platform != "linux":
        return False
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        uid, gid = os.getuid(), os.getgid()
        if libc.unshare(namespace) != 0:
            if libc.unshare(_NEW_USER | namespace) != 0:
                return False
            _stay(uid, gid)
    except (ImportError, OSError, AttributeError):
        return False
    return True


def _mount(source: bytes, target: bytes, kind: bytes | None, flags: int) -> bool:
    import ctypes

    return bool(ctypes.CDLL(None, use_errno=True).mount(source, target, kind, ctypes.c_ulong(flags), None) == 0)

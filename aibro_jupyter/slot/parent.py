"""A parked parent: the imports of an environment, done once, so that a slot forked from it begins with them.

It holds no weights, runs nothing of the user's, and says no at the first doubt: then a slot starts as a fresh process.
"""

from __future__ import annotations

import errno
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from typing import Any, NoReturn

from ..modelio.descendants import adopt, below, children, end_below
from .serve import serve

IDLE_S = 4 * 3600.0
"""Without a slot for so long it ends."""
_LOOK_S = 5.0
"""Chosen: how soon it notices that its folder is gone; it costs a file's name to look up."""
_NO_ROOM_S = 0.1
"""Chosen: how long it waits for a descriptor to become free before it looks again."""
_DESCRIPTORS = 4
"""A slot's socket, life line and log, and a file that says what it is: folder and environment."""
_STRANGERS = ("libcuda", "libcudart", "libtensorflow", "libamdhip", "libjax")
"""What such a library did at its import does not survive a fork."""
_BLAS_THREADS = tuple(
    f"{prefix}openblas_set_num_threads{suffix}" for prefix in ("scipy_", "") for suffix in ("64_", "")
)


def park(place: str, lock_fd: int) -> None:
    """Import what ``modules.json`` names and fork slots until idle, unasked for, or without a place to be."""
    os.set_inheritable(lock_fd, False)
    with open(os.path.join(place, "modules.json"), encoding="utf-8") as file:
        wanted = json.load(file)
    for name in wanted["modules"]:
        _imported(name)
    doubt = _doubt(wanted["threads"])
    if doubt:
        with open(os.path.join(place, "off"), "w", encoding="utf-8") as file:
            file.write(doubt + "\n")
        return
    gc.collect()
    gc.freeze()
    _Parent(place, wanted["threads"]).run()


def _imported(name: str) -> None:
    # The packages' own code runs here: whatever it raises, the slot will meet it itself and tell its owner.
    try:
        importlib.import_module(name)
    except BaseException:  # noqa: BLE001
        sys.modules.pop(name, None)


def _doubt(threads: int) -> str:
    """Return why this process must not be forked; empty: it may."""
    running = len(os.listdir("/proc/self/task"))
    if running > 1:
        return f"the imports started {running - 1} threads"
    libraries = _libraries()
    for stranger in _STRANGERS:
        if any(os.path.basename(path).startswith(stranger) for path in libraries):
            return f"the imports loaded {stranger}"
    if threads > 1 and any("openblas" in path for path in libraries) and not _blas():
        return "OpenBLAS cannot be told its number of threads"
    return ""


def _libraries() -> set[str]:
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
        return {line.split(None, 5)[5].strip() for line in file if ".so" in line}


def _blas() -> list[Any]:
    """Return each loaded OpenBLAS's own way to set its threads; it read the variable when it was loaded."""
    import ctypes

    found = []
    for path in sorted(path for path in _libraries() if "openblas" in os.path.basename(path)):
        library = ctypes.CDLL(path)
        found += [getattr(library, name) for name in _BLAS_THREADS if hasattr(library, name)][:1]
    return found


class _Fork:
    """One slot, and the connection of the agent that asked for it."""

    def __init__(self, pid: int, agent: socket.socket) -> None:
        self.pid, self.pidfd = pid, -1
        self.agent: socket.socket | None = agent
        self.ended = False


class _Parent:
    """One thread, one loop: takes requests for slots, tells of their ends, ends those whose agent is gone."""

    def __init__(self, place: str, threads: int) -> None:
        self._threads = threads
        self._blas = _blas() if threads > 1 else []
        self._ready = selectors.DefaultSelector()
        self._forks: list[_Fork] = []
        # A socket's address has room for a hundred characters only: it is bound from within its folder.
        os.chdir(place)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._path = os.path.join(place, "socket")
        if os.path.exists("socket"):
            os.unlink("socket")
        self._listener.bind("socket")
        os.chmod("socket", 0o600)
        self._listener.listen(8)
        self._listener.setblocking(False)
        self._ready.register(self._listener, selectors.EVENT_READ)
        self._busy_at = time.monotonic()
        # What the imports started stays; whatever comes later was left behind by a slot that has ended.
        self._own = below(os.getpid())
        adopt()

    def run(self) -> None:
        """Serve until nobody has needed it for hours, or its folder is gone."""
        while os.path.exists(self._path) and time.monotonic() - self._busy_at < IDLE_S:
            for key, _ in self._ready.select(_LOOK_S):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.data, _Fork):
                    self._tell(key.data, key.fileobj)
                elif isinstance(key.fileobj, socket.socket):
                    self._take(key.fileobj)
            if self._forks:
                self._busy_at = time.monotonic()

    def _accept(self) -> None:
        try:
            agent, _ = self._listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                # The caller stays in the queue and would be told of without pause.
                time.sleep(_NO_ROOM_S)
            return
        agent.settimeout(1.0)
        try:
            # Whoever says nothing keeps nobody else waiting.
            self._ready.register(agent, selectors.EVENT_READ)
        except OSError:
            agent.close()

    def _take(self, agent: socket.socket) -> None:
        """Fork the slot an agent asks for, or hang up; a request may fail in any way and costs only itself."""
        self._ready.unregister(agent)
        fds: list[int] = []
        try:
            _, user, _ = struct.unpack("3i", agent.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            _, fds, _, _ = socket.recv_fds(agent, 16, _DESCRIPTORS)
            if user != os.getuid() or len(fds) != _DESCRIPTORS or len(os.listdir("/proc/self/task")) > 1:
                raise ValueError("not now")
            self._fork(agent, fds)
        except Exception:  # noqa: BLE001 - the boundary of one request
            agent.close()
        finally:
            for fd in fds:
                os.close(fd)

    def _fork(self, agent: socket.socket, fds: list[int]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._become_slot(agent, fds)
        fork = _Fork(pid, agent)
        try:
            fork.pidfd = os.pidfd_open(pid)
            socket.send_fds(agent, [json.dumps({"pid": pid}).encode()], [fork.pidfd])
            self._ready.register(agent, selectors.EVENT_READ, fork)
            self._ready.register(fork.pidfd, selectors.EVENT_READ, fork)
        except BaseException:
            # Nobody will ever ask this slot anything, and nobody else would end it.
            if agent in self._ready.get_map():
                self._ready.unregister(agent)
            _kill(pid)
            self._reap(fork)
            raise
        self._forks.append(fork)

    def _reap(self, fork: _Fork) -> None:
        os.waitpid(fork.pid, 0)
        if fork.pidfd >= 0:
            os.close(fork.pidfd)
        known = {*self._own, *(fork.pid for fork in self._forks)}
        for pid in children(os.getpid()):
            if pid in known:
                continue
            end_below(pid)
            _kill(pid)
            os.waitpid(pid, 0)

    def _become_slot(self, agent: socket.socket, fds: list[int]) -> NoReturn:
        """Be what a fresh process would be: its own session, folder, environment, and no descriptor of anybody else."""
        try:
            os.setsid()
            self._ready.close()
            for held in (agent, self._listener, *(fork.agent for fork in self._forks if fork.agent)):
                held.detach()
            slot, life, log, wanted = fds
            # Read here and not before the fork: a model's secrets must never be in the memory of the next one.
            with os.fdopen(os.dup(wanted), "rb") as file:
                asked: dict[str, Any] = json.loads(file.read())
            os.dup2(log, 1)
            os.dup2(log, 2)
            _close_all_but(0, 1, 2, slot, life)
            os.environ.clear()
            os.environ.update(asked["environ"])
            time.tzset()
            for set_threads in self._blas:
                set_threads(self._threads)
            if "numpy.random" in sys.modules:
                # Every slot would draw the same numbers otherwise; Python's own generator does this by itself.
                sys.modules["numpy.random"].seed()
            os.chdir(asked["repo"])
            serve(asked["repo"], slot, life)
        finally:
            os._exit(1)

    def _tell(self, fork: _Fork, ready: Any) -> None:
        if ready == fork.pidfd:
            self._ready.unregister(fork.pidfd)
            fork.ended = True
            if fork.agent is not None:
                self._say_code(fork, fork.agent)
        elif fork.agent is not None and _hung_up(fork.agent):
            self._ready.unregister(fork.agent)
            fork.agent.close()
            fork.agent = None
            if not fork.ended:
                # Its pid is its own until it is waited for, so this can hit nobody else.
                end_below(fork.pid)
                _kill(fork.pid)
        if fork.ended and fork.agent is None:
            self._forks.remove(fork)
            self._reap(fork)

    def _say_code(self, fork: _Fork, agent: socket.socket) -> None:
        end = os.waitid(os.P_PID, fork.pid, os.WEXITED | os.WNOWAIT)
        code = 1 if end is None else end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
        try:
            agent.send(json.dumps({"code": code}).encode())
        except OSError:
            # The agent has gone at the same moment; the end of its stream is next.
            return


def _hung_up(agent: socket.socket) -> bool:
    try:
        return not agent.recv(1)
    except OSError:
        return True


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _close_all_but(*kept: int) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                # The listing's own descriptor is gone by now.
                continue

"""`python -m aibro_jupyter.daemon`: start control and gateway, restart them when they die or hang, nothing else."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata

import psutil
import requests

from aibro_jupyter import clock, detach, lifeline
from aibro_jupyter.daemon.child import BACK_OFF_S, Child, cap
from aibro_jupyter.daemon.first_start import control_socket, gateway_socket, listen
from aibro_jupyter.daemon.watch import Watch
from aibro_jupyter.errors import AibroError, BackendDown, BadRequest, DatabaseRefused
from aibro_jupyter.gateway.settings import settings
from aibro_jupyter.home import Home, home, token, write_private
from aibro_jupyter.listening import dialled, listening
from aibro_jupyter.protocol import PROTOCOL, DaemonInfo, Refusal, decode, encode

STOP_S = 10
"""How long control and gateway may take to end."""
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})

_log = logging.getLogger("aibro_jupyter.daemon")


class Daemon:
    """Control and gateways, their sockets, and the file that tells where they are."""

    def __init__(self, here: Home) -> None:
        self._home = here
        self._ending = threading.Event()
        self._announced = False
        self._refused: DatabaseRefused | None = None
        asked = listening(here.settings_file)
        self._sockets = (control_socket(here, asked), gateway_socket(here, asked))
        count = settings(here.settings_file).processes
        # Callers reach any of them: each is asked how it does at a door of its own.
        self._doors = tuple(listen("127.0.0.1", 0) for _ in range(count))
        self._pipe = os.pipe()
        control, gateway = (_url(listener) for listener in self._sockets)
        self._info = DaemonInfo(
            pid=os.getpid(),
            pid_started_at=psutil.Process().create_time(),
            control_url=control,
            gateway_url=gateway,
            token=token(here.token_file, "secret_"),
            version=metadata.version("aibro_jupyter"),
            protocol=PROTOCOL,
            python=sys.executable,
        )
        token(here.gateway_token_file, "gateway_")
        ids = [f"gw{number + 1}" for number in range(count)]
        self._control = self._child("control", self._sockets[0], variables={"AIBRO_GATEWAYS": ",".join(ids)})
        self._gateways = tuple(
            self._child(
                "gateway",
                self._sockets[1],
                *("--gateway-id", gateway_id, "--control-url", control),
                *("--door-fd", str(door.fileno()), "--share", str(count)),
                door=door,
                label="gateway" if number == 0 else f"gateway-{number + 1}",
            )
            for number, (gateway_id, door) in enumerate(zip(ids, self._doors, strict=True))
        )
        self._children = (self._control, *self._gateways)

    def _child(
        self,
        module: str,
        listener: socket.socket,
        *arguments: str,
        door: socket.socket | None = None,
        label: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> Child:
        name = label or module
        command = ("aibro_jupyter.lifeline", f"aibro_jupyter.{module}", "--fd", str(listener.fileno()), *arguments)
        environ = detach.environment(AIBRO_HOME=str(self._home.root)) | {lifeline.PIPE: str(self._pipe[0])}
        environ |= variables or {}
        return Child(
            name=name,
            command=detach.module(*command),
            descriptors=(listener.fileno(), self._pipe[0], *((door.fileno(),) if door is not None else ())),
            environ=environ,
            folder=self._home.root,
            log=self._home.logs / f"{name}.log",
        )

    def run(self) -> None:
        """Keep both children up until asked to end; raises ``BackendDown`` if one never comes up at all.

        ``DatabaseRefused`` if that is why: no further try would heal it. Of a backend that was up before, the gateway
        goes on with the routes it has, and control tells why it does not.
        """
        threading.Thread(target=self._announce, name="announce", daemon=True).start()
        Watch(self._control, self._info.control_url, self._ending).start()
        for child, door in zip(self._gateways, self._doors, strict=True):
            Watch(child, _url(door), self._ending).start()
        with _signals() as wake:
            try:
                while not _ENDING & self._tend(wake):
                    pass
            finally:
                self._end()

    def _tend(self, wake: socket.socket) -> frozenset[int]:
        """See to the children, wait until there is something to do, and return the signals that came meanwhile."""
        for child in self._children:
            child.tend()
            if self._refused is not None:
                raise self._refused
            if not self._home.daemon_json.exists() and child.deaths >= len(BACK_OFF_S):
                raise BackendDown(f"{child.name} does not come up", fix=f"see {child.log}", details=child.last_words())
        cap(self._home.logs / "daemon.log")
        cap(self._home.access_log)
        select.select([wake], [], [], self._patience_s())
        try:
            return frozenset(wake.recv(4096))
        except BlockingIOError:
            return frozenset()

    def _patience_s(self) -> float:
        due = [child.due_at - clock.now() for child in self._children if child.process is None]
        return min([5.0 if self._announced else 0.2, *(max(0.0, seconds) for seconds in due)])

    def _announce(self) -> None:
        """Write ``daemon.json`` once both answer: who reads it may call."""
        bearer = {"Authorization": f"Bearer {self._info.token}"}
        with requests.Session() as session:
            session.trust_env = False
            for url in (f"{self._info.control_url}/api/status", f"{self._info.gateway_url}/"):
                try:
                    while not self._ending.is_set() and not _answers(session, url, bearer):
                        self._ending.wait(0.05)
                except DatabaseRefused as error:
                    self._refused = error
                    return
        if not self._ending.is_set():
            write_private(self._home.daemon_json, encode(self._info))
            self._announced = True
            _log.info("control at %s, gateway at %s", self._info.control_url, self._info.gateway_url)

    def _end(self) -> None:
        self._ending.set()
        self._home.daemon_json.unlink(missing_ok=True)
        deadline = clock.now() + STOP_S
        for child in self._children:
            child.end()
        for child in self._children:
            child.ended(max(0.0, deadline - clock.now()))
        for listener in (*self._sockets, *self._doors):
            listener.close()
        for descriptor in self._pipe:
            os.close(descriptor)


def _url(listener: socket.socket) -> str:
    """Return where this computer calls a listening socket."""
    host, port, *_ = listener.getsockname()
    return f"http://{dialled(host)}:{port}"


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket]:
    """Give a socket on which the numbers of caught signals arrive: nothing happens inside a handler."""
    wake, bell = socket.socketpair()
    with wake, bell:
        for side in (wake, bell):
            side.setblocking(False)
        signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, *_ENDING):
            signal.signal(number, lambda *_: None)
        yield wake
        signal.set_wakeup_fd(-1)


def _answers(session: requests.Session, url: str, headers: dict[str, str]) -> bool:
    """Tell whether somebody answers there; a control that refuses its database raises what it says."""
    try:
        answer = session.get(url, headers=headers, timeout=5)
    except requests.RequestException:
        return False
    if answer.status_code >= 500:
        with contextlib.suppress(BadRequest):
            if isinstance(said := decode(answer.content, Refusal).fact(), DatabaseRefused):
                raise said
    return answer.status_code < 500


def _own(here: Home) -> None:
    """Take the daemon's lock; who merely asks whether it is held may hold it for an instant, so try for a while."""
    for _ in range(40):
        if (lock := lifeline.hold(here.daemon_lock)) is not None:
            lifeline.sign(lock, os.getpid())
            return
        time.sleep(0.05)
    raise BackendDown("a backend runs already in this home", fix="`aibro status` shows it, `aibro down` ends it")


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C; 0 after a clean end."""
    parser = argparse.ArgumentParser(prog="python -m aibro_jupyter.daemon", description=__doc__)
    parser.parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    here = home().make()
    try:
        _own(here)
    except BackendDown as error:
        _log.error("%s", error)
        return 1
    for stale in (here.daemon_json, here.failed_json):
        stale.unlink(missing_ok=True)
    try:
        Daemon(here).run()
    except AibroError as error:
        _log.error("%s\n%s", error, error.details)
        write_private(here.failed_json, encode(Refusal.of(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Find the backend, and start the embedded one exactly once, however many notebooks ask at the same moment."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aibro_jupyter import clock, detach, lifeline
from aibro_jupyter.client.connection import HANGS, skew
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ending import Say, Wait, ended, left_over, still_up
from aibro_jupyter.client.token import Shared, forget, remember, shared
from aibro_jupyter.envs.parents import end_all
from aibro_jupyter.errors import AibroError, BackendDown, BadRequest, DatabaseRefused, NoBackend, NotConfirmed
from aibro_jupyter.home import Home, home
from aibro_jupyter.protocol import HALTED, PARK_GRACE_S, PROTOCOL, DaemonInfo, Refusal, StatusView, decode

START_S = 120
"""A first start on a busy machine compiles every module it imports."""
ANSWER_S = 30
"""How long a control that is being restarted may take."""
PARK_LOOK_S = 1.0
"""Chosen: what `down` waits for is said from the second second on."""
SLOW_S = 1.0
"""Chosen: whoever waits longer in a terminal is told what for."""
LOOK_S = 10.0
"""Chosen: a status takes milliseconds; one that says nothing is asked anew, for it may be another by now."""


def backend(*, start: bool = True, token: str | None = None) -> ControlClient:
    """Return the backend: that of ``AIBRO_URL`` or of the login, else the user's own one, started if need be.

    Raises ``NoBackend`` when none runs and ``start`` is False; ``BackendDown`` when it does not come up or answer;
    ``Unauthorized`` when a shared backend's token is missing; ``VersionSkew`` when it speaks another protocol.
    """
    if (there := shared(token)) is not None:
        elsewhere = ControlClient(there.url, there.token, lost=there.lost)
        elsewhere.status()
        return elsewhere
    if sys.platform == "win32":
        raise BackendDown(
            "the embedded backend does not run on Windows itself: it needs WSL",
            fix="start Jupyter inside WSL, or set AIBRO_URL and AIBRO_TOKEN to use a shared backend",
        )
    here = home()
    if (control := _connected(here)) is not None:
        return control
    if not start:
        if (why := refused(here)) is not None:
            raise why
        if lifeline.is_held(here.daemon_lock):
            raise NoBackend("a backend is just starting, or ending", fix="`%aibro up` waits until one answers")
        raise NoBackend("no backend runs", fix="`%aibro up` starts one")
    here.make()
    with lifeline.alone(here.run / "start.lock"):
        return _connected(here) or _started(here)


def login(url: str, token: str) -> StatusView:
    """Use a shared backend from now on, and return its status; one that refuses the token is not remembered."""
    there = Shared(url=url.rstrip("/"), token=token)
    check = "check that URL, and that the backend there runs"
    seen = ControlClient(there.url, there.token, lost=check).status()
    remember(there)
    return seen


def logout() -> None:
    """Use the embedded backend again."""
    forget()


def down(say: Say = lambda _: None, patience_s: float | None = None) -> list[str]:
    """End the embedded backend and its instances, keeping jobs and folders; return a line for each thing ended.

    ``say`` hears what is waited for. ``NotConfirmed`` after ``patience_s``, by default the time that the longest
    request and an end may take: then control stays up, asks on, and keeps the bills of what may be running.
    """
    if url := os.environ.get("AIBRO_URL"):
        raise BadRequest(
            f"AIBRO_URL names a shared backend ({url}), which is not ended from here",
            fix="unset AIBRO_URL to end the embedded one",
        )
    here = home()
    if not here.root.exists():
        return []
    here.make()
    with lifeline.alone(here.run / "start.lock"):
        lines = [*_parked(here, say, patience_s), *ended(here), *left_over(here, say)]
        # Last: an instance that stops may have parked a parent just before.
        end_all(here.run)
        # Left behind by a daemon that was killed, it would look like one that wants to be started again.
        here.daemon_json.unlink(missing_ok=True)
        return lines


def daemon_info(here: Home) -> DaemonInfo | None:
    """Return where the running embedded backend is; None: none runs. ``VersionSkew`` if it is not of this protocol."""
    try:
        written = here.daemon_json.read_bytes()
    except FileNotFoundError:
        return None
    said = json.loads(written)
    daemon = lifeline.holder(here.daemon_lock)
    if daemon is None or daemon.pid != said.get("pid"):
        return None
    if said.get("protocol") != PROTOCOL:
        version = f"{said.get('version')} (protocol {said.get('protocol')})"
        raise skew(str(said.get("control_url")), version, str(said.get("python")))
    return decode(written, DaemonInfo)


def refused(here: Home) -> DatabaseRefused | None:
    """Return why the last start ended, if control refused the database and nothing was restored since."""
    with suppress(FileNotFoundError, BadRequest):
        if isinstance(said := decode(here.failed_json.read_bytes(), Refusal).fact(), DatabaseRefused):
            return said
    return None


def _connected(here: Home) -> ControlClient | None:
    info = daemon_info(here)
    if info is None:
        return None
    control = ControlClient(info.control_url, info.token)

    deadline = clock.now() + ANSWER_S
    with _telling(f"the backend runs, but does not answer; waiting for it, at most {ANSWER_S} s"):
        while clock.now() < deadline:
            with suppress(BackendDown):
                control.status(answer_s=LOOK_S)
                return control
            if daemon_info(here) != info:
                return _connected(here)
            _check_daemon(here)
            time.sleep(0.05)
    raise BackendDown(
        "the backend runs, but its control does not answer",
        fix=f"{HANGS}; see {here.logs / 'control.log'}",
        details=_tail(here, "control"),
    )


def _check_daemon(here: Home) -> None:
    """Raise ``BackendDown`` if the daemon is halted: until it goes on, nothing that dies or hangs is started again."""
    daemon = lifeline.holder(here.daemon_lock)
    if daemon is not None and lifeline.is_halted(daemon):
        raise BackendDown(f"the backend does not answer, and its daemon is halted (pid {daemon.pid})", fix=HALTED)


@contextmanager
def _telling(text: str) -> Iterator[None]:
    """Say on a terminal what is waited for, once that takes longer than a person expects."""
    if not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(SLOW_S, print, (text,), {"file": sys.stderr, "flush": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _started(here: Home) -> ControlClient:
    """Start the daemon, unless one comes up or is just ending already, and return its control once it answers."""
    with _telling("the backend is starting"):
        return _come_up(here)


def _come_up(here: Home) -> ControlClient:
    deadline = clock.now() + START_S
    failed = here.failed_json
    while lifeline.is_held(here.daemon_lock) and clock.now() < deadline:
        if (control := _connected(here)) is not None:
            return control
        _check_daemon(here)
        time.sleep(0.05)
    failed.unlink(missing_ok=True)
    pid = detach.detached(
        detach.module("aibro_jupyter.daemon"),
        folder=here.root,
        log=here.logs / "daemon.log",
        environ=detach.environment(AIBRO_HOME=str(here.root)),
        lock=None,
    )
    while lifeline.living(pid) is not None and clock.now() < deadline:
        if (control := _connected(here)) is not None:
            return control
        time.sleep(0.05)
    if failed.exists():
        raise decode(failed.read_bytes(), Refusal).fact()
    raise BackendDown(
        f"the backend did not come up in {START_S} s" if lifeline.living(pid) else "the backend ended right away",
        fix=f"see {here.logs / 'daemon.log'}",
        details=_tail(here, "daemon"),
    )


def _parked(here: Home, say: Say, patience_s: float | None) -> list[str]:
    """Let control stop the instances and close their bills; if it cannot, the bills are closed at its next start."""
    try:
        if (info := daemon_info(here)) is None:
            return []
        control = ControlClient(info.control_url, info.token)
        seen, began_at = control.status(), clock.now()
        if patience_s is None:
            limits = [v.spec.request_limit_s for job in seen.jobs for v in job.versions]
            patience_s = PARK_GRACE_S + max(limits, default=0)
        wait = Wait(say)
        while True:
            with suppress(NotConfirmed):
                jobs = control.park(min(PARK_LOOK_S, patience_s)).jobs
                return [f"{job.model_name}: stopped, comes back with `aibro up`" for job in jobs if job.outcome is None]
            up = still_up(control.status())
            if clock.now() - began_at >= patience_s:
                break
            wait.tell(up)
    except AibroError:
        return []
    raise NotConfirmed(
        f"after {patience_s:.0f} s still up, and billed while it may run: {'; '.join(up) or 'an instance'}",
        fix="the backend stays up and asks on: `aibro down` waits again, `aibro status` shows it; "
        "what stays for long is best ended where it runs, by its id",
    )


def _tail(here: Home, name: str) -> str:
    with suppress(FileNotFoundError):
        return "\n".join((here.logs / f"{name}.log").read_text(errors="replace").splitlines()[-15:])
    return ""

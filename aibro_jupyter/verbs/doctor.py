"""Looks at everything a backend on this computer needs, and says what to do where it is not there."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

import psutil
import requests
from jupyter_core.paths import jupyter_path
from uv import find_uv_bin

from aibro_jupyter import clock, lifeline
from aibro_jupyter.client.connection import HANGS
from aibro_jupyter.client.ensure import backend, daemon_info, refused
from aibro_jupyter.client.sessions import is_here, session
from aibro_jupyter.client.token import shared
from aibro_jupyter.control.ledger.copies import Copies
from aibro_jupyter.control.ledger.disk import usage
from aibro_jupyter.control.ledger.opening import claimed, examined
from aibro_jupyter.daemon import atlogin
from aibro_jupyter.errors import AibroError, BackendRuns
from aibro_jupyter.figures import age, memory, size
from aibro_jupyter.home import home
from aibro_jupyter.protocol import HALTED, PROTOCOL, StatusView
from aibro_jupyter.repo.wall import why_not
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import View
from aibro_jupyter.views.disk import told
from aibro_jupyter.views.lists import Check, DoctorReport

LABEXTENSION = "aibro-jupyter"
_GIB = 2**30
_LEAST_FREE, _LITTLE_FREE = _GIB // 2, 4 * _GIB
"""Chosen: environments of models take hundreds of megabytes, with a deep learning framework several gigabytes."""
_MOST_SKEW_S = 5.0
"""Chosen: less is not seen in anything that is shown."""


@verb(examples=("doctor",), reads_only=True)
def doctor(command: Command) -> View:
    """Check what this computer needs to have."""
    del command
    checks = (
        *(_python(), _uv(), _home(), _disk(), *_database(), _labextension(), _wall(), _at_login()),
        *_daemon(),
        *_running(),
    )
    return DoctorReport(checks=checks)


def server_python() -> str:
    """Return the Python that runs the Jupyter server of this kernel, which need not be the kernel's own."""
    try:
        # A kernel is told its parent, and that is the server wherever there is one.
        first = psutil.Process(int(os.environ["JPY_PARENT_PID"])).cmdline()[0]
    except (KeyError, ValueError, IndexError, psutil.Error):
        return sys.executable
    return first if Path(first).name.startswith("python") and Path(first).is_absolute() else sys.executable


def labextension_installed() -> bool:
    """Tell whether the Jupyter server of this kernel finds the sidebar."""
    prefix = Path(server_python()).parent.parent
    elsewhere = prefix != Path(sys.prefix)
    ours = [Path(folder) for folder in jupyter_path("labextensions")]
    shared = [folder for folder in ours if not (elsewhere and folder.is_relative_to(sys.prefix))]
    folders = [prefix / "share" / "jupyter" / "labextensions", *shared]
    return any((folder / LABEXTENSION / "package.json").exists() for folder in folders)


def pip_line() -> str:
    """Return the command that installs the package into that very Python."""
    return f"{server_python()} -m pip install aibro_jupyter"


def _python() -> Check:
    found = f"{platform.python_version()} at {sys.executable}"
    if sys.platform == "win32":
        return Check(name="python", state="warn", found=found, fix="a backend here needs WSL; a shared one works")
    return Check(name="python", state="ok", found=found)


def _uv() -> Check:
    try:
        return Check(name="uv", state="ok", found=str(find_uv_bin()))
    except FileNotFoundError:
        return Check(name="uv", state="fail", found="not found", fix=f"{sys.executable} -m pip install uv")


def _home() -> Check:
    root = home().root
    if not root.exists():
        return Check(name="home", state="ok", found=f"{root} (made at the first deploy)")
    if not os.access(root, os.W_OK | os.X_OK):
        return Check(
            name="home", state="fail", found=f"{root} cannot be written", fix="give it to its owner, or set AIBRO_HOME"
        )
    if root.stat().st_mode & 0o077:
        return Check(name="home", state="fail", found=f"{root} is open to others", fix=f"chmod 700 {root}")
    return Check(name="home", state="ok", found=str(root))


def _disk() -> Check:
    there = next(folder for folder in (home().root, *home().root.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    state = "fail" if free < _LEAST_FREE else "warn" if free < _LITTLE_FREE else "ok"
    fix = "environments of models need room: `aibro prune` removes unused ones, AIBRO_HOME names another disk"
    taken = told(usage(home())) if home().root.exists() else ""
    found = f"{memory(free / 2**20)} free" + (f"; the home takes {taken}" if taken else "")
    return Check(name="disk", state=state, found=found, fix="" if state == "ok" else fix)


def _database() -> list[Check]:
    """Look at the database of the backend here, and at its copies; what runs on it is left in peace."""
    here = home()
    if not here.run.exists():
        return []
    name = "database"
    copies = Copies(here.copies).all()
    newest = (
        f"the newest of {len(copies)} copies is {age(clock.now() - copies[0].taken_at)} old"
        if copies
        else "no copy yet"
    )
    try:
        with claimed(here, patience_s=0):
            if examined(here) == 0:
                return [Check(name=name, state="ok", found="made at the first deploy")]
    except BackendRuns:
        if not here.database.exists():
            fix = "`aibro down`, then `aibro restore`: what runs on it copies it until then"
            return [Check(name=name, state="fail", found=f"{here.database} was deleted", fix=fix)]
    except AibroError as error:
        return [Check(name=name, state="fail", found=error.message, fix=error.fix)]
    return [Check(name=name, state="ok", found=f"{size(_bytes(here.database))}, {newest}")]


def _bytes(database: Path) -> int:
    return sum(path.stat().st_size for path in database.parent.glob(f"{database.name}*") if path.is_file())


def _labextension() -> Check:
    if labextension_installed():
        return Check(name="sidebar", state="ok", found=f"labextension {LABEXTENSION} is installed")
    return Check(name="sidebar", state="warn", found="this Python's JupyterLab has no sidebar of ours", fix=pip_line())


def _wall() -> Check:
    refused = why_not()
    works = "bubblewrap works: `--isolate` keeps a model from the files of this computer"
    found = f"no model can be kept apart here: {refused}" if refused else works
    # Nobody needs it who deploys own models for himself.
    return Check(name="isolation", state="ok", found=found)


def _at_login() -> Check:
    place = atlogin.written()
    if place is None:
        found = "not started at login; `aibro up --at-login` does that"
        return Check(name="after a reboot", state="ok", found=found)
    # A Python that is gone since, or a command that it does not know, would fail unseen at every login.
    if place.read_bytes() != atlogin.content(home()):
        fix = "`aibro up --at-login` writes it for this Python and this version"
        return Check(name="after a reboot", state="warn", found=f"{place} starts another backend than this", fix=fix)
    return Check(name="after a reboot", state="ok", found=f"starts at login: {place}")


def _daemon() -> list[Check]:
    daemon = lifeline.holder(home().daemon_lock)
    if daemon is None or not lifeline.is_halted(daemon):
        return []
    return [Check(name="daemon", state="fail", found=f"it is halted (pid {daemon.pid})", fix=HALTED)]


def _running() -> list[Check]:
    try:
        if shared() is None and daemon_info(home()) is None and refused(home()) is None:
            return [Check(name="backend", state="ok", found="none runs; the first deploy starts it")]
        seen = backend(start=False).status()
    except AibroError as error:
        return [Check(name="backend", state="fail", found=error.message, fix=error.fix)]
    return [_backend(seen), _gateway(seen.gateway_url), _clock(seen.as_of), *_unknown(seen)]


def _backend(seen: StatusView) -> Check:
    found = f"version {seen.version}, protocol {seen.protocol}, {seen.python}"
    if seen.protocol != PROTOCOL:
        return Check(name="backend", state="fail", found=found, fix="`aibro down`, then `aibro up` with this version")
    return Check(name="backend", state="ok", found=found)


def _unknown(seen: StatusView) -> list[Check]:
    if not seen.unknown:
        return []
    found = f"the database does not know {', '.join(one.instance_id for one in seen.unknown)}"
    return [Check(name="instances", state="warn", found=found, fix="left alone; `aibro unknown` shows and ends them")]


def _gateway(url: str) -> Check:
    try:
        # Any answer will do: that somebody answers is what is asked.
        with session(url) as http:
            http.get(url, timeout=5)
    except requests.RequestException as error:
        fix = HANGS if is_here(url) else "ask its owner whether the backend runs"
        return Check(name="gateway", state="fail", found=f"{url} does not answer ({type(error).__name__})", fix=fix)
    return Check(name="gateway", state="ok", found=url)


def _clock(as_of: float) -> Check:
    skew = clock.now() - as_of
    if abs(skew) > _MOST_SKEW_S:
        fix = "set the clock (timedatectl set-ntp true): durations and bills follow the backend's"
        return Check(name="clock", state="warn", found=f"{skew:+.0f} s from the backend's", fix=fix)
    return Check(name="clock", state="ok", found="as the backend's")

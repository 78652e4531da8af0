"""Start the backend whenever its owner logs in: a systemd user unit on Linux, a launchd agent on macOS."""

from __future__ import annotations

import contextlib
import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

from aibro_jupyter import detach
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.home import Home

UNIT = "aibro.service"
LABEL = "org.aibro.backend"
_ASK_S = 20
"""Chosen: a session manager that does not answer by then reads its files at the next login."""


def written() -> Path | None:
    """Return the file that starts the backend at login, if it is there."""
    with contextlib.suppress(BadRequest):
        place = _place()
        return place if place.exists() else None
    return None


def enable(here: Home) -> Path:
    """Write that file for this home and this Python, and return it; the session manager is told if it listens."""
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content(here))
    if sys.platform == "darwin":
        return place
    wanted = _wanted_by(place)
    wanted.parent.mkdir(exist_ok=True)
    wanted.unlink(missing_ok=True)
    # What `systemctl --user enable` does, also where no session manager runs just now.
    wanted.symlink_to(place)
    _reload()
    return place


def disable() -> Path | None:
    """Remove that file, and return where it was; None: there was none. A running backend goes on."""
    place = written()
    if place is None:
        return None
    if sys.platform != "darwin":
        _wanted_by(place).unlink(missing_ok=True)
    place.unlink()
    _reload()
    return place


def command() -> list[str]:
    """Return what is started."""
    return detach.module("aibro_jupyter.daemon")


def content(here: Home) -> bytes:
    """Return what is written for this home and this Python."""
    return plist(here) if sys.platform == "darwin" else unit(here).encode()


def unit(here: Home) -> str:
    """Return the systemd unit."""
    lines = [
        "# Written by `aibro up --at-login`; `aibro up --no-at-login` removes it.",
        "[Unit]",
        "Description=aibro: notebook functions as live APIs",
        "Documentation=man:systemd.service(5)",
        "",
        "[Service]",
        f"Environment={_quoted(f'AIBRO_HOME={here.root}')}",
        f"WorkingDirectory={str(here.root).replace('%', '%%')}",
        f"ExecStart={' '.join(_quoted(word) for word in command())}",
        "# Instances outlive the daemon, and are found again by the next one.",
        "KillMode=process",
        "Restart=on-abnormal",
        "",
        "[Install]",
        "WantedBy=default.target",
        "",
    ]
    return "\n".join(lines)


def plist(here: Home) -> bytes:
    """Return the launchd agent."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": command(),
            "EnvironmentVariables": {"AIBRO_HOME": str(here.root)},
            "WorkingDirectory": str(here.root),
            "RunAtLoad": True,
            "AbandonProcessGroup": True,
            "StandardErrorPath": str(here.logs / "daemon.log"),
        }
    )


def lingers() -> bool | None:
    """Tell whether systemd starts this user's units at boot, before any login; None: not known here."""
    folder = Path("/var/lib/systemd/linger")
    try:
        return (folder / (os.environ.get("USER") or str(os.getuid()))).exists() if folder.is_dir() else None
    except OSError:
        return None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _place() -> Path:
    match sys.platform:
        case "darwin":
            return Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        case "linux":
            config = os.environ.get("XDG_CONFIG_HOME")
            return (Path(config) if config else Path.home() / ".config") / "systemd" / "user" / UNIT
    raise BadRequest(
        f"there is no starting at login on {sys.platform}", fix="start it by hand: `aibro up`, in WSL on Windows"
    )


def _wanted_by(place: Path) -> Path:
    return place.parent / "default.target.wants" / place.name


def _reload() -> None:
    """Let a running session manager read its files again; without one, the next login does."""
    if sys.platform == "darwin" or shutil.which("systemctl") is None or "XDG_RUNTIME_DIR" not in os.environ:
        return
    with contextlib.suppress(subprocess.TimeoutExpired, OSError):
        subprocess.run(["systemctl", "--user", "daemon-reload"], capture_output=True, timeout=_ASK_S, check=False)

"""A wall around a model that shares a computer with whoever serves it: bubblewrap hides their files and processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from aibro_jupyter.errors import SlotFailed

PROGRAM = "bwrap"
_TRY_S = 20
"""Chosen: it takes milliseconds, on a busy computer a second."""
_APART = ("--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL")
_SYSTEM = (
    *("--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc"),
    *("--tmpfs", "/dev/shm", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp", "--tmpfs", "/run"),  # noqa: S108  its own ones
    # Where systemd resolves names, /etc/resolv.conf leads there.
    *("--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"),
)
"""All of the computer's own files, to be read; what others may write to or talk through is empty and its own."""


@dataclass(frozen=True)
class Wall:
    """What a model does not see of the computer it runs on. It keeps the network: its callers' data may need it."""

    hidden: tuple[Path, ...]
    """Folders that are empty for it; its own folder, its environment and what that needs are there all the same."""

    def around(
        self, command: Sequence[str], *, folder: Path, python: Path, environ: Mapping[str, str], memory_mib: int | None
    ) -> list[str]:
        """Return the command that runs a command behind the wall; ``folder`` alone can be written to, and is kept.

        ``memory_mib`` limits the model, which is a process below the one that is started.
        """
        empty = [word for place in self.hidden for word in ("--tmpfs", str(place))]
        read = [word for place in _needed(python, environ) for word in ("--ro-bind-try", place, place)]
        own = ("--bind", str(folder), str(folder), "--chdir", str(folder), "--setenv", "TMPDIR", "/tmp")  # noqa: S108
        limited = () if memory_mib is None else ("/bin/sh", "-c", f'ulimit -d {memory_mib * 1024}; exec "$@"', "sh")
        return [PROGRAM, *_APART, *_SYSTEM, *empty, *read, *own, "--", *limited, *command]


def wall(*hidden: Path) -> Wall:
    """Return the wall that hides these folders and the user's own; ``SlotFailed`` where this computer has none."""
    if refused := why_not():
        fix = "install bubblewrap (apt-get install bubblewrap), or deploy without --isolate"
        raise SlotFailed(f"a model cannot be kept apart here: {refused}", fix=fix)
    places = (*hidden, Path.home())
    # A service account may have no home but the root of everything.
    return Wall(tuple(dict.fromkeys(place for place in places if place != Path("/") and place.is_dir())))


def why_not() -> str:
    """Return why no wall can be built on this computer; empty: one can."""
    if sys.platform != "linux" or shutil.which(PROGRAM) is None:
        return "bubblewrap is not installed" if sys.platform == "linux" else f"{sys.platform} has no bubblewrap"
    tried = subprocess.run(
        [PROGRAM, *_APART, *_SYSTEM, "true"], capture_output=True, text=True, timeout=_TRY_S, check=False
    )
    return "" if tried.returncode == 0 else f"the system does not allow it ({tried.stderr.strip()[-200:]})"


def _needed(python: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what an environment is made of: itself, the interpreter it was made from, our own code that runs in it."""
    yield str(python.parent.parent)
    yield str(python.resolve().parent.parent)
    package = resources.files("aibro_jupyter")
    yield from (str(package / room) for room in ("slot", "modelio"))
    for name, value in environ.items():
        if name == "LD_LIBRARY_PATH" or name.startswith("SSL_CERT_"):
            yield from (place for place in value.split(os.pathsep) if place)

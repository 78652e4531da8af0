"""Start a process that outlives its starter and is nobody's zombie, with an environment made from an allow-list."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# This file also runs by path, as the short-lived parent of what it starts: standard library only.

_NAMES = frozenset(
    {
        *("HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES"),
        *("NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_CERT"),
        *("PIP_CLIENT_CERT", "PIP_CONFIG_FILE", "PIP_CONSTRAINT"),
    }
)
_PREFIXES = ("LC_", "UV_", "SSL_CERT_", "XDG_", "AIBRO_", "OMP_", "OPENBLAS_", "MKL_")
_NEVER = frozenset({"AIBRO_TOKEN", "AIBRO_URL", "AIBRO_DAEMON_PIPE"})


def environment(**more: str) -> dict[str, str]:
    """Return what our processes may know of the environment, and more.

    A notebook's environment is full of other things: keys, paths of its own, switches that keep Python from
    writing the .pyc files that make the next start fast.
    """
    allowed = {
        name: value
        for name, value in os.environ.items()
        if (name.upper() in _NAMES or name.upper().startswith(_PREFIXES)) and name not in _NEVER
    }
    return allowed | more


def module(name: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of ours by this very interpreter; the current folder shadows nothing."""
    return [sys.executable, "-P", "-m", name, *arguments]


def detached(command: Sequence[str], *, folder: Path, log: Path, environ: dict[str, str], lock: int | None) -> int:
    """Start a command in a session of its own and return its pid; it is a child of nobody who could end.

    It works in ``folder``, reads nothing, writes to ``log``. ``lock`` is a locked descriptor that it inherits, so
    the lock is held exactly as long as it lives; its pid is written there. Raises ``OSError`` when it cannot start.
    """
    with log.open("ab") as output:
        launcher = subprocess.run(
            [sys.executable, "-I", "-S", __file__, str(-1 if lock is None else lock), *command],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            pass_fds=() if lock is None else (lock,),
            start_new_session=True,
            check=False,
        )
    if launcher.returncode != 0:
        raise OSError(f"could not start {command[0]}")
    return int(launcher.stdout)


def _launch(lock: int, command: list[str]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.dup2(2, 1)
            os.execv(command[0], command)  # noqa: S606 - no shell is what is wanted
        finally:
            os._exit(127)
    if lock >= 0:
        os.pwrite(lock, str(pid).encode(), 0)
    os.write(1, str(pid).encode())


if __name__ == "__main__":
    _launch(int(sys.argv[1]), sys.argv[2:])

"""A slot's process: forked from a parked parent that has the imports already, or else a fresh one."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from aibro_jupyter.envs.parents import Forked, Parent, slot_program
from aibro_jupyter.repo.isolation import Isolation
from aibro_jupyter.repo.wall import Wall

_PASSED = frozenset("PATH LANG LANGUAGE TZ TMPDIR LD_LIBRARY_PATH CUDA_VISIBLE_DEVICES".split())  # noqa: SIM905
_PASSED_PREFIXES = ("LC_", "SSL_CERT_", "OMP_", "OPENBLAS_", "MKL_")
_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def slot_environment(surroundings: Mapping[str, str] | None = None, *, threads: int | None = None) -> dict[str, str]:
    """Return the environment a model gets, by allow-list: paths, language, threads. No token, no key, no home.

    ``threads``: with how many libraries may compute; None: as the surroundings say.
    """
    given = os.environ if surroundings is None else surroundings
    passed = {name: value for name, value in given.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}
    return passed | (dict.fromkeys(_THREADS, str(threads)) if threads is not None else {})


def thread_count(vcpus: int) -> int:
    """Return with how many threads libraries may compute on a machine that counts as so many CPUs."""
    return max(1, min(vcpus, os.cpu_count() or 1))


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a slot is started with."""

    python: Path
    """The interpreter of the model's environment."""
    folder: Path
    """The slot's own copy of the repo: the posted body takes the place of its data/."""
    environ: Mapping[str, str] = field(default_factory=slot_environment, repr=False)
    """All it has of variables, the model's secrets among them."""
    isolation: Isolation | None = None
    """With one it is being proved."""
    parent: Parent | None = None
    """What it is forked from if it is parked; None: never forked."""
    memory_mib: int | None = None
    """The most it may have; None: unlimited."""
    wall: Wall | None = None
    """What it does not see of this computer; one behind a wall is never forked."""


@dataclass(frozen=True)
class Started:
    """A slot that comes up, and our ends: of its socket, of the pipe that is its life line, of what it prints."""

    process: subprocess.Popen[bytes] | Forked
    link: socket.socket
    life: FileIO
    output: FileIO
    forked: bool


def started(start: Start) -> Started:
    """Start a slot in a session of its own. Raises ``OSError``."""
    ours, theirs = socket.socketpair()
    life_read, life_write = os.pipe()
    log_read, log_write = os.pipe()
    given = (theirs.fileno(), life_read, log_write)
    life, output = FileIO(life_write, "wb"), FileIO(log_read, "rb")
    try:
        forked = start.parent.fork(start.folder, start.environ, given) if start.parent is not None else None
        # Not the loop's own way to start a process: uvloop lets a child inherit what we inherited, such as the lock
        # that says this instance lives.
        process = forked or subprocess.Popen(
            _command(start, theirs.fileno(), life_read),
            cwd=start.folder,
            env=dict(start.environ),
            pass_fds=(theirs.fileno(), life_read),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log_write,
            stderr=subprocess.STDOUT,
        )
    except OSError:
        for file in (ours, life, output):
            file.close()
        raise
    finally:
        theirs.close()
        os.close(life_read)
        os.close(log_write)
    return Started(process, ours, life, output, forked is not None)


def _command(start: Start, fd: int, life_fd: int) -> list[str]:
    proof = start.isolation.words() if start.isolation else []
    command = [
        *slot_program(start.python), "--repo", str(start.folder), "--fd", str(fd), "--life-fd", str(life_fd), *proof
    ]  # fmt: skip
    if start.wall is None:
        return command
    return start.wall.around(
        command, folder=start.folder, python=start.python, environ=start.environ, memory_mib=start.memory_mib
    )

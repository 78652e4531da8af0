"""A slot's process: forked from a parked parent that has the imports already, or else a fresh one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Protocol

from aibro_jupyter.envs.parents import Place
from aibro_jupyter.repo.slotprocess import slot_command


class Process(Protocol):
    """A process that was started, ours or a parked parent's child."""

    @property
    def pid(self) -> int:
        """Its number, which is its process group's and its session's too."""
        ...

    def poll(self) -> int | None:
        """Return the exit code if it has ended."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code."""
        ...


@dataclass(frozen=True)
class Started:
    """A slot that comes up, and our ends of its three pipes."""

    process: Process
    requests: FileIO
    answers: FileIO
    output: FileIO
    forked: bool


def started(python: Path, folder: Path, environ: Mapping[str, str], parents: Place | None) -> Started:
    """Start a slot in a session of its own. Raises ``OSError``."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    log_read, log_write = os.pipe()
    theirs = (in_read, out_write, log_write)
    ours = (FileIO(in_write, "wb"), FileIO(out_read, "rb"), FileIO(log_read, "rb"))
    try:
        forked = parents.fork(folder, environ, theirs) if parents is not None else None
        # Not the loop's own way to start a process: uvloop lets a child inherit what we inherited, such as the lock
        # that says this instance lives.
        process = forked or subprocess.Popen(
            slot_command(python, folder, in_read, out_write),
            cwd=folder,
            env=dict(environ),
            pass_fds=(in_read, out_write),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log_write,
            stderr=subprocess.STDOUT,
        )
    except OSError:
        for file in ours:
            file.close()
        raise
    finally:
        for descriptor in theirs:
            os.close(descriptor)
    requests, answers, output = ours
    return Started(process, requests, answers, output, forked is not None)

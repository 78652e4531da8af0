"""A real embedded backend in a home of its own, ended at the end with nothing left of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from aibro_jupyter.client import ensure
from tests.eventually import eventually

_NAMES = ("AIBRO_HOME", "AIBRO_URL", "AIBRO_TOKEN")


def processes_in(home: Path) -> list[list[str]]:
    """Return the command lines of processes that work in a home."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "status"]):
        words, where = process.info["cmdline"] or [], process.info["cwd"] or ""
        if process.info["status"] != psutil.STATUS_ZOMBIE and str(home) in " ".join([*words, where]):
            found.append(words)
    return found


@contextmanager
def one_backend(home: Path) -> Iterator[Path]:
    """Let every deploy inside use that home; afterwards no process of it may live."""
    before = {name: os.environ.pop(name, None) for name in _NAMES}
    os.environ["AIBRO_HOME"] = str(home)
    try:
        yield home
    finally:
        ensure.down()
        os.environ.pop("AIBRO_HOME")
        os.environ.update({name: value for name, value in before.items() if value is not None})
    eventually(lambda: not processes_in(home))

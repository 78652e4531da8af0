"""A slot that is being proved: isolated and watched, it also tells what it wanted and what it used."""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from typing import Any

from ..modelio.frames import FAILED, TELL, USED, Frame
from .absent import without_modules
from .namespaces import own_shared_memory
from .sandbox import Sandbox
from .serve import serve
from .story import OURS
from .wire import Wire
from .witness import Witness

_FRAMES = tuple(f'  File "{folder}{os.sep}' for folder in OURS)


def prove(repo: str, fd: int, life_fd: int, asked: str) -> None:
    """Serve as any slot does.

    ``asked`` is JSON: network (may it be reached?), hidden (a folder, or ""), absent (top-level modules).
    """
    told = json.loads(asked)
    repo = os.path.abspath(repo)
    sandbox, witness = Sandbox(), Witness(repo)
    own_shared_memory(repo, tempfile.gettempdir(), sys.prefix, *sys.path)
    if told["hidden"]:
        sandbox.without_folder(told["hidden"], repo)
    if not told["network"]:
        sandbox.without_network()
    without_modules(told["absent"])
    witness.watch()
    serve(repo, fd, life_fd, lambda ours, life: _ProofWire(ours, life, sandbox, witness), watched=True)


class _ProofWire(Wire):
    """Answers ``tell`` by itself, and says in a failure what was refused."""

    def __init__(self, fd: int, life_fd: int, sandbox: Sandbox, witness: Witness) -> None:
        self._sandbox, self._witness = sandbox, witness
        super().__init__(fd, life_fd)

    def next(self) -> Frame:
        """Wait for the host's next frame that is not ``TELL``."""
        while (asked := super().next()).kind == TELL:
            self.tell(USED, {"imports": self._witness.told(), **self._usage()}, asked.number)
        return asked

    def tell(self, kind: int, story: dict[str, Any], number: int = 0, took_us: int = 0) -> None:
        """Write a rare frame; a traceback has none of our watchers in it."""
        if "traceback" in story:
            story = {**story, "traceback": _without_us(story["traceback"])}
        if kind == FAILED:
            story = {**story, **self._usage()}
        super().tell(kind, story, number, took_us)

    def _usage(self) -> dict[str, Any]:
        sandbox = self._sandbox
        return {
            "isolation": sandbox.kind,
            "network": sandbox.network,
            "hidden": sandbox.hidden,
            "wanted": sandbox.wanted,
            "peak_mib": _peak_mib(),
        }


def _peak_mib() -> int:
    """Return the most memory this process ever had. Linux's ru_maxrss is no less than that of who started it."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) // 2**10
    except (OSError, StopIteration, ValueError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // (2**20 if sys.platform == "darwin" else 2**10)


def _without_us(traceback: str) -> str:
    """Drop the frames of our own files, each with the source lines below it."""
    kept, ours = [], False
    for line in traceback.splitlines(keepends=True):
        if line.startswith('  File "'):
            ours = line.startswith(_FRAMES)
        elif not line.startswith("    "):
            ours = False
        if not ours:
            kept.append(line)
    return "".join(kept)

"""A process that is started again whenever it ends, soon at first and then less and less often."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired

from aibro_jupyter import clock

BACK_OFF_S = (0.05, 0.5, 1.0, 2.0, 5.0)
"""Chosen: one that was killed is back at once, one that cannot come up is not started in a loop."""
HEALTHY_S = 3
"""A child that lived this long starts its back-off anew."""
LOG_BYTES = 10 * 1024 * 1024
"""As an instance's log may have."""

_log = logging.getLogger(__name__)


@dataclass
class Child:
    """A process that is started again whenever it ends; the socket it serves stays open meanwhile."""

    name: str
    command: Sequence[str]
    descriptors: tuple[int, ...]
    environ: dict[str, str]
    folder: Path
    log: Path
    process: Popen[bytes] | None = field(default=None, init=False)
    deaths: int = field(default=0, init=False)
    due_at: float = field(default=0.0, init=False)
    started_at: float = field(default=0.0, init=False)

    def tend(self) -> None:
        """Notice its end; start it when that is due."""
        if self.process is not None and (code := self.process.poll()) is not None:
            lived_s = clock.now() - self.started_at
            self.deaths = 0 if lived_s > HEALTHY_S else self.deaths
            self.due_at = clock.now() + BACK_OFF_S[min(self.deaths, len(BACK_OFF_S) - 1)]
            self.deaths += 1
            self.process = None
            _log.warning("%s ended with code %s after %.1f s", self.name, code, lived_s)
        if self.process is None and clock.now() >= self.due_at:
            self._start()
        cap(self.log)

    def _start(self) -> None:
        with self.log.open("ab") as output:
            self.process = Popen(
                self.command,
                cwd=self.folder,
                env=self.environ,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=self.descriptors,
                start_new_session=True,
            )
        self.started_at = clock.now()
        _log.info("%s runs as %d", self.name, self.process.pid)

    def last_words(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def end(self) -> None:
        """Ask it to end."""
        if self.process is not None:
            self.process.terminate()

    def ended(self, within_s: float) -> None:
        """Return when it has ended; kill it after that many seconds."""
        if self.process is None:
            return
        try:
            self.process.wait(within_s)
        except TimeoutExpired:
            self.process.kill()
            self.process.wait()


def cap(log: Path) -> None:
    """Keep a log and the one before it, each of bounded size; writers append, so truncating is safe."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES:
            log.with_suffix(".log.1").write_bytes(log.read_bytes())
            os.truncate(log, 0)

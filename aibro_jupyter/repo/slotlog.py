"""What a model prints: its last lines kept for an error, and a capped file for whoever wants all of it."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

CAP_BYTES = 10 * 2**20
_TAIL_BYTES = 64 * 2**10
_TAIL_LINES = 20


class SlotLog:
    """Empties the output of a process for as long as it lives, so that a talkative model is never held up."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path | None) -> None:
        self._process, self._path = process, path
        self._last = bytearray()
        self._thread = threading.Thread(target=self._drain, name="aibro-slot-log", daemon=True)
        self._thread.start()

    def tail(self) -> str:
        """Return the last lines, at most 20."""
        lines = bytes(self._last).decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    def close(self) -> None:
        """Wait until the output has ended; a process that left its group may hold it, and is not waited for."""
        self._thread.join(timeout=5)

    def _drain(self) -> None:
        output = self._process.stdout
        if output is None:
            return
        room = CAP_BYTES
        with output:
            while data := os.read(output.fileno(), 2**16):
                self._last = (self._last + data)[-_TAIL_BYTES:]
                if self._path is not None and room > 0:
                    with self._path.open("ab") as file:
                        file.write(data[:room])
                    room -= len(data)

"""The one log of an instance: what the model printed and what became of it, with the time, never without bound."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from aibro_jupyter.clock import now

LIMIT_BYTES = 10 * 1024 * 1024
"""Chosen: two of them for each of a hundred instances fit on a disk."""
_LINE = 8 * 1024
"""A longer line is cut into several."""


class LogFile:
    """Lines with UTC time in front; at its limit the file becomes ``<name>.1`` and the one before that is dropped."""

    def __init__(self, path: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._file = path.open("ab")
        self._size = path.stat().st_size
        # An environment is built in a thread, and tells from there.
        self._one = threading.Lock()

    @property
    def _older(self) -> Path:
        return self._path.with_name(self._path.name + ".1")

    def write(self, text: str, *, mark: str = "") -> None:
        """Add a text, line by line; ``mark`` stands in front of each, e.g. a request id."""
        at = datetime.fromtimestamp(now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        front = f"{at}Z {mark} " if mark else f"{at}Z "
        lines = (line[start : start + _LINE] for line in text.splitlines() for start in range(0, len(line) or 1, _LINE))
        data = "".join(f"{front}{line}\n" for line in lines).encode(errors="replace")
        with self._one:
            if self._size + len(data) > self._limit_bytes:
                self._rotate()
            self._file.write(data)
            self._file.flush()
            self._size += len(data)

    def tail(self, lines: int) -> str:
        """Return the last lines, oldest first, from both files."""
        found: list[bytes] = []
        for path in (self._path, self._older):
            if len(found) < lines and path.exists():
                found = path.read_bytes().splitlines(keepends=True)[-(lines - len(found)) :] + found
        return b"".join(found).decode(errors="replace")

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        self._path.replace(self._older)
        self._file = self._path.open("ab")
        self._size = 0

"""The slot's end of its socket: frames in, frames out; and the host's death noticed at once, whatever it is at."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
from collections import deque
from typing import Any

from ..modelio.descendants import end_below
from ..modelio.faults import BadFrame
from ..modelio.frames import ASK, Frame, FrameReader, head_of_told

_CHUNK = 2**16
"""Memory for more would be asked of the system anew for each frame. A larger body is not copied to follow its head."""
_OUT_OF_THE_WAY = 100
"""The socket and the life line move to descriptors no model code uses by habit."""


class Wire:
    """Reads and writes on the thread that the model runs on; another one only waits for the end of the life line.

    The kernel could kill this process group by itself when that pipe closes, but not what a model started in sessions
    of their own, and with a host that was killed nobody else is left to end those.
    """

    def __init__(self, fd: int, life_fd: int) -> None:
        self._fd, self._life_fd = _moved(fd), _moved(life_fd)
        self._reader = FrameReader(ASK)
        self._asked: deque[Frame] = deque()
        # A child the model forks must not keep the socket open after us.
        os.register_at_fork(after_in_child=self._close)
        threading.Thread(target=self._end_with_host, name="aibro-wire", daemon=True).start()

    def next(self) -> Frame:
        """Wait for the host's next frame."""
        asked = self._asked
        while not asked:
            try:
                data = os.read(self._fd, _CHUNK)
                asked.extend(self._reader.feed(data))
            except (OSError, BadFrame):
                end()
            if not data:
                end()
        return asked.popleft()

    def send(self, kind: int, number: int = 0, content_type: bytes = b"", body: bytes = b"", took_us: int = 0) -> None:
        """Write a frame whole; a host that is gone ends the process."""
        head = head_of_told(kind, number, content_type, body, took_us)
        try:
            if len(body) < _CHUNK:
                _write(self._fd, head + body)
            else:
                _write(self._fd, head)
                _write(self._fd, body)
        except OSError:
            end()

    def tell(self, kind: int, story: dict[str, Any], number: int = 0, took_us: int = 0) -> None:
        """Write a rare frame, whose body is JSON."""
        self.send(kind, number, body=json.dumps(story).encode(), took_us=took_us)

    def _end_with_host(self) -> None:
        try:
            while os.read(self._life_fd, 1):
                pass
        finally:
            end()

    def _close(self) -> None:
        for fd in (self._fd, self._life_fd):
            os.close(fd)


def end() -> None:
    """End this process, and, where it leads a process group of its own, every process the model started."""
    end_below(os.getpid())
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _moved(fd: int) -> int:
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY)
    os.close(fd)
    return moved


def _write(fd: int, data: bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])

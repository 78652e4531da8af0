"""The slot's end of the two pipes: frames in, frames out, and the host's death noticed at once."""

from __future__ import annotations

import fcntl
import os
import queue
import signal
import threading
from typing import Any, NamedTuple

from ..modelio.descendants import end_below
from ..modelio.frames import FrameReader, head

_CHUNK = 2**16
"""What a pipe holds; memory for more would be asked of the system anew for each frame."""
_OUT_OF_THE_WAY = 100
"""The pipes move to descriptors no model code uses by habit."""


class Frame(NamedTuple):
    """One frame from the host."""

    header: dict[str, Any]
    body: bytes


class Wire:
    """Reads frames on a thread of its own, which ends the whole process at the end of the stream."""

    def __init__(self, in_fd: int, out_fd: int) -> None:
        self._in_fd, self._out_fd = _moved(in_fd), _moved(out_fd)
        self._asked: queue.Queue[Frame] = queue.Queue()
        # A child the model forks must not keep the pipes open after us.
        os.register_at_fork(after_in_child=self._close)
        threading.Thread(target=self._listen, name="aibro-wire", daemon=True).start()

    def next(self) -> Frame:
        """Wait for the host's next frame."""
        return self._asked.get()

    def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Write a frame whole; a host that is gone ends the process."""
        try:
            # The body is often large: it is not copied to stand in one piece with its header.
            for part in (head(header, body), body):
                _write(self._out_fd, part)
        except OSError:
            end()

    def _listen(self) -> None:
        try:
            reader = FrameReader()
            while data := os.read(self._in_fd, _CHUNK):
                for message in reader.feed(data):
                    self._asked.put(Frame(*message))
        finally:
            end()

    def _close(self) -> None:
        for fd in (self._in_fd, self._out_fd):
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
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]

"""One slot seen from the agent: the model's own process, fed over two pipes, ended with everything it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from aibro_jupyter.envs.parents import Place
from aibro_jupyter.modelio.faults import BadFrame
from aibro_jupyter.modelio.frames import FrameReader, Header, frame
from aibro_jupyter.repo.slotprocess import slot_environment
from aibro_jupyter.worker.logfile import LogFile
from aibro_jupyter.worker.starting import Started, started

_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_END_S = 2.0
_CHUNK = 64 * 1024


class SlotDied(Exception):
    """The process ended while it worked, or before it could take the request."""


class SlotOverran(Exception):
    """The request took longer than it may; the process was ended."""


class StartFailed(Exception):
    """The model did not come up; ``why`` is what its owner should read."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Frames(asyncio.Protocol):
    """The slot's answers, one at a time. One that comes before anybody waits is kept: a small model is quick."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._unread: deque[tuple[Header, bytes]] = deque()
        self._waiting: asyncio.Future[tuple[Header, bytes]] | None = None
        self.ended = asyncio.Event()

    def next(self) -> asyncio.Future[tuple[Header, bytes]]:
        """Return the future of the next frame; it fails with ``SlotDied`` at the end of the stream."""
        self._waiting = asyncio.get_running_loop().create_future()
        if self._unread:
            self._waiting.set_result(self._unread.popleft())
        elif self.ended.is_set():
            self._waiting.set_exception(SlotDied())
        return self._waiting

    async def answer_to(self, request_id: str) -> tuple[Header, bytes]:
        """Return the frame that answers a request, passing over what still comes for one that was given up."""
        while True:
            header, body = await self.next()
            if header.get("id") == request_id:
                return header, body

    def data_received(self, data: bytes) -> None:
        """Take bytes; a stream that is no frames is as good as ended."""
        try:
            for found in self._reader.feed(data):
                if self._waiting is not None and not self._waiting.done():
                    self._waiting.set_result(found)
                else:
                    self._unread.append(found)
        except BadFrame:
            self.connection_lost(None)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Fail whoever waits."""
        self.ended.set()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(SlotDied())


class _Output(asyncio.Protocol):
    """What the model prints, logged by whole lines, and at once what is longer than a chunk."""

    def __init__(self, log: LogFile) -> None:
        self._log = log
        self._rest = b""
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if len(self._rest) > _CHUNK:
            whole, self._rest = whole + newline + self._rest, b""
        if whole:
            self._log.write(whole.decode(errors="replace"))

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._rest:
            self._log.write(self._rest.decode(errors="replace"))
        self.ended.set()


class Slot:
    """A running model. It works on one request at a time."""

    def __init__(self, new: Started, frames: Frames, pipe: asyncio.WriteTransport, output: _Output) -> None:
        self._process = new.process
        self.forked = new.forked
        self._frames = frames
        self._pipe = pipe
        self._output = output
        self.busy = False
        self.load_s: float | None = None
        self.modules: tuple[str, ...] = ()
        """What it imported of its environment's packages."""

    @staticmethod
    async def start(
        python: Path,
        folder: Path,
        log: LogFile,
        *,
        vcpus: int,
        memory_mib: int | None,
        parents: Place | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Slot:
        """Start the model and return once it is loaded; ``memory_mib`` None: unlimited. Raises ``StartFailed``.

        It is forked from the parked parent where one can, which saves it the imports. ``secrets`` are variables of
        its environment alone.
        """
        slot = await _spawn(python, folder, log, env=slot_surroundings(vcpus) | dict(secrets or {}), parents=parents)
        if memory_mib is not None and hasattr(resource, "prlimit"):
            limit = memory_mib * 2**20
            resource.prlimit(slot._process.pid, resource.RLIMIT_DATA, (limit, limit))
        try:
            header, _ = await slot._frames.next()
        except SlotDied:
            code = await slot.close()
            raise StartFailed(f"the model's process ended while loading ({_ending(code)})\n{log.tail(20)}") from None
        except asyncio.CancelledError:
            slot.kill()
            raise
        if header["op"] != "ready":
            await slot.close()
            raise StartFailed(_story(header))
        slot.load_s = header.get("load_s")
        slot.modules = tuple(header.get("modules", ()))
        return slot

    async def predict(
        self, request_id: str, body: bytes, content_type: str | None, limit_s: float
    ) -> tuple[Header, bytes]:
        """Return the slot's result frame and its body. Raises ``SlotDied`` or ``SlotOverran``; then it is gone."""
        if self.gone:
            raise SlotDied
        self.busy = True
        try:
            self._pipe.write(frame({"op": "predict", "id": request_id, "content_type": content_type}, body))
            async with asyncio.timeout(limit_s):
                return await self._frames.answer_to(request_id)
        except TimeoutError:
            self.kill()
            raise SlotOverran from None
        finally:
            self.busy = False

    @property
    def gone(self) -> bool:
        """Tell whether the process has ended or is about to: it takes no more requests."""
        return self._frames.ended.is_set() or self._pipe.is_closing()

    async def ended(self) -> str:
        """Wait until the process is gone and return how it ended, in words."""
        await self._frames.ended.wait()
        return _ending(await self.close())

    def memory_mib(self) -> int:
        """Return the resident memory of the process and all it started."""
        try:
            me = psutil.Process(self._process.pid)
            return sum(process.memory_info().rss for process in (me, *me.children(recursive=True))) // 2**20
        except psutil.Error:
            return 0

    def kill(self) -> None:
        """End the process and its group at once."""
        self._pipe.close()
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def close(self) -> int:
        """End the process, by the end of its stream or by force, and return its exit code."""
        self._pipe.close()
        try:
            await asyncio.to_thread(self._process.wait, _END_S)
        except subprocess.TimeoutExpired:
            self.kill()
        code = await asyncio.to_thread(self._process.wait)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await self._output.ended.wait()
        return code


async def _spawn(python: Path, folder: Path, log: LogFile, *, env: Mapping[str, str], parents: Place | None) -> Slot:
    loop = asyncio.get_running_loop()
    try:
        new = await asyncio.to_thread(started, python, folder, env, parents)
    except OSError as error:
        raise StartFailed(f"the model's Python could not be started: {error.strerror}") from error
    pipe, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, new.requests)
    _, frames = await loop.connect_read_pipe(Frames, new.answers)
    _, output = await loop.connect_read_pipe(lambda: _Output(log), new.output)
    return Slot(new, frames, pipe, output)


def thread_count(vcpus: int) -> int:
    """Return with how many threads libraries may compute."""
    return max(1, min(vcpus, os.cpu_count() or 1))


def slot_surroundings(vcpus: int) -> dict[str, str]:
    """Return the environment variables of a slot."""
    return slot_environment() | dict.fromkeys(_THREADS, str(thread_count(vcpus)))


def _story(header: Header) -> str:
    error: dict[str, Any] = header.get("error") or {}
    head = f"{error.get('type', 'Error')}: {error.get('message', '')}"
    doing = "loading the model" if header.get("stage") == "load" else "importing predict.py"
    return f"{head} (while {doing})\n{error.get('traceback', '')}".rstrip()


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

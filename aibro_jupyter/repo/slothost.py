"""One slot seen from its host: the model's own process, fed over a socket, ended with everything it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
from dataclasses import dataclass, field
from typing import Any

from aibro_jupyter.errors import SlotFailed
from aibro_jupyter.modelio.descendants import end_below
from aibro_jupyter.modelio.faults import MODEL_ERROR
from aibro_jupyter.modelio.frames import ANSWER, FAULTS, OWN_DATA, PREDICT, READY, TELL, Frame
from aibro_jupyter.repo.isolation import Usage
from aibro_jupyter.repo.slotlink import Link, Work
from aibro_jupyter.repo.slotpipes import Log, Output
from aibro_jupyter.repo.slotstart import Start, Started, started

TAIL_LINES = 20
"""Of what a model printed, so many last lines are told with its failure."""
_END_S = 2.0
"""Chosen: a slot ends at the end of its stream, within milliseconds; one in C code may not notice."""


class SlotDied(Exception):
    """The process ended while it worked, or before it could take the request."""


class SlotOverran(Exception):
    """The request took longer than it may; the process was ended."""


class ProofRefused(SlotFailed):
    """A model that did not come up while it was proved; ``usage`` is what it had wanted until then."""

    code = "proof-refused"
    usage = Usage()


@dataclass(frozen=True, kw_only=True)
class Result:
    """A model's answer to one request."""

    ok: bool
    body: bytes = b""
    content_type: str = "application/json"
    kind: str = ""
    """Of a failure: one of the codes in ``modelio.faults``; "" if ok."""
    error: dict[str, Any] = field(default_factory=dict)
    """Of a failure: type, message, traceback, and for bad-input sample and status."""
    took_s: float = 0.0

    @staticmethod
    def of(told: Frame) -> Result:
        """Return what a slot tells in answer to a request."""
        took_s = told.took_us / 1e6
        if told.kind == ANSWER:
            return Result(ok=True, body=told.whole, content_type=told.content_type.decode(), took_s=took_s)
        return Result(ok=False, kind=FAULTS[told.kind], error=told.story(), took_s=took_s)

    @property
    def told(self) -> str:
        """The failure in one line, such as ``ValueError: x``."""
        name, message = self.error.get("type", ""), self.error.get("message", "")
        return f"{name}: {message}" if self.kind == MODEL_ERROR else message


class Slot:
    """A running model. It works on one request at a time; what else it is given lies in its socket meanwhile."""

    def __init__(self, new: Started, log: Log) -> None:
        self._process = new.process
        self.forked = new.forked
        self._life = new.life
        self._link = Link(self._broken)
        self._printed = Output(log)
        self._log = log
        self._code: int | None = None
        self._one_ends_it = asyncio.Lock()
        self._asked_to_end = False
        self.load_s = 0.0
        """How long it took to import and load."""
        self.memory_mib = 0
        """What it had of memory once it was loaded."""
        self.modules: tuple[str, ...] = ()
        """What it imported of its environment's packages."""
        self._printing: asyncio.ReadTransport

    @staticmethod
    async def start(wanted: Start, log: Log, limit_s: float | None = None) -> Slot:
        """Start the model and return once it is loaded, within ``limit_s`` seconds. Raises ``SlotFailed``.

        It is forked from the parked parent where one can, which saves it the imports.
        """
        slot = await Slot.born(wanted, log)
        await slot.loaded(limit_s)
        return slot

    @staticmethod
    async def born(wanted: Start, log: Log) -> Slot:
        """Start the process, whose model is not loaded yet. Raises ``SlotFailed``."""
        try:
            new = await asyncio.to_thread(started, wanted)
        except OSError as error:
            raise SlotFailed(f"the model's process does not start: {error}") from error
        slot = Slot(new, log)
        await slot._connect(new)
        if wanted.wall is None:
            slot._limit(wanted.memory_mib)
        return slot

    async def loaded(self, limit_s: float | None = None) -> None:
        """Return once the model is loaded, within ``limit_s`` seconds. Raises ``SlotFailed``; then it has ended."""
        try:
            async with asyncio.timeout(limit_s):
                up = await self._link.up
        except TimeoutError:
            raise await self.overrun("load", limit_s or 0.0) from None
        except BaseException:
            await self.end()
            raise
        if up is None:
            raise await self.death("load")
        kind, story = up
        if kind != READY:
            await self.close()
            raise _refusal(story, Usage.of(story))
        self.load_s, self.memory_mib = story["load_s"], story["memory_mib"]
        self.modules = tuple(story.get("modules", ()))

    @property
    def pid(self) -> int:
        """Its process; behind a wall that is the wall's."""
        return self._process.pid

    async def _connect(self, new: Started) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self._link, sock=new.link)
        self._printing, _ = await loop.connect_read_pipe(lambda: self._printed, new.output)

    def work(self, work: Work) -> None:
        """Give it a request, which it tells of the answer or of the slot's end. Raises ``SlotDied``."""
        if self.gone:
            raise SlotDied
        self._link.ask(work)

    async def predict(self, body: bytes, content_type: str | None, limit_s: float) -> Result:
        """Return the model's answer to a body. Raises ``SlotDied`` or ``SlotOverran``; then it is gone."""
        return Result.of(await self._answer(PREDICT, limit_s, body, (content_type or "").encode("latin-1")))

    async def predict_own_data(self, limit_s: float) -> Result:
        """Return the model's answer to data/ as the repo has it."""
        return Result.of(await self._answer(OWN_DATA, limit_s))

    async def tell(self, limit_s: float) -> Usage:
        """Return what a model that is being proved has used and wanted so far."""
        return Usage.of((await self._answer(TELL, limit_s)).story())

    async def _answer(self, kind: int, limit_s: float, body: bytes = b"", content_type: bytes = b"") -> Frame:
        if self.gone:
            raise SlotDied
        work = _Awaited(body=body, content_type=content_type)
        self._link.ask(work, kind)
        try:
            async with asyncio.timeout(limit_s):
                return await work.told
        except TimeoutError:
            self.kill()
            raise SlotOverran from None

    @property
    def gone(self) -> bool:
        """Tell whether the process has ended or is about to: it takes no more requests."""
        return self._link.gone

    def _broken(self, why: str) -> None:
        self._log.write(f"the model's process is ended, for what it says is no answer: {why}")
        self.kill()

    async def ended(self) -> str:
        """Wait until the process is gone and return how it ended, in words."""
        await self._link.ended.wait()
        return _ending(await self.close(), asked_to_end=self._asked_to_end)

    async def death(self, stage: str) -> SlotFailed:
        """Return the error of a process that ended by itself in load_model() or run(), with its last words."""
        where = _WHERE[stage]
        message = f"the model's process {await self.ended()} in {where}"
        return SlotFailed(message, stage=stage, details=self._log.tail(TAIL_LINES))

    async def overrun(self, stage: str, limit_s: float) -> SlotFailed:
        """End a process that took too long to load or to answer, and return the error that says so."""
        await self.end()
        message = f"the model did not {'load' if stage == 'load' else 'answer'} within {limit_s:g} s"
        return SlotFailed(message, stage="time-limit", details=self._log.tail(TAIL_LINES))

    def interrupt(self) -> None:
        """Ask the model to leave its request: in Python it raises KeyboardInterrupt there, and the slot lives on."""
        if not self.gone and self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        """End the process and all below it at once."""
        self._asked_to_end = True
        self._link.abort()
        if self._process.poll() is None:
            end_below(self._process.pid)
            self._kill_group()

    async def end(self) -> None:
        """End the process and its group at once, and wait until they are gone."""
        self.kill()
        await self.close()

    async def close(self) -> int:
        """End the process, by the end of its stream or by force, with all it started, and return its exit code."""
        self._asked_to_end = self._asked_to_end or not self._link.ended.is_set()
        self._link.close()
        self._life.close()
        async with self._one_ends_it:
            if self._code is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    await asyncio.to_thread(self._process.wait, _END_S)
                # A model that has ended may have left others behind.
                self._kill_group()
                self._code = await asyncio.to_thread(self._process.wait)
                await self._read_to_the_end()
        return self._code

    async def _read_to_the_end(self) -> None:
        """Log the last of what was printed; a process that left its group may hold it, and is not waited for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await self._printed.ended.wait()
        self._link.abort()
        self._printing.close()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _limit(self, memory_mib: int | None) -> None:
        if memory_mib is not None and hasattr(resource, "prlimit"):
            limit = memory_mib * 2**20
            resource.prlimit(self._process.pid, resource.RLIMIT_DATA, (limit, limit))


class _Awaited:
    """One request of somebody who waits for it."""

    def __init__(self, *, body: bytes, content_type: bytes) -> None:
        self.body = body
        self.content_type = content_type
        self.told: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()

    def answered(self, told: Frame) -> None:
        if not self.told.done():
            self.told.set_result(told)

    def died(self, *, first: bool) -> None:  # noqa: ARG002 - who asks one at a time is always the first
        if not self.told.done():
            self.told.set_exception(SlotDied())


_WHERE = {"load": "load_model()", "predict": "run()"}


def _refusal(story: dict[str, Any], usage: Usage) -> SlotFailed:
    stage, name, message = story.get("stage", "load"), story.get("type", ""), story.get("message", "")
    if name == "BadModel":
        return SlotFailed(message, stage=stage, kind=name)
    where = "load_model() raised" if stage == "load" else "importing predict.py raised"
    told, details = f"{where} {name}: {message}", story.get("traceback", "")
    if usage.isolation == "none":
        return SlotFailed(told, stage=stage, kind=name, details=details)
    refused = ProofRefused(told, stage=stage, kind=name, details=details)
    refused.usage = usage
    return refused


_SIGNALLED = 128
"""From here on an exit code is a signal's number more, as shells and bubblewrap tell it."""


def _ending(code: int, *, asked_to_end: bool) -> str:
    if code > _SIGNALLED:
        code = _SIGNALLED - code
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    hint = " (out of memory?)" if name == "SIGKILL" and not asked_to_end else ""
    return f"was ended by {name}{hint}"

"""The agent of one instance: brings its model up by itself, says how far it is, and answers requests with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs

from aibro_jupyter.envs import ensure
from aibro_jupyter.envs.parents import Parent, parent_of
from aibro_jupyter.errors import AibroError, NotFound, SlotFailed
from aibro_jupyter.http1 import Handlers, Request, Response, failure
from aibro_jupyter.modelio.descendants import adopt, children, end_below
from aibro_jupyter.protocol import Boot, Health, Progress, encode
from aibro_jupyter.repo.slothost import Slot
from aibro_jupyter.repo.slotstart import Start, slot_environment, thread_count
from aibro_jupyter.repo.wall import Wall, wall
from aibro_jupyter.states import Role
from aibro_jupyter.worker.answers import Answers
from aibro_jupyter.worker.dispatch import Dispatch
from aibro_jupyter.worker.lane import Lane
from aibro_jupyter.worker.logfile import LogFile
from aibro_jupyter.worker.service import AgentService
from aibro_jupyter.worker.turns import Turns
from aibro_jupyter.worker.volume import Volume

_LOG = logging.getLogger(__name__)
_BACK_OFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Chosen: a model that crashed once is back at once, one that crashes at each request leaves its machine room."""
_FAILED_STARTS = 5
"""After the model once served, so many failed starts in a row are the end."""
_SETTLED_S = 60.0
"""A slot that lived so long starts the back-off anew."""


class Agent:
    """Stage by stage to serving; a stage that fails is reported for as long as control leaves the instance alive."""

    def __init__(self, volume: Volume, boot: Boot, log: LogFile) -> None:
        self._volume = volume
        self._boot = boot
        self._log = log
        self._turns = Turns(boot.unwanted_s)
        self._dispatch = Dispatch(boot.ahead)
        self._stage = "connecting"
        self._progress = Progress()
        self._why = ""
        self._slot: Slot | None = None
        self._load_s: float | None = None
        self._wall: Wall | None = None
        self._loop = asyncio.get_running_loop()
        answers = Answers(log, boot.model_name, boot.request_limit_s, lambda: self._stage_now)
        self.service = AgentService(boot.token, self._dispatch, answers, Handlers(self.handle))
        adopt()

    # --- coming up ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Bring the model up and keep it up; returns only when a stage failed for good."""
        try:
            self._enter("gearing_up")
            self._wall = await asyncio.to_thread(self._built_wall)
            python = await asyncio.to_thread(self._environment)
            self._enter("deploying")
            await self._keep_serving(python)
        except AibroError as error:
            self._fail(_why(error))
        except OSError as error:
            self._fail(f"{type(error).__name__}: {error}")

    async def _keep_serving(self, python: Path) -> None:
        failed = quick_ends = 0
        while True:
            await asyncio.to_thread(self._volume.unpack, self._boot, self._tell)
            folder = await asyncio.to_thread(self._volume.fresh_slot, 0)
            self._tell(Progress(text="loading the model"))
            began, crashed = self._loop.time(), True
            try:
                crashed = await self._serve_once(python, folder)
            except SlotFailed as failure:
                failed += 1
                if self._load_s is None or failed >= _FAILED_STARTS:
                    raise
                self._why = _why(failure)
            else:
                failed = 0
            quick_ends = quick_ends + 1 if crashed and self._loop.time() - began <= _SETTLED_S else 0
            self._stage = "deploying"
            await asyncio.sleep(_BACK_OFF_S[min(quick_ends, len(_BACK_OFF_S)) - 1] if quick_ends else 0)

    async def _serve_once(self, python: Path, folder: Path) -> bool:
        """Start the slot, come back when it has ended, and tell whether that was a crash."""
        threads = thread_count(self._boot.vcpus)
        surroundings = slot_environment(threads=threads)
        parent = parent_of(Path(self._boot.envs), python, threads) if self._boot.envs else None
        began = self._loop.time()
        secrets = self._secrets()
        if secrets or self._wall:
            # A package may read its key when it is imported, and a parent has none, nor a wall: a fresh process it is.
            parent = None
        start = Start(
            python=python,
            folder=folder,
            environ=surroundings | secrets,
            parent=parent,
            memory_mib=self._boot.memory_mib if self._boot.enforce else None,
            wall=self._wall,
        )
        slot = await Slot.start(start, self._log)
        self._slot, self._load_s = slot, slot.load_s
        how = "its imports were parked" if slot.forked else "a fresh process"
        self._log.write(f"the model is loaded after {self._loop.time() - began:.2f} s ({how})", mark="[aibro]")
        lane = Lane(slot, self._dispatch, self._turns, self._log, self._boot.request_limit_s)
        self._dispatch.join(lane)
        self._enter("serving")
        try:
            if parent is not None and not slot.forked and self._boot.role is Role.COOLING:
                # It will sleep and wake: the next wake need not import again what this one did.
                await asyncio.to_thread(_park, parent, slot.modules, surroundings)
            self._log.write(f"the model's process {await slot.ended()}", mark="[aibro]")
        finally:
            self._slot = None
            self._dispatch.part(lane)
            await slot.end()
            # A model that crashed may have left processes in sessions of their own: they are this one's children now.
            await asyncio.to_thread(_end_left)
        return not lane.gave_way

    def _secrets(self) -> dict[str, str]:
        """Return the model's secrets. They are read for each slot and kept nowhere here."""
        if not self._boot.secrets:
            return {}
        try:
            return dict(json.loads(Path(self._boot.secrets).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            raise SlotFailed("the model's secrets are gone", fix="deploy it again with --secret NAME") from None

    def _built_wall(self) -> Wall | None:
        if not self._boot.isolate:
            return None
        # Shared environments lie in the backend's home, among the instances of other models and the owner's token.
        home = (Path(self._boot.envs).parent,) if self._boot.envs else ()
        return wall(*home, self._volume.root)

    def _environment(self) -> Path:
        envs = Path(self._boot.envs) if self._boot.envs else self._volume.root / "envs"
        return ensure(self._boot.lock, self._boot.python, envs, self._tell)

    def _tell(self, progress: Progress) -> None:
        if self._stage == "gearing_up" and progress.text != self._progress.text:
            done = f" ({progress.done}/{progress.total})" if progress.total else ""
            self._log.write(f"{progress.text}{done}", mark="[aibro]")
        self._progress = progress

    def _enter(self, stage: str) -> None:
        self._stage, self._progress, self._why = stage, Progress(), ""
        self._log.write(stage.replace("_", " "), mark="[aibro]")

    def _fail(self, why: str) -> None:
        self._stage, self._why = "failed", why
        self._log.write(f"failed: {why}", mark="[aibro]")

    async def close(self) -> None:
        """End the model's process."""
        if self._slot is not None:
            await self._slot.close()

    # --- answering ----------------------------------------------------------------------------------------------------

    async def handle(self, request: Request) -> Response:
        """Answer one request that is none for the model."""
        path, _, query = request.target.partition(b"?")
        match request.method, path:
            case b"GET", b"/health":
                return Response(body=encode(self.health()))
            case b"GET", b"/logs":
                return await self._logs(query.decode("latin-1"))
        return failure(NotFound("an agent has /health, /logs and /predict"))

    @property
    def _live_slot(self) -> Slot | None:
        return None if self._slot is None or self._slot.gone else self._slot

    @property
    def _stage_now(self) -> str:
        return "deploying" if self._stage == "serving" and self._live_slot is None else self._stage

    def health(self) -> Health:
        """Return how far this instance is."""
        slot = self._live_slot
        return Health(
            instance_id=self._volume.instance_id,
            stage=self._stage_now,
            progress=self._progress,
            why=self._why,
            in_flight=self._dispatch.in_flight,
            memory_mib=slot.resident_mib() if slot is not None else 0,
            load_s=self._load_s,
        )

    async def _logs(self, query: str) -> Response:
        wanted = parse_qs(query).get("lines", ["200"])[0]
        lines = max(1, min(int(wanted), 100_000)) if wanted.isdecimal() else 200
        text = await asyncio.to_thread(self._log.tail, lines)
        return Response(body=text.encode(), content_type="text/plain; charset=utf-8")


def _park(parent: Parent, modules: Sequence[str], environ: Mapping[str, str]) -> None:
    """Park a parent that is nobody's child: it outlives this agent."""
    adopt(False)
    try:
        parent.park(modules, environ)
    finally:
        adopt()


def _end_left() -> None:
    end_below(os.getpid())
    for child in children(os.getpid()):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def _why(error: AibroError) -> str:
    return "\n".join(part for part in (error.message, error.fix, error.details) if part)

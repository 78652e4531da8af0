"""The agent of one instance: brings its model up by itself, says how far it is, and answers requests with it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from urllib.parse import parse_qs

from aibro_jupyter.envs import ensure
from aibro_jupyter.errors import AibroError, NotFound, SlotFailed
from aibro_jupyter.http1 import Handlers, Request, Response, failure
from aibro_jupyter.modelio.descendants import adopt
from aibro_jupyter.protocol import Boot, Health, Progress, encode
from aibro_jupyter.repo.wall import Wall, wall
from aibro_jupyter.worker.answers import Answers
from aibro_jupyter.worker.dispatch import Dispatch
from aibro_jupyter.worker.keeper import Slots
from aibro_jupyter.worker.logfile import LogFile
from aibro_jupyter.worker.service import AgentService
from aibro_jupyter.worker.volume import Volume

_LOG = logging.getLogger(__name__)


class Agent:
    """Stage by stage to serving; a stage that fails is reported for as long as control leaves the instance alive."""

    def __init__(self, volume: Volume, boot: Boot, log: LogFile) -> None:
        self._volume = volume
        self._boot = boot
        self._log = log
        self._dispatch = Dispatch(boot.ahead)
        self._stage = "connecting"
        self._progress = Progress()
        self._why = ""
        self._load_s: float | None = None
        self._wall: Wall | None = None
        self._slots = Slots(
            volume=volume,
            boot=boot,
            log=log,
            dispatch=self._dispatch,
            tell=self._tell,
            say_why=self._say_why,
            entered=self._serves,
        )
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
            await self._slots.run(python, self._wall)
        except AibroError as error:
            self._fail(_why(error))
        except OSError as error:
            self._fail(f"{type(error).__name__}: {error}")

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

    def _say_why(self, failure: SlotFailed) -> None:
        self._why = _why(failure)

    def _serves(self, load_s: float) -> None:
        self._load_s = load_s
        self._enter("serving")

    async def close(self) -> None:
        """End the model's processes."""
        await self._slots.close()

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
    def _stage_now(self) -> str:
        return "deploying" if self._stage == "serving" and not self._slots.serves else self._stage

    def health(self) -> Health:
        """Return how far this instance is."""
        slots = self._slots.health()
        return Health(
            instance_id=self._volume.instance_id,
            stage=self._stage_now,
            progress=self._progress,
            why=self._why,
            in_flight=self._dispatch.in_flight,
            memory_mib=sum(slot.memory_mib for slot in slots),
            load_s=self._load_s,
            slots=slots,
        )

    async def _logs(self, query: str) -> Response:
        wanted = parse_qs(query).get("lines", ["200"])[0]
        lines = max(1, min(int(wanted), 100_000)) if wanted.isdecimal() else 200
        text = await asyncio.to_thread(self._log.tail, lines)
        return Response(body=text.encode(), content_type="text/plain; charset=utf-8")


def _why(error: AibroError) -> str:
    return "\n".join(part for part in (error.message, error.fix, error.details) if part)

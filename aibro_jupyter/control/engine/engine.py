"""Keeps reconciling: which job is looked at when, and that what goes wrong with one is no matter to the others."""

from __future__ import annotations

import asyncio
import logging

from aibro_jupyter.control.engine.queue import Queue
from aibro_jupyter.control.engine.reconciler import Reconciler
from aibro_jupyter.control.engine.world import World

_LOG = logging.getLogger(__name__)
_RETRY_LOOK_S = 5.0
"""As long as the usual pause between two looks at a job that is at rest."""


class Engine:
    """The reconciler with its queue: woken by calls, reports and due times, else by a slow resync."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.reconciler = Reconciler(world)
        self.queue = Queue()
        self._news = asyncio.Event()

    def wake(self, job_id: str) -> None:
        """Look at a job as soon as possible."""
        self.queue.add(job_id, self._world.clock.now())
        self._news.set()

    def wake_all(self) -> None:
        """Look at every job that may need something."""
        for job_id in self._world.store.unsettled():
            self.wake(job_id)

    async def run(self) -> None:
        """Work on due jobs, each in a task of its own, until canceled."""
        self.wake_all()
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._news.clear()
                now = self._world.clock.now()
                while (job_id := self.queue.pop(now)) is not None:
                    tasks.create_task(self._turn(job_id))
                await self._until_due(now)

    async def _until_due(self, now: float) -> None:
        next_at = self.queue.next_at()
        try:
            async with asyncio.timeout(None if next_at is None else max(0.0, next_at - now)):
                await self._news.wait()
        except TimeoutError:
            return

    async def _turn(self, job_id: str) -> None:
        try:
            await self.step(job_id)
        except Exception:  # noqa: BLE001
            # The boundary of one job's turn: whatever goes wrong with it, the others go on and it is tried again.
            _LOG.exception("the look at %s failed", job_id)
            self.queue.add(job_id, self._world.clock.now() + _RETRY_LOOK_S)
        finally:
            self.queue.done(job_id)
            self._news.set()

    async def step(self, job_id: str) -> None:
        """Reconcile a job once, and make it due again when the next look is worth it."""
        wait_s = await self.reconciler.reconcile(job_id)
        if wait_s is not None:
            self.queue.add(job_id, self._world.clock.now() + wait_s)

"""What its owner wants to hear of at once: which changes of a job are news, and to whom they go."""

from __future__ import annotations

from collections.abc import Sequence

from aibro_jupyter.control.engine.notify import Notice
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.rows import InstanceRow, Move
from aibro_jupyter.machines import Market
from aibro_jupyter.states import LAUNCHING, Role


class News:
    """Tells the address of a job, or else the one of all jobs; a job without any is silent."""

    def __init__(self, world: World) -> None:
        self._world = world

    def tell(self, job_id: str, event: str, text: str) -> None:
        """Tell what happened to a job; returns at once."""
        job = self._world.store.job(job_id).job
        url = job.limits.notify or self._world.store.common_limits().notify
        if url:
            now = self._world.clock.now()
            notice = Notice(event=event, job_id=job_id, model_name=job.model_name, at=now, text=first_line(text))
            self._world.notify(url, notice)

    def recorded(self, before: InstanceRow, moves: Sequence[Move], *, interrupt_at: float | None = None) -> None:
        """Tell what is news in a change of an instance: a wake that failed, a spot machine that is lost."""
        if interrupt_at is not None and before.market is Market.SPOT:
            text = f"the {before.role} instance on spot {before.machine} is taken back; another takes its place"
            self.tell(before.job_id, "spot-lost", text)
        failed = [move for move in moves if move.failed]
        if failed and before.role is Role.COOLING and before.phase in LAUNCHING:
            text = f"the cooling instance did not come up, the standby goes on: {failed[-1].why}"
            self.tell(before.job_id, "wake-failed", text)


def first_line(text: str) -> str:
    """Return what may leave this computer of a text: its first line. A traceback may hold the user's values."""
    return text.strip().partition("\n")[0][:300]

"""A slot for code that waits: start a model's process, ask it, end it. For dry run and proof."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from aibro_jupyter.repo.isolation import Usage
from aibro_jupyter.repo.slothost import Result, Slot, SlotDied, SlotOverran
from aibro_jupyter.repo.slotpipes import Tail
from aibro_jupyter.repo.slotstart import Start

_Answer = TypeVar("_Answer")


class SlotProcess:
    """One model in a process group of its own; use it from one thread, as a context manager or with ``close``.

    Its host has an event loop in a thread of its own: in the thread of a notebook another one runs already.
    """

    def __init__(self, start: Start, *, limit_s: float = 600) -> None:
        """Start the model and load it within ``limit_s`` seconds. Raises ``SlotFailed``."""
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="aibro-slot-host", daemon=True)
        self._thread.start()
        self._slot = self._waited(Slot.start(start, Tail(), limit_s))
        self.load_s, self.memory_mib = self._slot.load_s, self._slot.memory_mib

    def predict(self, body: bytes, content_type: str | None = None, limit_s: float = 600) -> Result:
        """Return the model's answer to a body; raises ``SlotFailed`` if the process dies or overruns, and ends it."""
        return self._asked(self._slot.predict(body, content_type, limit_s), limit_s)

    def predict_own_data(self, limit_s: float = 600) -> Result:
        """Return the model's answer to data/ as the repo has it."""
        return self._asked(self._slot.predict_own_data(limit_s), limit_s)

    def tell(self, limit_s: float = 60) -> Usage:
        """Return what a model that is being proved has used and wanted so far."""
        return self._asked(self._slot.tell(limit_s), limit_s)

    def close(self) -> None:
        """End the process and all that it started; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        asyncio.run_coroutine_threadsafe(self._ending(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> SlotProcess:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def _asked(self, asking: Coroutine[Any, Any, _Answer], limit_s: float) -> _Answer:
        async def answered() -> _Answer:
            try:
                return await asking
            except SlotDied:
                raise await self._slot.death("predict") from None
            except SlotOverran:
                raise await self._slot.overrun("predict", limit_s) from None

        return self._waited(answered())

    def _waited(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Wait for the loop's thread; whatever goes wrong, an interrupt too, ends the process."""
        waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()
            self.close()
            raise

    async def _ending(self) -> None:
        if hasattr(self, "_slot"):
            await self._slot.end()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._loop.shutdown_default_executor()

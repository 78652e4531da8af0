"""The slots of one instance: each is started, kept up, and replaced while its siblings serve."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter.clock import perf
from aibro_jupyter.envs.parents import Parent, parent_of
from aibro_jupyter.errors import SlotFailed
from aibro_jupyter.modelio.descendants import adopt, below, children, end_below
from aibro_jupyter.protocol import Boot, OnProgress, Progress, SlotHealth
from aibro_jupyter.repo.meters import cpu_s, own_mib
from aibro_jupyter.repo.slothost import Slot
from aibro_jupyter.repo.slotstart import Start, slot_environment, thread_count
from aibro_jupyter.repo.wall import Wall
from aibro_jupyter.states import Role
from aibro_jupyter.worker.dispatch import Dispatch
from aibro_jupyter.worker.lane import Lane
from aibro_jupyter.worker.logfile import LogFile
from aibro_jupyter.worker.turns import Turns
from aibro_jupyter.worker.volume import Volume

_BACK_OFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Chosen: a model that crashed once is back at once, one that crashes at each request leaves its machine room."""
_FAILED_STARTS = 5
"""After the model once served, so many failed starts of a slot in a row are its end."""
_SETTLED_S = 60.0
"""A slot that lived so long starts the back-off anew."""
_MEMORY_SHARE = 0.8
"""Chosen: of the machine's memory slots may have together; the rest is for the answers under way and the system."""


class Keeper:
    """One slot after the other in one folder."""

    def __init__(self, slots: Slots, number: int) -> None:
        self._slots = slots
        self.number = number
        self.slot: Slot | None = None
        self.served = False
        """Whether its model was ever loaded."""
        self._requests = 0
        self._cpu = 0.0, perf()

    async def run(self) -> None:
        """Keep the slot up. Raises ``SlotFailed`` when it will not come up."""
        failed = quick_ends = 0
        while True:
            began, crashed = perf(), True
            try:
                crashed = await self._serve_once()
            except SlotFailed as failure:
                failed += 1
                if not self.served or failed >= _FAILED_STARTS:
                    raise
                self._slots.say_why(failure)
            else:
                failed = 0
            quick_ends = quick_ends + 1 if crashed and perf() - began <= _SETTLED_S else 0
            await asyncio.sleep(_BACK_OFF_S[min(quick_ends, len(_BACK_OFF_S)) - 1] if quick_ends else 0)

    async def _serve_once(self) -> bool:
        """Start the slot, come back when it has ended, and tell whether that was a crash."""
        slots, began = self._slots, perf()
        start, self.slot = await slots.born(self.number)
        slot = self.slot
        try:
            await slot.loaded()
        except SlotFailed:
            self.slot = None
            raise
        how = "its imports were parked" if slot.forked else "a fresh process"
        which = f" in slot {self.number + 1}" if slots.wanted > 1 else ""
        slots.log.write(f"the model is loaded{which} after {perf() - began:.2f} s ({how})", mark="[aibro]")
        lane = slots.opened(slot)
        self.served = True
        try:
            await slots.park(start, slot, self.number)
            slots.log.write(f"the model's process {await slot.ended()}", mark="[aibro]")
        finally:
            self.slot = None
            slots.dispatch.part(lane)
            await slot.end()
            await slots.end_left()
        return not lane.gave_way

    def health(self) -> SlotHealth | None:
        """Return how the slot is; None: it is not up. CPU is counted from the last time that somebody asked."""
        slot = self.slot
        if slot is None or slot.gone or not self.served:
            return None
        (spent_s, at), now = self._cpu, perf()
        self._cpu = total_s, _ = cpu_s(slot.pid), now
        share = (total_s - spent_s) / (now - at) if now > at and total_s >= spent_s else 0.0
        return SlotHealth(number=self.number, memory_mib=own_mib(slot.pid), cpu=round(share, 3))


@dataclass(kw_only=True)
class Slots:
    """All slots of an instance. The first one comes up alone: what is wrong with a model shows there."""

    volume: Volume
    boot: Boot
    log: LogFile
    dispatch: Dispatch
    tell: OnProgress
    say_why: Callable[[SlotFailed], object]
    entered: Callable[[float], object]
    """Hears of the first slot that serves after none did, and how long its model took to load (seconds)."""

    def __post_init__(self) -> None:
        self.turns = Turns(self.boot.unwanted_s)
        self.wanted = self.boot.slots or thread_count(self.boot.vcpus)
        self._keepers: list[Keeper] = []
        self._served = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._python = Path()
        self._wall: Wall | None = None

    async def run(self, python: Path, wall: Wall | None) -> None:
        """Keep them up; raises ``SlotFailed`` when the model does not come up at all."""
        self._python, self._wall = python, wall
        self._keepers = [Keeper(self, 0)]
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(self._kept(self._keepers[0]))
                together.create_task(self._others(together))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _others(self, together: asyncio.TaskGroup) -> None:
        """Begin the other slots once the first one serves."""
        await self._served.wait()
        for number in range(1, self._that_fit()):
            self._keepers.append(Keeper(self, number))
            together.create_task(self._kept(self._keepers[-1]))

    async def _kept(self, keeper: Keeper) -> None:
        try:
            await keeper.run()
        except SlotFailed as failure:
            if not self.serves:
                raise
            # A model that can be loaded only once, for it takes a port or a lock, is served once.
            told = f"slot {keeper.number + 1} does not come up, the others serve on: {failure.message}"
            self.log.write(told, mark="[aibro]")

    def _that_fit(self) -> int:
        """Return how many slots there may be. As many as wanted, if somebody said so; else as memory allows."""
        slot = self._keepers[0].slot
        if self.boot.slots or slot is None:
            return self.wanted
        fit = int(_MEMORY_SHARE * self.boot.memory_mib / max(1, own_mib(slot.pid)))
        if fit < self.wanted:
            self.log.write(f"{max(1, fit)} of {self.wanted} slots fit into its memory", mark="[aibro]")
        return max(1, min(self.wanted, fit))

    # --- for a keeper -------------------------------------------------------------------------------------------------

    async def born(self, number: int) -> tuple[Start, Slot]:
        """Start a slot's process in its folder, made anew."""
        # Two at once would copy from a folder that the other one mends, or take a newborn for something left behind.
        async with self._one_at_a_time:
            await asyncio.to_thread(self.volume.unpack, self.boot, self.tell)
            folder = await asyncio.to_thread(self.volume.fresh_slot, number)
            if not self.serves:
                self.tell(Progress(text="loading the model"))
            start = self._start(folder)
            slot = await Slot.born(start, self.log)
            return start, slot

    def _start(self, folder: Path) -> Start:
        threads = max(1, thread_count(self.boot.vcpus) // self.wanted)
        secrets = self._secrets()
        # A package may read its key when it is imported, and a parent has none, nor a wall: a fresh process it is.
        parked = bool(self.boot.envs) and not secrets and self._wall is None
        return Start(
            python=self._python,
            folder=folder,
            environ=slot_environment(threads=threads) | secrets,
            parent=parent_of(Path(self.boot.envs), self._python, threads) if parked else None,
            memory_mib=self.boot.memory_mib // self.wanted if self.boot.enforce else None,
            wall=self._wall,
        )

    def opened(self, slot: Slot) -> Lane:
        """Let a slot that is loaded have requests."""
        lane = Lane(slot, self.dispatch, self.turns, self.log, self.boot.request_limit_s)
        first = not self.serves
        self.dispatch.join(lane)
        if first:
            self.entered(slot.load_s)
        self._served.set()
        return lane

    async def park(self, start: Start, slot: Slot, number: int) -> None:
        """Have a parent parked for the next wake, which need not import again what this one did."""
        if number == 0 and start.parent is not None and not slot.forked and self.boot.role is Role.COOLING:
            await asyncio.to_thread(_park, start.parent, slot.modules, start.environ)

    async def end_left(self) -> None:
        """End what slots have left behind; those that serve or load, and all below them, live.

        A model that crashed may have left processes in sessions of their own: they are this one's children now.
        """
        async with self._one_at_a_time:
            pids = {keeper.slot.pid for keeper in self._keepers if keeper.slot is not None}
            await asyncio.to_thread(_end_all_but, pids)

    def _secrets(self) -> dict[str, str]:
        """Return the model's secrets. They are read for each slot and kept nowhere here."""
        if not self.boot.secrets:
            return {}
        try:
            return dict(json.loads(Path(self.boot.secrets).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            raise SlotFailed("the model's secrets are gone", fix="deploy it again with --secret NAME") from None

    # --- for the agent ------------------------------------------------------------------------------------------------

    @property
    def serves(self) -> bool:
        """Tell whether any slot takes requests."""
        return any(lane.open for lane in self.dispatch.lanes)

    def health(self) -> tuple[SlotHealth, ...]:
        """Return how each slot is that is up."""
        return tuple(one for keeper in self._keepers if (one := keeper.health()) is not None)

    async def close(self) -> None:
        """End the model's processes."""
        await asyncio.gather(*(keeper.slot.close() for keeper in self._keepers if keeper.slot is not None))


def _end_all_but(pids: set[int]) -> None:
    spared = {*pids, *(one for pid in pids for one in below(pid))}
    end_below(os.getpid(), *pids)
    for child in children(os.getpid()):
        if child not in spared:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)


def _park(parent: Parent, modules: Sequence[str], environ: Mapping[str, str]) -> None:
    """Park a parent that is nobody's child: it outlives this agent."""
    adopt(False)
    try:
        parent.park(modules, environ)
    finally:
        adopt()

"""One seed: the real control on virtual time, a cloud and gateways that misbehave, and what must hold all the same."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from aibro_jupyter.control.engine.bell import Bell
from aibro_jupyter.control.engine.engine import Engine
from aibro_jupyter.control.engine.reports import Reports
from aibro_jupyter.control.engine.sweep import sweep_forever
from aibro_jupyter.control.engine.sync import Gateways
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.errors import AibroError
from aibro_jupyter.home import Home
from tests.sim.cloud import Cloud
from tests.sim.gateway import Down, Gateway
from tests.sim.invariants import Watcher
from tests.sim.virtual import VirtualClock, VirtualLoop
from tests.sim.weather import Weather

T = TypeVar("T")
SETTINGS = ControlSettings(
    gateways=("gw1", "gw2"), minimum_s=0, resync_s=40.0, hurry_s=2.0, sweep_s=45.0, disk_micros_per_hour=0
)


class Killed(BaseException):
    """Control ends here and now, as by kill -9."""


class _Nothing:
    """What a dead control's store is connected to."""

    in_transaction = False

    def __getattr__(self, name: str) -> Any:
        raise Killed


class MemoryStore(SqliteStore):
    """The real store on a connection that outlives control, as a disk does. Control may die around every write."""

    def __init__(self, connection: sqlite3.Connection, universe: Universe, *, first: bool) -> None:
        self.on_change = lambda: None
        self._universe = universe
        self._db = connection
        if first:
            self._db.row_factory = sqlite3.Row
            self._migrate()
        self._recall()

    @contextmanager
    def _change(self, job_id: str = "", *, routes: bool = True) -> Iterator[None]:
        universe = self._universe
        universe.strike("before a write", self)
        with super()._change(job_id, routes=routes):
            yield
            universe.strike("before a commit", self)
        universe.watcher.after(self._db, job_id)
        universe.strike("after a write", self)

    def die(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._db = _Nothing()  # type: ignore[assignment]


class Life:
    """Control from its start to its death."""

    def __init__(self, universe: Universe, *, first: bool) -> None:
        self.universe = universe
        self.bell = Bell()
        self.store = MemoryStore(universe.connection, universe, first=first)
        self.store.on_change = self.bell.ring
        self.gateways = Gateways(SETTINGS.gateways, self.bell)
        cloud = universe.cloud

        async def run_blocking(call: Callable[..., Any], /, *args: object) -> Any:
            return await cloud.call(lambda where: universe.strike(where, self.store), call, *args)

        self.world = World(
            clock=universe.clock,
            store=self.store,
            home=Home(Path("/nowhere")),
            providers={"here": cloud},
            probe=cloud,
            gateways=self.gateways,
            settings=SETTINGS,
            run_blocking=run_blocking,
        )
        self.engine = Engine(self.world)
        self.reports = Reports(self.world, self.engine)
        self.task = asyncio.create_task(self._run())
        self.task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None and self.universe.life is self:
            self.universe.watcher.violated(f"control ended by itself: {task.exception()!r}")

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(self.engine.run())
            both.create_task(sweep_forever(self.world))

    def end(self) -> None:
        self.store.die()
        self.bell.close()
        self.task.cancel()

    def guarded(self, work: Callable[[], T]) -> T | None:
        """Do something in control; its death ends the work, not the caller."""
        try:
            return work()
        except Killed:
            return None

    async def serve(self, work: Coroutine[Any, Any, T]) -> T:
        """Answer a call over the network; ``Down`` if control dies meanwhile."""
        try:
            found = await work
        except Killed:
            raise Down from None
        if self.universe.life is not self:
            raise Down
        return found


class Universe:
    """Everything of one seed."""

    def __init__(self, seed: int, loop: VirtualLoop) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.weather = Weather(self.dice)
        self.clock = VirtualClock(loop)
        self.loop = loop
        self.cloud = Cloud(
            self.clock,
            self.weather,
            boot_s=self.dice.choice([0.0, 2.0, 30.0]),
            load_s=self.dice.choice([0.0, 5.0]),
            stoppable=self.dice.random() < 0.9,
        )
        self.cloud.on_down = self._going_down
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.tally: Counter[str] = Counter()
        self.watcher = Watcher(self)
        self.applied = asyncio.Event()
        self.life: Life | None = None
        self._start(first=True)
        self.gateways = [Gateway(self, name) for name in SETTINGS.gateways]

    def now(self) -> float:
        return self.loop.time()

    # --- control's lives ----------------------------------------------------------------------------------------------

    def _start(self, *, first: bool = False) -> None:
        if self.life is None:
            self.life = Life(self, first=first)

    def start(self) -> None:
        """Bring control up if it is dead. It may die again while it starts."""
        try:
            self._start()
        except Killed:
            self.life = None
            self.loop.call_later(1.0, self.start)

    def strike(self, where: str, store: MemoryStore) -> None:
        """End control here, if the weather says so."""
        if self.life is not None and self.life.store is store and self.weather.strikes("crash"):
            self.tally[f"killed {where}"] += 1
            self.kill()
            raise Killed

    def kill(self) -> None:
        """kill -9 of control; it comes back in a while."""
        if self.life is None:
            return
        life, self.life = self.life, None
        life.end()
        self.tally["control killed"] += 1
        self.loop.call_later(self.dice.choice([0.3, 2.0, 30.0]), self.start)

    # --- what others notice -------------------------------------------------------------------------------------------

    def _going_down(self, call: str, instance_id: str) -> None:
        hit = [p for gateway in self.gateways for p in gateway.under_way if p.instance_id == instance_id]
        if call != "crash" and hit:
            self.watcher.cut_short(instance_id, hit)
        for passage in hit:
            passage.lost.set()

    async def api(self, work: Callable[[Life], T]) -> T:
        """Call control as a client does: again and again until it answers; errors of ours come through."""
        while True:
            life = self.life
            try:
                if life is None:
                    raise Down
                found = work(life)
                if self.life is life:
                    return found
                raise Down
            except (Down, Killed):
                await asyncio.sleep(0.5)

    async def confirmed(self, rev: int) -> bool:
        """Wait until every gateway acts on a revision; False: control said that it could not confirm it."""
        life = self.life
        if life is None:
            return False
        try:
            await life.gateways.confirmed(rev, SETTINGS.confirm_s)
        except AibroError:
            return False
        return self.life is life

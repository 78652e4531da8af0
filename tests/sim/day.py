"""What people and fate do on a simulated day, and how it ends: calm, checked, and with nothing left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aibro_jupyter.errors import AibroError, LaunchRefused
from aibro_jupyter.protocol import DeployRequest, VersionRequest
from aibro_jupyter.states import Outcome, Phase
from tests.sim.invariants import REQUEST_LIMIT_S
from tests.sim.universe import Universe
from tests.sim.virtual import VirtualLoop
from tests.simulation import spec

ACTS = 30
CALM_S = 500.0
"""Longer than the longest back-off."""
CLOSING_S = 260.0
COOL_DOWN_S = 60


@dataclass(frozen=True, kw_only=True)
class Came:
    """What one seed came to."""

    seed: int
    writes: int
    tally: dict[str, int]
    broken: tuple[str, ...]


class Day:
    """A universe with people in it."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.dice = universe.dice
        self.jobs: dict[str, str] = {}
        self.made = 0

    async def run(self) -> None:
        acts: list[tuple[Callable[[], Any], int]] = [
            (self.new, 3),
            (self.ask, 14),
            (self.crash, 4),
            (self.update, 2),
            (self.complete, 2),
            (self.universe.kill, 2),
            (self.gateway, 2),
            (self.trouble, 2),
            (self.clients, 1),
            (self.spot, 3),
            (self.suspend, 1),
        ]
        names, weights = zip(*acts, strict=True)
        await self.new()
        for _ in range(ACTS):
            await asyncio.sleep(self.dice.choice([0.0, 0.2, 3.0, 20.0, 70.0]))
            done = self.dice.choices(names, weights=weights)[0]()
            if asyncio.iscoroutine(done):
                await done
        await self.rest()

    # --- people -------------------------------------------------------------------------------------------------------

    def _any_job(self) -> str | None:
        return self.dice.choice(sorted(self.jobs)) if self.jobs else None

    async def new(self) -> None:
        """Deploy under one of few names, as a client that repeats itself until it is answered."""
        self.made += 1
        name, job_id = self.dice.choice(["iris", "cats", "prices"]), f"inf_{self.made}"
        of = self._spec()
        request = DeployRequest(job_id=job_id, model_name=name, spec=of, client_ids=("a",), wait_request_s=60)
        try:
            await self.universe.api(lambda life: life.store.add_job(request, "ana", self.universe.now()))
        except AibroError as refused:
            if refused.code != "name-taken":
                raise
            return
        self.jobs[job_id] = name
        await self.universe.api(lambda life: life.engine.wake(job_id))

    def _spec(self) -> Any:
        cooling = self.dice.choice([None, "g4dn.12xlarge", "g4dn.12xlarge"])
        return spec(cooling=cooling, request_limit_s=REQUEST_LIMIT_S, cool_down_period_s=COOL_DOWN_S)

    async def update(self) -> None:
        if (job_id := self._any_job()) is None:
            return
        self.made += 1
        request = VersionRequest(version_id=f"ver_{self.made}", spec=self._spec())
        await self._owner(job_id, lambda life: life.store.add_version(job_id, request, self.universe.now()))

    async def clients(self) -> None:
        if (job_id := self._any_job()) is not None:
            who = self.dice.choice([("a",), ("a", "b"), ()])
            await self._owner(job_id, lambda life: life.store.set_clients(job_id, who, self.universe.now()))

    async def _owner(self, job_id: str, work: Callable[[Any], Any]) -> None:
        try:
            await self.universe.api(work)
            await self.universe.api(lambda life: life.engine.wake(job_id))
        except AibroError as refused:
            if refused.code != "job-ended":
                raise
            self.jobs.pop(job_id, None)

    async def complete(self) -> None:
        """End a job: once that is confirmed, no gateway knows it any more."""
        if (job_id := self._any_job()) is None:
            return
        universe = self.universe
        await self._owner(job_id, lambda life: life.store.end_job(job_id, Outcome.COMPLETED, "", universe.now()))
        self.jobs.pop(job_id, None)
        life = universe.life
        if life is not None and await universe.confirmed(life.store.routes_rev):
            universe.tally["confirmed"] += 1
            if any(gateway.route(job_id) for gateway in universe.gateways):
                universe.watcher.violated(f"a completed and confirmed job {job_id} is still routed")

    def ask(self) -> None:
        """Send a few requests at once."""
        if (job_id := self._any_job()) is not None:
            for _ in range(self.dice.choice([1, 1, 5])):
                self.dice.choice(self.universe.gateways).ask(job_id, self.dice.choice([0.1, 2.0, 30.0]))

    # --- fate ---------------------------------------------------------------------------------------------------------

    def crash(self) -> None:
        if names := list(self.universe.cloud.machines):
            self.universe.cloud.crash(self.dice.choice(names[-6:]))

    def gateway(self) -> None:
        self.dice.choice(self.universe.gateways).restart()

    def trouble(self) -> None:
        cloud, dice = self.universe.cloud, self.dice
        cloud.failing = dice.choice(["", "", "no column"])
        cloud.refusal = dice.choice([None, None, LaunchRefused("full", reason="capacity")])

    def spot(self) -> None:
        """The market opens, or takes all back: with the two minutes, with a few seconds, or without a word."""
        cloud = self.universe.cloud
        if cloud.spot_open and self.dice.random() < 0.6:
            cloud.take_back(self.dice.choice([120.0, 5.0, 0.0]))
        cloud.spot_open = self.dice.random() < 0.7

    def suspend(self) -> None:
        """The lid of the laptop is closed for ten minutes; the cloud goes on."""
        self.universe.loop.suspend(600.0)

    # --- the end ------------------------------------------------------------------------------------------------------

    async def rest(self) -> None:
        """Let the weather clear; then every active job serves at every gateway, and can be ended without a trace."""
        universe = self.universe
        universe.weather.clear()
        universe.cloud.failing, universe.cloud.refusal = "", None
        await asyncio.sleep(CALM_S)
        self._all_serve()
        while self.jobs:
            await self.complete()
        await asyncio.sleep(CLOSING_S)
        universe.watcher.orphans()
        universe.watcher.ledger()

    def _all_serve(self) -> None:
        universe = self.universe
        life = universe.life
        assert life is not None
        for job_id in life.store.job_ids():
            serving = [i for i in life.store.job(job_id).instances if i.phase is Phase.SERVING]
            if not serving:
                universe.watcher.violated(f"{job_id} does not serve in calm weather")
            for gateway in universe.gateways:
                route = gateway.route(job_id)
                if route is None or not any(universe.cloud.answers(t.instance_id) for t in route.targets):
                    universe.watcher.violated(f"{gateway.gateway_id} leads {job_id} nowhere in calm weather")
        if missing := set(self.jobs) & set(life.store.job_ids()) ^ set(life.store.job_ids()):
            universe.watcher.violated(f"jobs that nobody made: {missing}")


def play(seed: int) -> Came:
    """Play one seed to its end and return what it came to. The same seed is always the same day."""
    logging.disable(logging.CRITICAL)
    loop = VirtualLoop(8 * 3600.0)
    try:
        return loop.run_until_complete(_play(seed, loop))
    finally:
        loop.close()
        logging.disable(logging.NOTSET)


async def _play(seed: int, loop: VirtualLoop) -> Came:
    universe = Universe(seed, loop)
    me = asyncio.current_task()
    try:
        await Day(universe).run()
        if universe.life is None or universe.life.task.done():
            universe.watcher.violated("control ended by itself")
    finally:
        for task in asyncio.all_tasks(loop):
            if task is not me:
                task.cancel()
        await asyncio.gather(*(t for t in asyncio.all_tasks(loop) if t is not me), return_exceptions=True)
        universe.connection.close()
    watcher = universe.watcher
    return Came(seed=seed, writes=watcher.writes, tally=dict(universe.tally), broken=tuple(watcher.broken))

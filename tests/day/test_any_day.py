"""Random days: whatever happens, nothing is lost, nothing is left over, and the bill is the provider's own bill."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from aibro_jupyter.errors import LaunchRefused
from aibro_jupyter.protocol import Limits
from aibro_jupyter.providers.base import State
from aibro_jupyter.states import DEPLOYED_EXTENSION, InstanceStatus, JobStatus, Phase
from tests.simulation import Day, spec

_I = InstanceStatus
SHOWN = {
    JobStatus.QUEUING: {_I.NONE, _I.LAUNCHING, _I.CLOSING, _I.CLOSED},
    JobStatus.DEPLOYED: {_I.EXECUTING, _I.COOLING, *DEPLOYED_EXTENSION},
    JobStatus.CANCELED: {_I.COOLING, _I.CLOSING, _I.CLOSED},
    JobStatus.COMPLETED: {_I.COOLING, _I.CLOSING, _I.CLOSED},
}


class AnyDay(Day):
    """A simulation with a will of its own."""

    def __init__(self, dice: random.Random, database: Path) -> None:
        super().__init__(
            settings={"hurry_s": 1.0}, database=database, boot_s=dice.choice([0, 3, 40]), load_s=dice.choice([0, 5])
        )
        self.dice = dice
        self.names: list[str] = []

    def anything(self) -> None:
        acts = {
            self.new: 2,
            self.ask: 8,
            self.break_one: 3,
            self.update: 2,
            self.end: 1,
            self.restart: 2,
            self.trouble: 2,
            self.silence: 1,
            self.offer: 2,
            self.take_back: 2,
            self.steer: 2,
        }
        self.dice.choices(list(acts), weights=list(acts.values()))[0]()
        self.run_until(self.clock.now() + self.dice.choice([0, 1, 5, 50, 700]))

    def any_job(self) -> str | None:
        active = self.store.job_ids()
        return self.dice.choice(active) if active else None

    def new(self) -> None:
        cooling = self.dice.choice([None, "g4dn.12xlarge"])
        self.names.append(f"m{len(self.names)}")
        self.deploy(spec(cooling=cooling, request_limit_s=60), name=self.names[-1])

    def ask(self) -> None:
        if (job_id := self.any_job()) is not None:
            self.request(job_id)

    def break_one(self) -> None:
        if self.provider.machines:
            self.provider.crash(self.dice.choice(sorted(self.provider.machines)))

    def update(self) -> None:
        if (job_id := self.any_job()) is not None:
            self.new_version(job_id, spec(request_limit_s=60), version_id=f"v{self.dice.random()}")

    def end(self) -> None:
        if (job_id := self.any_job()) is not None:
            self.complete(job_id)

    def restart(self) -> None:
        self.store.close()
        self.clock.advance(self.dice.choice([0, 2, 100]))
        self.boot()

    def trouble(self) -> None:
        self.provider.failing = self.dice.choice(["", "", "", "no column"])
        self.provider.refusal = self.dice.choice([None, None, None, LaunchRefused("full", reason="capacity")])

    def offer(self) -> None:
        self.provider.offered = set(self.dice.choice([(), ("g4dn.4xlarge",), ("g4dn.4xlarge", "g4dn.12xlarge")]))
        self.provider.spot_refusal = self.dice.choice([None, None, LaunchRefused("no spot", reason="capacity")])

    def take_back(self) -> None:
        if self.provider.machines:
            self.provider.interrupt(self.dice.choice(sorted(self.provider.machines)), self.dice.choice([0, 30, 120]))

    def steer(self) -> None:
        if (job_id := self.any_job()) is not None:
            now, dice = self.clock.now(), self.dice
            switch = dice.choice(["off", "on", "sleep", "limits"])
            if switch == "sleep":
                self.store.ask_to_sleep(job_id, now)
            elif switch == "limits":
                self.store.set_limits(job_id, Limits(budget_per_day_micros=dice.choice([None, 10**6, 10**8])), now)
            else:
                self.store.set_cooling(job_id, switch == "off", now)
            self.engine.wake(job_id)

    def silence(self) -> None:
        self.gateway_up = self.dice.choice([True, True, False])

    def check(self) -> None:
        for name in self.names:
            view = self.view(f"inf_{name}")
            for instance in view.instances:
                settled = view.outcome is None or instance.phase not in (Phase.REQUESTING, Phase.CONNECTING)
                assert not settled or instance.status in SHOWN[view.status], (view.status, instance)
        active = [self.store.job(job_id).job.model_name for job_id in self.store.job_ids()]
        assert len(set(active)) == len(active)


@pytest.mark.parametrize("seed", range(12))
def test_any_day(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    day = AnyDay(dice, tmp_path / "aibro.db")
    for _ in range(40):
        day.anything()
        day.check()
    day.provider.failing, day.provider.refusal, day.provider.spot_refusal, day.gateway_up = "", None, None, True
    day.run_until(day.clock.now() + 400)
    for job_id in day.store.job_ids():
        serving = [i for i in day.store.job(job_id).instances if i.phase is Phase.SERVING]
        assert serving, "whatever was, an active job serves again"
        day.complete(job_id)
    day.run_until(day.clock.now() + 200)
    assert {machine.state for machine in day.provider.machines.values()} <= {State.GONE}, "no orphan"
    billed = sorted(
        (interval.instance_id, interval.opened_ms, interval.closed_ms)
        for name in day.names
        for interval in day.store.intervals(f"inf_{name}")
        if interval.closed_ms != interval.opened_ms
    )
    # What began and ended at the same moment may never have been seen, and cost nothing.
    ran = [(name, round(since * 1000), round((until or 0) * 1000)) for name, since, until in day.provider.ran]
    assert billed == sorted(span for span in ran if span[1] != span[2])
    day.store.close()

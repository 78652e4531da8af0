"""The real thing under traffic: spot drills, sleep, an update, a failed one and a rollback, and no request is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import Deployed, deploy_repo
from aibro_jupyter.errors import DeployFailed
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import DrillRequest, InstanceView, Limits
from aibro_jupyter.states import Phase, Role
from tests.backends import TINY, tiny_repo
from tests.eventually import eventually
from tests.onebackend import one_backend

IRIS = Deployment(name="iris", machine="c5.large.od", cooling="c5.xlarge.od")


@dataclass
class Traffic:
    """Asks without a pause, and keeps what did not come back right."""

    url: str
    answers: list[dict[str, int]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._over.wait(0.02):
                answer = session.post(self.url, json={"x": 2}, timeout=120)
                self.headers = dict(answer.headers)
                if answer.status_code == 200:
                    self.answers.append(answer.json())
                else:
                    self.bad.append(answer.text)

    def __enter__(self) -> Traffic:
        self._threads = [threading.Thread(target=self.ask) for _ in range(2)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(150)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "home").mkdir(mode=0o700)
    with one_backend(tmp_path / "home") as home:
        yield home


def up(control: ControlClient, job_id: str) -> dict[Role, InstanceView]:
    serving = [i for i in control.job(job_id).instances if i.phase is Phase.SERVING]
    return {i.role: i for i in serving} if len(serving) == 2 else {}


def deployed(home: Path, predict: str = TINY, number: int = 1, *, update: bool = False) -> Deployed:
    return deploy_repo(backend(), tiny_repo(home / f"repo{number}", predict), IRIS, update=update)


def test_drills_on_a_live_job_lose_nothing(home: Path) -> None:
    (home / "market.json").write_text(json.dumps({"*": {"offered": True, "micros_per_hour": 30_000}}))
    job_id, control = (job := deployed(home)).job.job_id, backend()

    def woke_again(known: set[tuple[str, float]]) -> bool:
        return bool(up(control, job_id) and woken(control, job_id) - known)

    with Traffic(job.urls[0]) as traffic:
        before = eventually(lambda: seen if all_spot(seen := up(control, job_id)) else None)
        for kind, notice_s in (("kill", 0.0), ("spot", 4.0), ("spot", 0.0), ("sleep", 0.0)):
            known = woken(control, job_id)
            control.drill(job_id, DrillRequest(kind=kind, notice_s=notice_s))
            eventually(partial(woke_again, known))
    assert traffic.bad == []
    assert len(traffic.answers) > 50
    assert before[Role.STANDBY].market is Market.SPOT
    wakes = control.job(job_id).wakes
    assert {wake.state for wake in wakes} == {"done"}
    assert any(wake.role is Role.COOLING and wake.answer_s is not None for wake in wakes)
    kinds = [event.kind for event in control.events(job_id)]
    assert kinds.count("drill") == 4
    assert "spot" in kinds
    control.complete(job_id)


def woken(control: ControlClient, job_id: str) -> set[tuple[str, float]]:
    return {(wake.instance_id, wake.at) for wake in control.job(job_id).wakes if wake.state == "done"}


def all_spot(seen: dict[Role, InstanceView]) -> bool:
    return all(instance.market is Market.SPOT for instance in seen.values())


def test_updates_rollbacks_and_budgets_under_traffic_lose_nothing(home: Path) -> None:
    job_id, control = (job := deployed(home)).job.job_id, backend()
    with Traffic(job.urls[0]) as traffic:
        deployed(home, TINY.replace("return 3", "return 5"), 2, update=True)
        eventually(lambda: traffic.answers[-1] == {"times": 10})
        with pytest.raises(DeployFailed):
            deployed(home, TINY.replace("return 3", "raise ValueError('no weights')"), 3, update=True)
        assert traffic.answers[-1] == {"times": 10}
        control.rollback(job_id)
        eventually(lambda: traffic.answers[-1] == {"times": 6})
        control.limit(job_id, Limits(budget_per_day_micros=1))
        eventually(lambda: traffic.headers.get("X-Aibro-Budget") == "degraded")
        eventually(lambda: Role.COOLING not in {i.role for i in control.job(job_id).instances if i.phase in UP})
    assert traffic.bad == []
    control.complete(job_id)


UP = (Phase.SERVING, Phase.STOPPING)

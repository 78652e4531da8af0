from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aibro_jupyter.protocol import Target
from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.rig import Rig, route, running
from tests.worker.rig import TOKEN, Worker, start, working

# What the original's users do: run(model) reads whatever file the posted data became.
READER = """
import os, sys, time
from pathlib import Path


def load_model():
    return Path("model/model.json").read_text()


def run(model):
    [file] = os.listdir("data")
    text = Path("data", file).read_text()
    if text == "slow":
        time.sleep(0.5)
    return {"file": file, "text": text, "pid": os.getpid()}
"""


@pytest.fixture(scope="module")
def envs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("envs")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(tmp_path) as rig:
        yield rig


def target(worker: Worker, role: Role = Role.STANDBY, name: str = "ins_1") -> Target:
    return Target(instance_id=name, role=role, endpoint=worker.url.removeprefix("http://"), token=TOKEN)


def curl(*arguments: str) -> str:
    return subprocess.run(["curl", "-sS", *arguments], capture_output=True, text=True, timeout=60, check=True).stdout


def test_plain_curl_to_a_real_model(rig: Rig, tmp_path: Path, envs: Path) -> None:
    with working(tmp_path / "w", envs=envs, predict=READER) as worker:
        worker.reach("serving")
        rig.control.publish_and_wait(route(target(worker)))
        assert '"text": "{\\"a\\": 1}"' in curl("-d", '{"a": 1}', rig.url())
        (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
        assert '"text": "a,b\\n1,2\\n"' in curl("-F", f"file=@{tmp_path / 'mine.csv'}", rig.url())


def test_an_instance_killed_under_load_loses_nothing(rig: Rig, tmp_path: Path, envs: Path) -> None:
    with (
        working(tmp_path / "a", envs=envs, predict=READER) as standby,
        working(tmp_path / "b", envs=envs, predict=READER) as cooling,
        ThreadPoolExecutor(8) as callers,
    ):
        standby.reach("serving")
        cooling.reach("serving")
        pid_of_cooling = cooling.predict(any="body").json()["pid"]
        rig.control.publish_and_wait(route(target(standby), target(cooling, Role.COOLING, "ins_2")))
        assert rig.ask({"n": "first"}).json()["pid"] == pid_of_cooling
        asked = [callers.submit(rig.ask, {"n": number}) for number in range(200)]
        cooling.process.send_signal(signal.SIGKILL)
        answers = [one.result() for one in asked]
        assert {answer.status_code for answer in answers} == {200}
        assert [answer.json()["text"] for answer in answers] == [f'{{"n": {number}}}' for number in range(200)]


def test_the_only_instance_killed_comes_back_on_its_volume(rig: Rig, tmp_path: Path, envs: Path) -> None:
    with working(tmp_path / "w", envs=envs, predict=READER) as worker, ThreadPoolExecutor(4) as callers:
        worker.reach("serving")
        rig.control.publish_and_wait(route(target(worker)))
        asked = [callers.submit(rig.ask, {"n": number}) for number in range(50)]
        eventually(lambda: asked[0].done())
        worker.process.kill()
        worker.process.wait(60)
        again = start(worker.root)
        try:
            again.reach("serving")
            rig.control.publish(route(target(again)))
            assert {one.result().status_code for one in asked} == {200}
        finally:
            again.process.terminate()
            again.process.wait(60)


def test_a_model_that_crashes_once_is_not_noticed(rig: Rig, tmp_path: Path, envs: Path) -> None:
    once = READER.replace("def run(model):\n", "def run(model):\n    crash_once()\n") + (
        "\n\ndef crash_once():\n    try:\n"
        f"        os.close(os.open({str(tmp_path / 'crashed')!r}, os.O_CREAT | os.O_EXCL))\n"
        "    except FileExistsError:\n        return\n    os._exit(3)\n"
    )
    with working(tmp_path / "w", envs=envs, predict=once) as worker:
        worker.reach("serving")
        rig.control.publish_and_wait(route(target(worker)))
        assert rig.ask({"a": 1}).status_code == 200
        assert (tmp_path / "crashed").exists()

"""A model behind a wall: it sees its own folder and its environment, and neither files nor processes of its owner."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.predict import predict
from aibro_jupyter.modelio.descendants import below
from aibro_jupyter.repo.wall import why_not
from aibro_jupyter.verbs import Asker, run
from tests.backends import tiny_repo
from tests.eventually import eventually
from tests.onebackend import one_backend
from tests.worker.rig import PREDICT, abandon, answered, working

pytestmark = pytest.mark.wall

SPY = """
    if data.get("do") == "look":
        return {path: sorted(os.listdir(path)) if os.path.isdir(path) else os.path.exists(path) for path in data["paths"]}
    if data.get("do") == "read":
        return open(data["path"]).read()
    if data.get("do") == "processes":
        return [open(f"/proc/{pid}/cmdline").read() for pid in os.listdir("/proc") if pid.isdigit()]
    if data.get("do") == "write":
        Path(data["path"]).write_text("x")
        return True
"""
SPYING = PREDICT.replace("    match data", SPY + "    match data")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A backend's home with what a model must not read, its environments made before."""
    root = tmp_path / "home"
    (root / "instances" / "ins_other").mkdir(parents=True)
    for name in ("token", "instances/ins_other/boot.json"):
        (root / name).write_text("canary")
    (root / "envs").mkdir()
    return root


def test_a_wall_can_be_built_here() -> None:
    assert why_not() == ""


def test_a_model_reads_neither_token_nor_boots_nor_processes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = home.parent / "me"
    (own / ".aws").mkdir(parents=True)
    (own / ".aws" / "credentials").write_text("canary")
    monkeypatch.setenv("HOME", str(own))
    with working(home, envs=home / "envs", predict=SPYING, isolate=True) as worker:
        worker.reach("serving")
        secret = [home / "token", home / "instances/ins_other/boot.json", worker.root / "boot.json", own / ".aws"]
        assert worker.predict(do="look", paths=list(map(str, secret))).json() == dict.fromkeys(map(str, secret), False)
        answer = worker.predict(do="read", path=str(home / "token"))
        assert (answer.status_code, "canary" in answer.text) == (500, False)
        told = worker.predict(do="processes").json()
        assert told
        assert not [line for line in told if "aibro_jupyter.worker" in line]
        assert worker.predict(do="read", path=f"/proc/{worker.process.pid}/environ").status_code == 500
        shown = worker.predict(do="look", paths=[str(home), str(home / "instances" / "ins_1")]).json()
        assert shown == {str(home): ["envs", "instances"], str(home / "instances" / "ins_1"): ["slots"]}
        assert worker.predict(x=2).json()["times"] == 6


def test_its_own_folder_and_a_temporary_one_are_all_it_writes_to(home: Path) -> None:
    with working(home, envs=home / "envs", predict=SPYING, isolate=True) as worker:
        worker.reach("serving")
        here = worker.predict().json()["here"]
        assert worker.predict(do="write", path=f"{here}/note").json() is True
        assert (Path(here) / "note").read_text() == "x"
        assert worker.predict(do="write", path="/tmp/note").json() is True
        assert not Path("/tmp/note").exists()
        (environment,) = (path for path in (home / "envs").iterdir() if (path / "bin").is_dir())
        assert worker.predict(do="write", path=f"{environment}/note").status_code == 500
        assert worker.predict(do="write", path="/etc/aibro-note").status_code == 500


def test_what_it_started_ends_with_it_and_it_comes_back(home: Path) -> None:
    with working(home, envs=home / "envs", predict=SPYING, isolate=True) as worker:
        worker.reach("serving")
        before = set(below(worker.process.pid))
        assert worker.predict(do="exit").json()["error"]["code"] == "slot-crash"
        worker.reach("serving")
        assert worker.predict(x=1).json()["times"] == 3
        eventually(lambda: not before & set(below(worker.process.pid)))
    eventually(lambda: not _of(home))


def test_an_endless_loop_that_nobody_waits_for_makes_room(home: Path) -> None:
    with working(home, envs=home / "envs", predict=SPYING, isolate=True, unwanted_s=0.1) as worker:
        worker.reach("serving")
        abandon(worker, do="spin")
        assert answered(worker)["times"] == 3
        assert "died on this request" not in worker.logs()


def test_its_limits_hold(home: Path) -> None:
    limits = {"memory_mib": 256, "enforce": True, "request_limit_s": 1}
    with working(home, envs=home / "envs", predict=SPYING, isolate=True, **limits) as worker:
        worker.reach("serving")
        assert worker.predict(do="eat", mib=10).json() == 10 * 2**20
        assert worker.predict(do="eat", mib=300).json()["error"]["message"].startswith("MemoryError")
        assert worker.predict(do="wait", s=600).status_code == 504
        worker.reach("serving")
        assert worker.predict(x=1).json()["times"] == 3


def test_an_agent_that_is_killed_takes_it_along(home: Path) -> None:
    with working(home, envs=home / "envs", predict=SPYING, isolate=True) as worker:
        worker.reach("serving")
        worker.process.kill()
        eventually(lambda: not _of(home))


def test_where_no_wall_can_be_built_the_instance_fails_and_says_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with working(home, envs=home / "envs", isolate=True) as worker:
        why = worker.reach("failed").why
    assert "a model cannot be kept apart here: bubblewrap is not installed" in why
    assert "apt-get install bubblewrap" in why


def _of(home: Path) -> list[str]:
    told = subprocess.run(["ps", "-eo", "stat=,args="], capture_output=True, text=True, check=True).stdout
    return [
        line for line in told.splitlines() if str(home) in line and not line.startswith("Z") and "ps -eo" not in line
    ]


READS = """
import json, os


def load_model():
    return 1


def run(model, data):
    try:
        return [len(open(path).read()) for path in data["paths"]]
    except OSError as error:
        return type(error).__name__
"""


@pytest.mark.parametrize("settings", ["", "isolate = true\n"])
def test_through_a_whole_backend(tmp_path: Path, settings: str) -> None:
    """Without a wall a model reads the owner's token: that is what the wall, asked for or set for all, is for."""
    with one_backend(tmp_path / "home") as home:
        home.mkdir()
        (home / "settings.toml").write_text(settings)
        line = f"deploy {tiny_repo(tmp_path / 'repo', READS)} --request-limit 60"
        for name, option in (("open", ""), ("walled", "--isolate")):
            run([*line.split(), "--name", name, *option.split()], Asker(prog="aibro", machine=True))
        boots = [str(path) for path in sorted((home / "instances").glob("*/boot.json"))]
        asked = {"paths": [str(home / "token"), *boots]}
        told = {
            name: predict(backend().clients(backend().job_named(name).job_id).urls[0], asked)
            for name in ("open", "walled")
        }
    assert told["walled"] == "FileNotFoundError"
    assert told["open"] == "FileNotFoundError" if settings else len(told["open"]) == 3

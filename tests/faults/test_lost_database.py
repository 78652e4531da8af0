"""The database is deleted, damaged or a newer version's, under a real backend with traffic: nothing that runs ends."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.control.ledger.copies import LATEST, Copies
from aibro_jupyter.home import Home
from aibro_jupyter.states import Phase
from tests.backends import child_of_daemon, info, processes_of, tiny_repo
from tests.control.test_opening import damaged, lose
from tests.crash.conftest import kill
from tests.crash.oracle import Oracle, agents
from tests.eventually import eventually

DAMAGES = int(os.environ.get("AIBRO_SOAK_DAMAGES", "6"))
LINES = 3
"""What happened, what to do, and no more: a refusal is read at a glance."""


def aibro(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aibro_jupyter.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def code_of(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0, done.stdout
    return str(json.loads(done.stdout)["error"]["code"])


@dataclass
class Caller:
    """Calls the API without a pause, and keeps what it got."""

    url: str

    def __post_init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._call)

    def _call(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                self.statuses[session.post(self.url, json={"x": 2}, timeout=60).status_code] += 1

    def __enter__(self) -> Caller:
        self._thread.start()
        eventually(lambda: self.statuses)
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()


@dataclass
class Deployed:
    """A job that serves in a home of its own."""

    home: Home
    job_id: str
    url: str

    @property
    def control(self) -> ControlClient:
        return backend(start=False)

    def answers(self) -> bool:
        return bool(requests.post(self.url, json={"x": 2}, timeout=60).json() == {"times": 6})

    def pids(self) -> list[int]:
        return [agent.pid for agent in agents(self.home.instances)]

    def copied(self) -> None:
        """Wait until a copy knows all that there is."""

        def whole() -> bool:
            copy = next(copy for copy in Copies(self.home.copies).all() if copy.why == LATEST)
            with closing(sqlite3.connect(copy.path)) as database:
                phases = [phase for (phase,) in database.execute("SELECT phase FROM instances")]
            return Phase.SERVING in phases and "CONNECTING" not in phases

        eventually(lambda: any(copy.why == LATEST for copy in Copies(self.home.copies).all()) and whole())


@contextmanager
def deployed(root: Path, patch: pytest.MonkeyPatch, name: str = "tiny") -> Iterator[Deployed]:
    home = Home(root / "home")
    patch.setenv("AIBRO_HOME", str(home.root))
    patch.setenv("AIBRO_SWEEP_S", "2")
    patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    for variable in ("AIBRO_URL", "AIBRO_TOKEN"):
        patch.delenv(variable, raising=False)
    try:
        done = deploy_repo(backend(), tiny_repo(root / "repo"), Deployment(name=name, machine="t3.micro.od"))
        yield Deployed(home, done.job.job_id, done.urls[0])
    finally:
        patch.setenv("AIBRO_HOME", str(home.root))
        down()
        eventually(lambda: not processes_of(home))


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with deployed(tmp_path, monkeypatch) as job:
        yield job


def test_control_dies_and_its_database_with_it_and_no_request_notices(live: Deployed) -> None:
    live.copied()
    before = live.pids()
    with Oracle(live.home.instances) as oracle, Caller(live.url) as caller:
        control = child_of_daemon(live.home, "control")
        kill(control)
        lose(live.home)
        eventually(lambda: code_of(aibro("status", "--json")) == "database-lost")
        for words in (("up",), ("status",), ("cost", "tiny"), ("complete", "tiny")):
            said = aibro(*words).stderr
            assert "is gone, but this home has" in said
            assert "`aibro restore` brings back a copy" in said
            assert len(said.splitlines()) <= LINES
            assert "Traceback" not in said
        (found,) = [c for c in json.loads(aibro("doctor", "--json").stdout)["checks"] if c["name"] == "database"]
        assert (found["state"], "aibro restore" in found["fix"]) == ("fail", True)
        assert live.pids() == before
        done = aibro("restore")
        assert done.returncode == 0, done.stderr
        assert "jobs: tiny" in done.stdout
        eventually(lambda: aibro("status", "tiny").returncode == 0)
        asked = sum(caller.statuses.values())
        eventually(lambda: sum(caller.statuses.values()) > asked + 20)
        assert set(caller.statuses) == {200}, "the gateway goes on with the routes it has"
        assert live.pids() == before, "the same instance serves on"
        job = live.control.job(live.job_id)
        assert [i.phase for i in job.instances] == [Phase.SERVING]
        live.control.complete(live.job_id)
        eventually(lambda: not live.pids())
        eventually(lambda: not [i for i in live.control.cost(live.job_id).intervals if i.closed_ms is None])
        assert not oracle.differences(list(live.control.cost(live.job_id).intervals), 1.0)


def test_all_of_the_backend_dies_and_the_next_start_is_refused_until_it_is_restored(live: Deployed) -> None:
    live.copied()
    before = live.pids()
    with Oracle(live.home.instances) as oracle:
        kill(psutil.Process(info(live.home).pid))
        lose(live.home)
        eventually(lambda: not [p for p in processes_of(live.home) if "aibro_jupyter.control" in p])
        assert code_of(aibro("up", "--json")) == "database-lost"
        assert code_of(aibro("status", "--json")) == "database-lost", "who asks later is told why none runs"
        assert live.pids() == before
        assert not live.home.database.exists()
        assert aibro("restore").returncode == 0
        assert "tiny" in aibro("up").stdout
        assert live.answers()
        assert live.pids() == before
        live.control.complete(live.job_id)
        eventually(lambda: not live.pids())
        eventually(lambda: not [i for i in live.control.cost(live.job_id).intervals if i.closed_ms is None])
        assert not oracle.differences(list(live.control.cost(live.job_id).intervals), 1.0)


def test_an_instance_that_ended_while_the_database_was_lost_is_billed_to_its_end(live: Deployed) -> None:
    live.copied()
    (agent,) = agents(live.home.instances)
    kill(child_of_daemon(live.home, "control"))
    lose(live.home)
    eventually(lambda: code_of(aibro("status", "--json")) == "database-lost")
    for process in (*agent.children(recursive=True), agent):
        kill(process)
    died_at = time.time()
    assert aibro("restore").returncode == 0
    eventually(lambda: live.answers())
    first = live.control.cost(live.job_id).intervals[0]
    assert first.closed_ms is not None
    assert abs(first.closed_ms / 1000 - died_at) <= 1.0


def test_a_run_that_ended_and_one_that_began_since_the_copy_are_both_billed(live: Deployed, tmp_path: Path) -> None:
    live.copied()
    kept = tmp_path / "kept.db"
    shutil.copyfile(Copies(live.home.copies).all()[0].path, kept)
    with Oracle(live.home.instances) as oracle:
        eventually(lambda: oracle.runs)
        assert aibro("down").returncode == 0
        assert aibro("up").returncode == 0
        eventually(lambda: live.answers())
        assert len(oracle.runs) == 2
        kill(psutil.Process(info(live.home).pid))
        lose(live.home)
        assert aibro("restore", "--from", str(kept)).returncode == 0
        assert aibro("up").returncode == 0
        assert live.answers()
        live.control.complete(live.job_id)
        eventually(lambda: not live.pids())
        eventually(lambda: not [i for i in live.control.cost(live.job_id).intervals if i.closed_ms is None])
        assert not oracle.differences(list(live.control.cost(live.job_id).intervals), 1.0)


def test_what_a_copy_does_not_know_is_left_alone_and_ended_when_asked(live: Deployed, tmp_path: Path) -> None:
    live.copied()
    kept = tmp_path / "kept.db"
    shutil.copyfile(Copies(live.home.copies).all()[0].path, kept)
    deploy_repo(live.control, tiny_repo(tmp_path / "newer"), Deployment(name="newer", machine="t3.micro.od"))
    before = live.pids()
    assert len(before) == 2
    kill(psutil.Process(info(live.home).pid))
    eventually(lambda: not [p for p in processes_of(live.home) if "aibro_jupyter.control" in p])
    # Put there by hand, as from a backup of the whole home: nobody was told that it is older.
    lose(live.home)
    shutil.copyfile(kept, live.home.database)
    assert "tiny" in aibro("up").stdout
    (stranger,) = eventually(lambda: json.loads(aibro("unknown", "--json").stdout))
    assert (stranger["model_name"], stranger["mine"], stranger["state"]) == ("newer", True, "running")
    assert "the database does not know 1 instance" in aibro("status").stdout
    assert live.pids() == before
    assert live.answers()
    assert aibro("unknown", "--end", "ins_never").returncode == 1
    assert "asked 1 instance to end" in aibro("unknown", "--end-all").stdout
    eventually(lambda: len(live.pids()) == 1)
    eventually(lambda: "the database knows every instance" in aibro("unknown").stdout)
    assert live.answers()


def test_a_newer_versions_database_is_refused_by_both_names(live: Deployed) -> None:
    live.copied()
    before = live.pids()
    kill(psutil.Process(info(live.home).pid))
    eventually(lambda: not [p for p in processes_of(live.home) if "aibro_jupyter.control" in p])
    with closing(sqlite3.connect(live.home.database)) as database:
        database.execute("UPDATE meta SET value = '9.9.9' WHERE key = 'written_by'")
        database.commit()
        (schema,) = database.execute("PRAGMA user_version").fetchone()
        database.execute("PRAGMA user_version = 99")
    said = aibro("up").stderr
    assert "aibro_jupyter 9.9.9 (schema 99), this is aibro_jupyter" in said
    assert len(said.splitlines()) <= LINES
    assert live.pids() == before
    with closing(sqlite3.connect(live.home.database)) as database:
        database.execute(f"PRAGMA user_version = {schema}")
    assert "tiny" in aibro("up").stdout
    assert live.answers()


@pytest.mark.parametrize("seed", range(DAMAGES))
def test_a_damaged_one_starts_right_or_is_refused_and_restored(live: Deployed, seed: int) -> None:
    live.copied()
    before = live.pids()
    kill(psutil.Process(info(live.home).pid))
    eventually(lambda: not [p for p in processes_of(live.home) if "aibro_jupyter.control" in p])
    with closing(sqlite3.connect(live.home.database)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    live.home.database.write_bytes(damaged(live.home.database.read_bytes(), random.Random(seed)))
    started = aibro("up", "--json")
    if started.returncode:
        assert code_of(started) in ("database-corrupt", "database-lost", "database-newer")
        assert live.pids() == before
        assert aibro("restore").returncode == 0
        assert aibro("up").returncode == 0
        assert (next(live.home.copies.glob("aside-*")) / "aibro.db").exists(), "what was broken is kept"
    assert live.answers()
    assert live.pids() == before
    for log in live.home.logs.glob("*.log"):
        assert "Traceback" not in log.read_text(), log


def test_a_database_deleted_while_control_runs_loses_nothing(live: Deployed) -> None:
    lose(live.home)
    assert "was deleted" in aibro("status").stdout
    live.control.complete(live.job_id)
    aibro("down")
    assert code_of(aibro("up", "--json")) == "database-lost"
    assert aibro("restore").returncode == 0
    assert aibro("up").returncode == 0
    assert live.control.job(live.job_id).outcome == "COMPLETED", "the last copy was made as control ended"


def test_beginning_anew_ends_nothing_and_shows_what_runs(live: Deployed) -> None:
    before = live.pids()
    kill(psutil.Process(info(live.home).pid))
    shutil.rmtree(live.home.copies, ignore_errors=True)
    lose(live.home)
    assert "restore --new" in aibro("up").stderr
    assert aibro("restore").returncode == 1
    assert "1 instance here that it does not know" in aibro("restore", "--new").stdout
    assert aibro("up").returncode == 0
    (stranger,) = eventually(lambda: json.loads(aibro("unknown", "--json").stdout))
    assert (stranger["model_name"], stranger["mine"]) == ("tiny", True)
    assert live.pids() == before


def test_two_homes_never_end_each_others(live: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(tmp_path / "second", monkeypatch, "other") as other:
        first, second = live.pids(), other.pids()
        # A home that was copied, or mounted twice: the folders of the first one's instances are seen by the second.
        (folder,) = [path for path in live.home.instances.iterdir() if path.is_dir()]
        (other.home.instances / folder.name).symlink_to(folder, target_is_directory=True)
        (stranger,) = eventually(lambda: json.loads(aibro("unknown", "--json").stdout), timeout_s=120)
        assert (stranger["instance_id"], stranger["mine"]) == (folder.name, False)
        assert "asked" not in aibro("unknown", "--end-all").stdout, "all of this backend's, and that is another's"
        assert (live.pids(), other.pids()) == (first, second)
        assert live.answers()
        (other.home.instances / folder.name).unlink()

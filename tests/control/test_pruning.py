"""What nobody uses goes, what somebody may use stays: bundles, environments, rows of jobs that ended."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.control.ledger.disk import taken, things, usage
from aibro_jupyter.control.ledger.rows import VersionState
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.control.rules.retention import needed
from aibro_jupyter.envs import ensure, last_used, removed
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import VersionRequest
from aibro_jupyter.states import Outcome, Phase
from tests.control.backend import deploy_request
from tests.control.rows import standby

MINOR = "{}.{}".format(*__import__("sys").version_info[:2])
DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Any:
    one = SqliteStore(tmp_path / "aibro.db")
    yield one
    one.close()


def bundles(store: SqliteStore, job_id: str) -> list[str]:
    return sorted(spec.bundle for spec in needed(store.job(job_id)))


def version(store: SqliteStore, job_id: str, name: str, now: float) -> None:
    spec = replace(deploy_request(job_id=job_id).spec, bundle=name)
    assert store.add_version(job_id, VersionRequest(version_id=name, spec=spec), now)


def test_what_serves_comes_up_or_can_be_gone_back_to_is_needed(store: SqliteStore) -> None:
    first = deploy_request(job_id="inf_1")
    store.add_job(replace(first, spec=replace(first.spec, bundle="a")), "ana", 1.0)
    assert bundles(store, "inf_1") == ["a"]
    store.promote("inf_1", 1, 2.0)
    for number, name in ((2, "b"), (3, "c")):
        version(store, "inf_1", name, number * 10.0)
        store.promote("inf_1", number, number * 10.0 + 1)
    assert bundles(store, "inf_1") == ["b", "c"], "a can no longer be gone back to"
    version(store, "inf_1", "d", 50.0)
    assert bundles(store, "inf_1") == ["b", "c", "d"]
    store.fail_version("inf_1", 4, "no weights", 51.0)
    assert bundles(store, "inf_1") == ["b", "c"]
    assert store.job("inf_1").versions[-1].state is VersionState.FAILED
    store.add_instance(replace(standby(Phase.REQUESTING, job_id="inf_1"), version=1), 52.0)
    assert bundles(store, "inf_1") == ["a", "b", "c"], "an instance of it is not gone yet"
    store.end_job("inf_1", Outcome.COMPLETED, "", 60.0)
    assert bundles(store, "inf_1") == ["a"]


def test_rows_of_jobs_that_ended_long_ago_go_and_bills_stay(store: SqliteStore) -> None:
    for job_id, name in (("inf_old", "old"), ("inf_new", "new"), ("inf_live", "live")):
        store.add_job(replace(deploy_request(job_id=job_id), model_name=name, client_ids=("ana",)), "ana", 1.0)
    store.end_job("inf_old", Outcome.COMPLETED, "", 10.0)
    store.end_job("inf_new", Outcome.COMPLETED, "", 100.0)
    assert store.events("inf_old")
    would = store.count_old(50.0)
    assert store.forget_old(50.0) == would > 1
    assert store.events("inf_old") == ()
    assert store.job("inf_old").clients == ()
    assert store.job("inf_old").job.outcome is Outcome.COMPLETED, "the job itself is history"
    assert store.events("inf_new")
    assert store.events("inf_live")
    assert store.job("inf_live").clients == ("ana",)
    assert store.forget_old(50.0) == 0
    with pytest.raises(Exception, match="append-only while their job is active"):
        store._db.execute("DELETE FROM events WHERE job_id = 'inf_live'")


def test_an_environment_is_marked_when_it_is_used_and_goes_whole(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    python = ensure("", MINOR, home.envs)
    folder = python.parent.parent
    old = time.time() - 40 * DAY
    os.utime(folder / ".complete", (old, old))
    assert last_used(folder) == pytest.approx(old)
    ensure("", MINOR, home.envs)
    assert (last_used(folder) or 0) > old + DAY
    assert [thing.kind for thing in things(home)] == ["environment"]
    assert removed(folder, home.run)
    assert not folder.exists()
    assert ensure("", MINOR, home.envs).exists()


def test_what_a_home_takes_is_counted_by_kind_and_a_linked_file_once(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    (home.instances / "ins_1").mkdir()
    (home.instances / "ins_1" / "weights").write_bytes(b"x" * 100_000)
    os.link(home.instances / "ins_1" / "weights", home.instances / "ins_1" / "again")
    assert 100_000 <= taken(home.instances / "ins_1") < 150_000
    (home.bundles / f"{'a' * 64}.tar.gz").write_bytes(b"y" * 10_000)
    for beside in (".calls", "ins_0.gone", "ins_0.log"):
        (home.instances / beside).touch()
    seen = usage(home)
    assert {line.kind: line.count for line in seen.lines} == {"bundles": 1, "instances": 1, "logs": 2}
    assert seen.free_bytes > 0

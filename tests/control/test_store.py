"""The database: one door, whole transactions, append-only bills and events, time that never goes back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.control.ledger.rows import CloseBill, Loss, Move, OpenBill, moved
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.errors import IllegalMove, JobEnded, NameTaken, NoSuchJob
from aibro_jupyter.protocol import VersionRequest
from aibro_jupyter.states import Outcome, Phase
from tests.control.backend import deploy_request
from tests.control.rows import standby

P = Phase
JOB = "inf_1"


@pytest.fixture
def store(tmp_path: Path) -> Any:
    one = SqliteStore(tmp_path / "aibro.db")
    yield one
    one.close()


def a_job(store: SqliteStore, now: float = 100.0, **more: Any) -> None:
    assert store.add_job(deploy_request(job_id=JOB, **more), "ana", now)


def an_instance(store: SqliteStore, now: float = 100.0) -> None:
    a_job(store, now)
    store.add_instance(standby(P.REQUESTING, job_id=JOB), now)


def test_a_move_writes_row_event_and_bill_together(store: SqliteStore) -> None:
    an_instance(store)
    rev = store.rev
    bill = OpenBill(at=101.5, micros_per_hour=5, on_demand_micros_per_hour=7)
    store.advance("s1", [Move("s1", P.CONNECTING)], now=102.0, bills=[bill], endpoint="h:1")
    (row,) = store.job(JOB).instances
    assert (row.phase, row.phase_at, row.endpoint, row.phase_rev) == (P.CONNECTING, 102.0, "h:1", rev + 1)
    assert store.events(JOB)[-1].text == "standby: CONNECTING"
    (interval,) = store.intervals(JOB)
    assert (interval.opened_ms, interval.closed_ms, interval.micros_per_hour) == (101_500, None, 5)
    assert store.rev == store.routes_rev == rev + 1 == store.job(JOB).job.rev


@pytest.mark.parametrize("wrong", ["move", "bill"])
def test_what_goes_wrong_leaves_nothing_behind(store: SqliteStore, wrong: str) -> None:
    an_instance(store)
    before = (store.job(JOB), store.events(JOB), store.intervals(JOB), store.rev, store.routes_rev)
    bill = OpenBill(at=101.5, micros_per_hour=5, on_demand_micros_per_hour=7)
    moves = [Move("s1", P.CONNECTING), *([Move("s1", P.REQUESTING)] if wrong == "move" else [])]
    bills = [bill, *([bill] if wrong == "bill" else [])]
    with pytest.raises(IllegalMove if wrong == "move" else sqlite3.IntegrityError):
        store.advance("s1", moves, now=102.0, bills=bills)
    assert (store.job(JOB), store.events(JOB), store.intervals(JOB), store.rev, store.routes_rev) == before


def test_a_change_rings_once_and_a_failed_one_not_at_all(store: SqliteStore) -> None:
    an_instance(store)
    rung: list[int] = []
    store.on_change = lambda: rung.append(store.rev)
    with pytest.raises(IllegalMove):
        store.advance("s1", [Move("s1", P.SERVING)], now=1.0)
    assert rung == []
    store.advance("s1", [Move("s1", P.CONNECTING)], now=1.0)
    assert rung == [store.rev]


def test_no_time_before_the_newest_event_is_written(store: SqliteStore) -> None:
    an_instance(store, 100.0)
    store.advance("s1", [Move("s1", P.CONNECTING, at=50.0)], now=102.0)
    assert store.job(JOB).instances[0].phase_at == 100.0
    times = [event.at for event in store.events(JOB)]
    assert times == sorted(times)


def test_a_bill_is_closed_once_and_no_moment_is_billed_twice(store: SqliteStore) -> None:
    an_instance(store)
    bill = OpenBill(at=100.0, micros_per_hour=5, on_demand_micros_per_hour=7)
    store.advance("s1", now=100.0, bills=[bill])
    store.advance("s1", now=100.0, bills=[CloseBill(at=90.0)])
    assert store.intervals(JOB)[0].closed_ms == 100_000, "never before it opened"
    store.advance("s1", now=100.0, bills=[CloseBill(at=500.0)])
    assert store.intervals(JOB)[0].closed_ms == 100_000
    store.advance("s1", now=100.0, bills=[replace(bill, at=95.0)])
    assert store.intervals(JOB)[1].opened_ms == 100_000
    for query in ("UPDATE bills SET closed_ms = 1 WHERE closed_ms IS NOT NULL", "DELETE FROM bills"):
        with pytest.raises(sqlite3.IntegrityError):
            store._db.execute(query)
    for query in ("UPDATE events SET text = ''", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError):
            store._db.execute(query)


@pytest.mark.parametrize(("to", "left"), [(P.STOPPED, ["disk"]), (P.TERMINATED, [])])
def test_no_bill_outlives_the_move_that_ends_it(store: SqliteStore, to: Phase, left: list[str]) -> None:
    a_job(store)
    price = {"micros_per_hour": 36, "on_demand_micros_per_hour": 36}
    bills = [OpenBill(at=101.0, kind=kind, **price) for kind in ("compute", "disk")]
    store.add_instance(standby(P.REQUESTING, job_id=JOB), 100.0)
    store.advance("s1", [Move("s1", P.CONNECTING)], now=101.0, bills=bills)
    store.advance("s1", [Move("s1", to, at=109.0)], now=110.0)
    assert [i.kind for i in store.intervals(JOB) if i.closed_ms is None] == left
    assert {i.closed_ms for i in store.intervals(JOB) if i.kind not in left} == {109_000}


def test_asking_again_does_not_move_the_start_of_a_limit_but_a_refused_launch_does(store: SqliteStore) -> None:
    a_job(store)
    store.add_instance(standby(P.REQUESTING, job_id=JOB), 100.0)

    def asked() -> tuple[float | None, float | None]:
        (row,) = store.job(JOB).instances
        return row.first_asked_at, row.asked_at

    store.asked("s1", 101.0)
    store.asked("s1", 106.0)
    assert asked() == (101.0, 106.0)
    store.asked("s1", 111.0, "no capacity")
    assert asked() == (111.0, 111.0)
    store.advance("s1", [Move("s1", P.TERMINATING)], now=120.0)
    assert asked() == (None, None)
    store.asked("s1", 121.0, "throttled")
    store.asked("s1", 151.0, "throttled")
    assert asked() == (121.0, 151.0)


def test_everything_outlives_the_process(tmp_path: Path) -> None:
    one = SqliteStore(tmp_path / "aibro.db")
    a_job(one, client_ids=("a", "b"))
    one.add_instance(standby(P.REQUESTING, job_id=JOB), 100.0)
    one.requested({JOB: 55.5})
    assert one.fixed("username", "ana") == "ana"
    before, rev = one.job(JOB), one.rev
    one.close()
    again = SqliteStore(tmp_path / "aibro.db")
    assert again.job(JOB) == before
    assert again.rev >= rev, "a revision that was seen is never given again"
    assert again.fixed("username", "bob") == "ana"
    assert again.job(JOB).job.last_request_at == 55.5
    again.close()


def test_a_database_from_before_places_were_called_providers_keeps_its_rows(tmp_path: Path) -> None:
    path, schema = tmp_path / "aibro.db", resources.files("aibro_jupyter.control.ledger") / "schema"
    with closing(sqlite3.connect(path)) as before:
        for number in (1, 2):
            before.executescript(schema.joinpath(f"000{number}.sql").read_text())
        before.executescript(
            f"""PRAGMA user_version = 2;
            INSERT INTO jobs (job_id, model_name, username, created_at, wait_request_s, rev)
            VALUES ('{JOB}', 'iris', 'ana', 90, 30, 1);
            INSERT INTO instances (instance_id, job_id, version, role, machine, market, place, token, phase, phase_at,
                phase_rev, launched_at, woken_at, interrupted_at, interrupt_at)
            VALUES ('s1', '{JOB}', 1, 'standby', 'c5.large', 'spot', 'elsewhere', 't', 'SERVING', 95, 2, 92, 92, 99, 99);
            """
        )
    with closing(SqliteStore(path)) as after:
        (row,) = after.job(JOB).instances
        assert (row.instance_id, row.provider, row.phase, row.phase_at) == ("s1", "elsewhere", P.SERVING, 95.0)
        assert after.losses(0.0) == (Loss(provider="elsewhere", machine="c5.large", at=99.0, refused=False),)
        after.add_instance(standby(P.REQUESTING, "s2", job_id=JOB), 100.0)
    with closing(SqliteStore(path)) as again:
        assert [row.provider for row in again.job(JOB).instances] == ["elsewhere", "here"]


def test_jobs_by_name_and_by_activity(store: SqliteStore) -> None:
    a_job(store)
    assert not store.add_job(deploy_request(job_id=JOB), "ana", 1.0)
    with pytest.raises(NameTaken):
        store.add_job(deploy_request(job_id="inf_2"), "ana", 1.0)
    assert store.add_job(deploy_request(job_id="inf_3"), "bob", 1.0), "names are a user's own"
    assert store.named("ana", "iris") == JOB
    store.end_job(JOB, Outcome.COMPLETED, "", 200.0)
    with pytest.raises(NoSuchJob):
        store.named("ana", "iris")
    with pytest.raises(NoSuchJob):
        store.job("inf_9")
    assert store.add_job(deploy_request(job_id="inf_2"), "ana", 300.0)
    assert store.job_ids() == ("inf_2", "inf_3")
    assert store.job_ids(ended=5) == ("inf_2", "inf_3", JOB)
    assert set(store.unsettled()) == {"inf_2", "inf_3"}


def test_an_ended_job_takes_nothing_more(store: SqliteStore) -> None:
    a_job(store)
    store.end_job(JOB, Outcome.CANCELED, "no luck", 200.0)
    job = store.job(JOB)
    assert (job.job.outcome, job.job.reason, job.versions[0].state) == (Outcome.CANCELED, "no luck", "failed")
    with pytest.raises(JobEnded):
        store.end_job(JOB, Outcome.COMPLETED, "", 201.0)
    with pytest.raises(JobEnded):
        store.set_clients(JOB, ["a"], 201.0)
    with pytest.raises(JobEnded):
        store.add_version(JOB, VersionRequest(version_id="v2", spec=job.versions[0].spec), 201.0)


def test_promotion_swaps_live_and_retired_in_one_step(store: SqliteStore) -> None:
    a_job(store)
    store.promote(JOB, 1, 110.0)
    assert store.job(JOB).job.deployed_at == 110.0
    spec = store.job(JOB).versions[0].spec
    assert store.add_version(JOB, VersionRequest(version_id="v2", spec=spec), 120.0)
    assert not store.add_version(JOB, VersionRequest(version_id="v2", spec=spec), 121.0)
    store.promote(JOB, 2, 130.0)
    job = store.job(JOB)
    assert [(v.version, v.state) for v in job.versions] == [(1, "retired"), (2, "live")]
    assert job.job.deployed_at == 110.0
    assert job.live is job.current
    assert job.live is not None
    assert job.live.live_at == 130.0
    store.add_version(JOB, VersionRequest(version_id="v3", spec=spec), 140.0)
    store.fail_version(JOB, 3, "no column", 150.0)
    assert store.job(JOB).versions[2].reason == "no column"
    assert store.job(JOB).current.version == 2


def test_clients_keep_their_order_and_a_list_may_be_long(store: SqliteStore) -> None:
    many = tuple(f"client-{n}" for n in range(10_000))
    a_job(store, client_ids=many[::-1])
    assert store.job(JOB).clients == many[::-1]
    store.set_clients(JOB, many, 101.0)
    assert store.job(JOB).clients == many


def test_terminated_instances_are_remembered_but_not_for_ever(store: SqliteStore) -> None:
    a_job(store)
    for number in range(60):
        store.add_instance(standby(P.REQUESTING, f"s{number}", job_id=JOB), 100.0 + number)
        store.advance(f"s{number}", [Move(f"s{number}", P.TERMINATED, "x", failed=True)], now=100.5 + number)
    known = store.job(JOB).instances
    assert [row.instance_id for row in known] == [f"s{number}" for number in range(20, 60)]
    assert len(store.instance_phases()) == 60


def test_a_row_remembers_what_later_decisions_need() -> None:
    row = moved(standby(P.REQUESTING, launched_at=10.0, woken_at=10.0), Move("s1", P.CONNECTING), 12.0, 5)
    assert row.asked_at == 12.0, "it was launched, nobody asks again"
    row = moved(row, Move("s1", P.SERVING), 40.0, 6)
    assert (row.serving_at, row.up_s) == (40.0, 30.0)
    row = moved(moved(row, Move("s1", P.DEPLOYING), 41.0, 7), Move("s1", P.SERVING), 42.0, 8)
    assert row.serving_at == 40.0, "a slot started again is no new wake"
    row = moved(row, Move("s1", P.STOPPING, "idle"), 50.0, 9)
    assert (row.left_at, row.why, row.asked_at) == (50.0, "idle", None)
    row = moved(replace(row, asked_at=51.0, endpoint="h:1"), Move("s1", P.STOPPED), 60.0, 10)
    assert (row.left_at, row.endpoint) == (50.0, None)
    row = moved(row, Move("s1", P.CONNECTING, "a request came"), 70.0, 11)
    assert (row.woken_at, row.serving_at, row.asked_at, row.up_s) == (70.0, None, None, 30.0)
    row = moved(row, Move("s1", P.TERMINATING, "no column", failed=True), 80.0, 12)
    row = moved(row, Move("s1", P.TERMINATED, "deleted"), 90.0, 13)
    assert (row.failed_at, row.why, row.left_at) == (80.0, "no column", 80.0), "the reason outlives the end"

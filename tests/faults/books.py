"""A store that is written to in a known order, and what must hold of any copy of its files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from aibro_jupyter.control.ledger.rows import CloseBill, InstanceRow, Move, OpenBill
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import DeployRequest
from aibro_jupyter.states import Outcome, Phase, Role
from tests.simulation import spec


def life(store: SqliteStore, number: int) -> Iterator[None]:
    """Take one job through its life, a transaction at a time."""
    job_id, instance_id, at = f"inf_{number}", f"ins_{number}", 1000.0 * number
    request = DeployRequest(job_id=job_id, model_name=f"m{number}", spec=spec(), client_ids=("ana", "bob"))
    store.add_job(request, "ana", at)
    yield
    row = InstanceRow(
        instance_id=instance_id,
        job_id=job_id,
        version=1,
        role=Role.STANDBY,
        machine="g4dn.4xlarge",
        market=Market.ON_DEMAND,
        provider="here",
        token="t" * 40,
        phase=Phase.REQUESTING,
        phase_at=at,
    )
    store.add_instance(row, at)
    yield
    opened = OpenBill(at=at + 1, micros_per_hour=1_200_000, on_demand_micros_per_hour=1_200_000)
    store.advance(instance_id, [Move(instance_id, Phase.CONNECTING)], now=at + 1, bills=[opened], endpoint="a:1")
    yield
    store.advance(instance_id, [Move(instance_id, Phase.SERVING)], now=at + 5)
    yield
    store.promote(job_id, 1, at + 5)
    yield
    store.end_job(job_id, Outcome.COMPLETED, "", at + 100)
    yield
    store.advance(instance_id, [Move(instance_id, Phase.TERMINATING)], now=at + 100)
    yield
    gone = Move(instance_id, Phase.TERMINATED, at=at + 110)
    store.advance(instance_id, [gone], now=at + 110, bills=[CloseBill(at=at + 110)])
    yield


def sound(path: Path) -> int:
    """Open a database as control does, check what must hold of it, and return the revision of its last change."""
    store = SqliteStore(path)
    try:
        rev = store.routes_rev
        for job_id in (*store.job_ids(ended=1000),):
            known = store.job(job_id)
            assert known.clients == ("ana", "bob"), "a job is written whole or not at all"
            for instance in known.instances:
                bills = [b for b in store.intervals(job_id) if b.instance_id == instance.instance_id]
                ran = instance.phase not in (Phase.REQUESTING,)
                assert len(bills) == int(ran), "a phase comes with its bill or not at all"
                assert all((b.closed_ms is None) == (instance.phase is not Phase.TERMINATED) for b in bills)
            events = store.events(job_id)
            assert [e.at for e in events] == sorted(e.at for e in events)
        assert store.rev >= rev
        return rev
    finally:
        store.close()


def integrity(path: Path) -> None:
    database = sqlite3.connect(path)
    try:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert not database.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        database.close()

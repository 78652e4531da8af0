"""No space left, at any page of any write: a typed error, nothing half-written, and on without a restart."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aibro_jupyter.control.ledger.bundles import store_bundle
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.errors import AibroError, NoSpace
from tests.faults.books import integrity, life, sound


def _limit(store: SqliteStore, more: int | None) -> None:
    """Let the database grow by so many pages only; None: as it likes."""
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {1_000_000_000 if more is None else pages + more}")


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_full_disk_stops_a_write_and_nothing_else(room: int, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "aibro.db")
    refused = done = 0
    for number in range(60):
        if number % 10 == 0:
            _limit(store, None)
        elif number % 10 == 4:
            _limit(store, room)
        steps = life(store, number)
        try:
            while True:
                before = store.rev
                next(steps)
                done += 1
        except StopIteration:
            pass
        except NoSpace:
            assert store.rev == before, "what was not written has no revision"
            refused += 1
    _limit(store, None)
    assert done
    assert refused
    store.close()
    integrity(tmp_path / "aibro.db")
    sound(tmp_path / "aibro.db")


def test_an_upload_onto_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"x" * 100_000

    async def chunks() -> AsyncIterator[bytes]:
        for begin in range(0, len(content), 1_000):
            if begin == 50_000:
                raise OSError(28, "No space left on device")
            yield content[begin : begin + 1_000]

    into = tmp_path / "bundles" / "b.tar.gz"
    into.parent.mkdir()
    with pytest.raises((OSError, AibroError)):
        asyncio.run(store_bundle(chunks(), hashlib.sha256(content).hexdigest(), into, 1_000_000))
    assert not list(into.parent.iterdir())


def test_sqlite_says_full_as_a_disk_would(tmp_path: Path) -> None:
    """The limit that the tests use is the error that a full disk gives."""
    database = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    database.execute("CREATE TABLE t (x)")
    database.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as full:
        database.executemany("INSERT INTO t VALUES (zeroblob(?))", [(1000,)] * 100)
    assert full.value.sqlite_errorcode == sqlite3.SQLITE_FULL
    database.close()

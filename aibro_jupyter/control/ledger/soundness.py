"""Whether a database can be trusted: its pages, its references, its moments, and that every row reads as what it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from aibro_jupyter import clock
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.errors import AibroError

CHECK_S = 5.0
"""Chosen: a start may take so long for it. A hundred megabytes are checked in about a second."""
_LAST_AT = 32_503_680_000.0
"""The year 3000, UTC seconds: what lies beyond it was never written by us."""
GARBLED = (sqlite3.Error, msgspec.MsgspecError, ValueError, TypeError, KeyError, IndexError, OverflowError)
"""What damaged rows raise where they are read."""
UNREADABLE = (*GARBLED, AibroError)
"""The same, where they are read through our messages."""


def flaw(db: sqlite3.Connection, within_s: float = CHECK_S) -> str | None:
    """Return what is wrong with a database's bytes; None: nothing, as far as was looked in that time."""
    deadline = clock.perf() + within_s
    db.set_progress_handler(lambda: int(clock.perf() > deadline), 10_000)
    try:
        return next(_flaws(db), None)
    except sqlite3.Error as error:
        return None if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT else str(error)
    finally:
        db.set_progress_handler(None, 0)


def _flaws(db: sqlite3.Connection) -> Iterator[str]:
    (said,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        yield str(said)
    for table, *_ in db.execute("PRAGMA foreign_key_check"):
        yield f"a row of {table} belongs to nothing"
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for _, column, *_ in db.execute(f'PRAGMA table_info("{table}")').fetchall():
            most = _LAST_AT if column == "at" or column.endswith("_at") else _LAST_AT * 1000
            if most == _LAST_AT or column.endswith("_ms"):
                # Names come from the schema, whose text the check above has read.
                wrong = f'SELECT 1 FROM "{table}" WHERE "{column}" NOT BETWEEN 0 AND ? LIMIT 1'  # noqa: S608
                if db.execute(wrong, (most,)).fetchone():
                    yield f"{column} of a row of {table} is no moment"


def misread(store: SqliteStore) -> str | None:
    """Return what does not read as a row of ours; None: all does."""
    try:
        for job_id in {*store.job_ids(ended=1_000_000), *store.unsettled()}:
            store.job(job_id)
            store.intervals(job_id)
            store.history(job_id)
            store.events(job_id)
        store.common_limits()
        store.instance_phases()
        store.losses(0.0)
    except UNREADABLE as error:
        return str(error)
    return None

"""The database file: opening, migrating, transactions, and everything that only reads. No other module knows SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from aibro_jupyter.control.rows import Dossier, InstanceRow, JobRow, VersionRow
from aibro_jupyter.errors import NoSuchJob
from aibro_jupyter.protocol import EventView, Interval
from aibro_jupyter.states import Phase

T = TypeVar("T")
REMEMBERED = 40
"""Terminated instances that a dossier still holds: enough to know how often a launch failed in a row."""


class Database:
    """SQLite in WAL mode, fsynced; the reading half of ``Store``."""

    def __init__(self, path: Path | str) -> None:
        if isinstance(path, Path):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.on_change: Callable[[], None] = lambda: None
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._migrate()
        self._recall()

    def _migrate(self) -> None:
        (done,) = self._db.execute("PRAGMA user_version").fetchone()
        folder = resources.files("aibro_jupyter.control") / "schema"
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            number = int(file.name.removesuffix(".sql")) if file.name.endswith(".sql") else 0
            if number > done:
                self._db.executescript(f"BEGIN; {file.read_text()}; PRAGMA user_version = {number}; COMMIT;")

    def _recall(self) -> None:
        meta = dict(self._db.execute("SELECT key, value FROM meta").fetchall())
        self.rev, self.routes_rev = int(meta.get("rev", 0)), int(meta.get("routes_rev", 0))
        (newest,) = self._db.execute("SELECT max(at) FROM events").fetchone()
        self._newest_at = newest or 0.0
        self._clients: dict[str, tuple[str, ...]] = {}

    @contextmanager
    def _change(self, job_id: str = "", *, routes: bool = True) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self.rev += 1
            self.routes_rev = self.rev if routes else self.routes_rev
            self._set("rev", str(self.rev))
            self._set("routes_rev", str(self.routes_rev))
            yield
            self._db.execute("UPDATE jobs SET rev = ? WHERE job_id = ?", (self.rev, job_id))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            self._recall()
            raise
        self.on_change()

    def _set(self, key: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def _event(self, at: float, job_id: str, kind: str, text: str, instance_id: str = "") -> float:
        """Write an event, never before the newest one, and return the time it got."""
        self._newest_at = max(self._newest_at, at)
        values = (self._newest_at, job_id, instance_id, kind, text)
        self._db.execute("INSERT INTO events (at, job_id, instance_id, kind, text) VALUES (?, ?, ?, ?, ?)", values)
        return self._newest_at

    def _rows(self, kind: type[T], query: str, *values: Any) -> tuple[T, ...]:
        return tuple(msgspec.convert(dict(row), kind) for row in self._db.execute(query, values))

    def _ids(self, query: str, *values: Any) -> tuple[str, ...]:
        return tuple(row[0] for row in self._db.execute(query, values))

    # --- reading ------------------------------------------------------------------------------------------------------

    def job(self, job_id: str) -> Dossier:
        """Return all that is known of a job, or raise ``NoSuchJob``."""
        jobs = self._rows(JobRow, "SELECT * FROM jobs WHERE job_id = ?", job_id)
        if not jobs:
            raise NoSuchJob(f"there is no job {job_id!r}", fix="`%aibro status` lists the jobs")
        versions = self._db.execute("SELECT * FROM versions WHERE job_id = ? ORDER BY version", (job_id,))
        instances = self._rows(
            InstanceRow,
            "SELECT * FROM instances WHERE job_id = ? AND (phase != 'TERMINATED' OR instance_id IN (SELECT instance_id"
            " FROM instances WHERE job_id = ? AND phase = 'TERMINATED' ORDER BY launched_at DESC LIMIT ?))"
            " ORDER BY launched_at, rowid",
            *(job_id, job_id, REMEMBERED),
        )
        return Dossier(
            job=jobs[0],
            versions=tuple(
                msgspec.convert({**dict(row), "spec": msgspec.json.decode(row["spec"])}, VersionRow) for row in versions
            ),
            instances=instances,
            clients=self._clients_of(job_id),
        )

    def _clients_of(self, job_id: str) -> tuple[str, ...]:
        # Lists of 10,000 are read at each look, and only this process ever writes them.
        if job_id not in self._clients:
            query = "SELECT client_id FROM clients WHERE job_id = ? ORDER BY position"
            self._clients[job_id] = self._ids(query, job_id)
        return self._clients[job_id]

    def job_ids(self, *, ended: int = 0) -> tuple[str, ...]:
        """Return the active jobs, newest first, then that many of the last ended ones."""
        active = self._ids("SELECT job_id FROM jobs WHERE outcome IS NULL ORDER BY created_at DESC, rowid DESC")
        query = "SELECT job_id FROM jobs WHERE outcome IS NOT NULL ORDER BY ended_at DESC, rowid DESC LIMIT ?"
        return (*active, *self._ids(query, ended))

    def unsettled(self) -> tuple[str, ...]:
        """Return every job that is active or still has an instance that is not terminated."""
        return self._ids(
            "SELECT job_id FROM jobs WHERE outcome IS NULL"
            " UNION SELECT job_id FROM instances WHERE phase != 'TERMINATED'"
        )

    def named(self, username: str, model_name: str) -> str:
        """Return the id of the active job of that name, or raise ``NoSuchJob``."""
        query = "SELECT job_id FROM jobs WHERE outcome IS NULL AND username = ? AND model_name = ?"
        for job_id in self._ids(query, username, model_name):
            return job_id
        raise NoSuchJob(f"no active job is called {model_name[:128]!r}", fix="`%aibro status` lists the jobs")

    def instance_phases(self) -> dict[str, Phase]:
        """Return the phase of every instance there ever was, by its id."""
        return {row[0]: Phase(row[1]) for row in self._db.execute("SELECT instance_id, phase FROM instances")}

    def events(self, job_id: str) -> tuple[EventView, ...]:
        """Return what happened to a job, oldest first."""
        return self._rows(EventView, "SELECT * FROM events WHERE job_id = ? ORDER BY seq", job_id)

    def intervals(self, job_id: str) -> tuple[Interval, ...]:
        """Return a job's bill, oldest first."""
        return self._rows(
            Interval,
            "SELECT b.*, i.role, i.machine, i.market FROM bills b JOIN instances i USING (instance_id)"
            " WHERE b.job_id = ? ORDER BY b.bill_id",
            job_id,
        )

    def fixed(self, key: str, first: str) -> str:
        """Return the value that a key got the first time it was asked for."""
        with self._change(routes=False):
            self._db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO NOTHING", (key, first))
        (value,) = self._ids("SELECT value FROM meta WHERE key = ?", key)
        return value

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

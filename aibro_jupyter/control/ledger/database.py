"""The database file: opening, migrating, transactions, and everything that only reads. This room alone knows SQLite."""

from __future__ import annotations

import difflib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from aibro_jupyter.control.ledger.files import DAMAGE, DISK_TROUBLE, migrations, trouble, write_whole
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow, JobRow, Loss, Past, VersionRow
from aibro_jupyter.errors import DatabaseCorrupt, NoSpace, NoSuchJob
from aibro_jupyter.protocol import EventView, Interval, Limits, Terms, decode
from aibro_jupyter.states import Phase

T = TypeVar("T")
_BUMPS = 1_000
"""Revisions reserved with each write, so that one that was ever seen is never given again."""
_RESTORE = "`aibro down`, then `aibro restore` brings back its newest good copy"
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
        # Copies are read by a connection of their own, never in the midst of a change, and from the start on: should
        # the file be deleted meanwhile, both still have it.
        self._source = self._db if not isinstance(path, Path) else sqlite3.connect(path, check_same_thread=False)
        self._source.execute("SELECT count(*) FROM meta").fetchone()

    def _migrate(self) -> None:
        (done,) = self._db.execute("PRAGMA user_version").fetchone()
        for number, file in migrations().items():
            if number > done:
                self._db.executescript(f"BEGIN; {file.read_text()}; PRAGMA user_version = {number}; COMMIT;")

    def _recall(self) -> None:
        meta = dict(self._db.execute("SELECT key, value FROM meta").fetchall())
        self.rev, self.routes_rev = int(meta.get("rev", 0)), int(meta.get("routes_rev", 0))
        self._reserved = self.rev
        self._bumped: dict[str, int] = {}
        (newest,) = self._db.execute("SELECT max(at) FROM events").fetchone()
        self._newest_at = newest or 0.0
        self._clients: dict[str, tuple[str, ...]] = {}
        self._dossiers: dict[str, Dossier] = {}
        self._intervals: dict[str, tuple[Interval, ...]] = {}
        self._histories: dict[str, dict[int, tuple[Past, ...]]] = {}

    @contextmanager
    def _change(self, job_id: str = "", *, routes: bool = True) -> Iterator[None]:
        before = self.rev, self.routes_rev, self._newest_at
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self.rev += 1
            self.routes_rev = self.rev if routes else self.routes_rev
            self._set("rev", str(self.rev + _BUMPS))
            self._set("routes_rev", str(self.routes_rev))
            yield
            self._db.execute("UPDATE jobs SET rev = ? WHERE job_id = ?", (self.rev, job_id))
            self._db.execute("COMMIT")
            self._reserved = self.rev + _BUMPS
        except BaseException as error:
            # A full disk has rolled back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self.rev, self.routes_rev, self._newest_at = before
            if trouble(error) in DAMAGE:
                raise DatabaseCorrupt(f"the database is damaged: {error}", fix=_RESTORE) from error
            if trouble(error) in DISK_TROUBLE:
                raise NoSpace(f"no space to write to: {error}", fix="free some space on that disk") from error
            raise
        finally:
            self._forget(job_id)
        self.on_change()

    def _forget(self, job_id: str) -> None:
        """Read a job anew the next time: this process is the only writer, so what it read stays true until then."""
        self._dossiers.pop(job_id, None)
        self._intervals.pop(job_id, None)
        self._histories.pop(job_id, None)

    def bump(self, job_id: str = "") -> None:
        """Move the revision on for a change that is not stored, such as progress or traffic."""
        if self.rev + 1 >= self._reserved:
            with self._change(job_id, routes=False):
                return
        # Not worth a write to the disk: control that starts anew goes on from the reserved revision.
        self.rev += 1
        self._bumped[job_id] = self.rev
        self._forget(job_id)
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
        # SQLite has no booleans: 0 and 1 are taken for them.
        return tuple(msgspec.convert(dict(row), kind, strict=False) for row in self._db.execute(query, values))

    def _ids(self, query: str, *values: Any) -> tuple[str, ...]:
        return tuple(row[0] for row in self._db.execute(query, values))

    # --- reading ------------------------------------------------------------------------------------------------------

    def job(self, job_id: str) -> Dossier:
        """Return all that is known of a job, or raise ``NoSuchJob``."""
        if (known := self._dossiers.get(job_id)) is None or self._db.in_transaction:
            known = self._dossiers[job_id] = self._read(job_id)
        return known

    def _read(self, job_id: str) -> Dossier:
        jobs = self._db.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchall()
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
            job=_job_row(dict(jobs[0]), self._bumped.get(job_id, 0)),
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

    def named(self, username: str, model_name: str, *, ended: bool = False) -> str:
        """Return the id of the active job of that name, or raise ``NoSuchJob`` with near names.

        ``ended``: where none is active, of the newest that has ended.
        """
        query = (
            "SELECT job_id FROM jobs WHERE (outcome IS NULL OR ?) AND username = ? AND model_name = ?"
            " ORDER BY outcome IS NOT NULL, created_at DESC, rowid DESC LIMIT 1"
        )
        for job_id in self._ids(query, ended, username, model_name):
            return job_id
        known = "SELECT DISTINCT model_name FROM jobs WHERE (outcome IS NULL OR ?) AND username = ?"
        near = difflib.get_close_matches(model_name, self._ids(known, ended, username), n=1)
        raise NoSuchJob(
            f"no {'' if ended else 'active '}job is called {model_name[:128]!r}",
            fix=f"{f'did you mean {near[0]}? ' if near else ''}`%aibro status` lists the jobs",
        )

    def unaccounted(self, leaks: Sequence[str], since: float) -> tuple[InstanceRow, ...]:
        """Return the terminated instances that are among these leaks, whose bill is open, or that have none since."""
        return self._rows(
            InstanceRow,
            "SELECT * FROM instances WHERE phase = 'TERMINATED' AND (instance_id IN (SELECT value FROM json_each(?))"
            " OR instance_id IN (SELECT instance_id FROM bills WHERE closed_ms IS NULL)"
            " OR phase_at > ? AND instance_id NOT IN (SELECT instance_id FROM bills))",
            msgspec.json.encode(list(leaks)).decode(),
            since,
        )

    def instance_phases(self) -> dict[str, Phase]:
        """Return the phase of every instance there ever was, by its id."""
        return {row[0]: Phase(row[1]) for row in self._db.execute("SELECT instance_id, phase FROM instances")}

    def events(self, job_id: str) -> tuple[EventView, ...]:
        """Return what happened to a job, oldest first."""
        return self._rows(EventView, "SELECT * FROM events WHERE job_id = ? ORDER BY seq", job_id)

    def intervals(self, job_id: str) -> tuple[Interval, ...]:
        """Return a job's bill, oldest first."""
        if (known := self._intervals.get(job_id)) is not None and not self._db.in_transaction:
            return known
        found = self._intervals[job_id] = self._rows(
            Interval,
            "SELECT b.*, i.role, i.machine, i.market FROM bills b JOIN instances i USING (instance_id)"
            " WHERE b.job_id = ? ORDER BY b.bill_id",
            job_id,
        )
        return found

    def all_intervals(self) -> tuple[Interval, ...]:
        """Return the bill of all jobs, oldest first."""
        return self._rows(
            Interval,
            "SELECT b.*, i.role, i.machine, i.market FROM bills b JOIN instances i USING (instance_id)"
            " ORDER BY b.bill_id",
        )

    def history(self, job_id: str, last: int = 1_000_000) -> tuple[Past, ...]:
        """Return which phase each of a job's instances entered when, oldest first; only the last so many."""
        read = self._histories.setdefault(job_id, {})
        if last in read and not self._db.in_transaction:
            return read[last]
        read[last] = self._rows(
            Past,
            "SELECT * FROM (SELECT h.seq, h.at, h.instance_id, i.role, i.market, h.mark, h.why, h.failed"
            " FROM history h JOIN instances i USING (instance_id) WHERE h.job_id = ? ORDER BY h.seq DESC LIMIT ?)"
            " ORDER BY seq",
            *(job_id, last),
        )
        return read[last]

    def losses(self, since: float) -> tuple[Loss, ...]:
        """Return when markets took spot instances back or refused them since a time, oldest first."""
        return self._rows(
            Loss,
            "SELECT provider, machine, coalesce(interrupted_at, refused_at) AS at, interrupted_at IS NULL AS refused"
            " FROM instances WHERE (interrupted_at IS NOT NULL OR refused_at IS NOT NULL)"
            " AND market = 'spot' AND coalesce(interrupted_at, refused_at) >= ? ORDER BY at",
            since,
        )

    @property
    def newest_at(self) -> float:
        """The time of the newest event, UTC seconds; 0: nothing ever happened."""
        return self._newest_at

    def go_on_from(self, rev: int) -> None:
        """Give no revision up to that one any more: others may remember those of a database that is lost."""
        self.rev = max(self.rev, rev)
        with self._change():
            return

    def snapshot(self, into: Path) -> None:
        """Write all that is committed into a new file. Any thread may call it."""
        write_whole(self._source, into)

    def close(self) -> None:
        """Let go of the database."""
        self._source.close()
        self._db.close()


def _job_row(stored: dict[str, Any], bumped: int) -> JobRow:
    stored["rev"] = max(stored["rev"], bumped)
    limits, terms = decode(stored.pop("limits"), Limits), decode(stored.pop("terms"), Terms)
    return msgspec.convert({**stored, "limits": limits, "terms": terms}, JobRow, strict=False)

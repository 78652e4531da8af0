"""Opening the home's database, or refusing to: on a wrong one everything that runs would be a stranger."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path

from aibro_jupyter import clock, lifeline
from aibro_jupyter.control.ledger.copies import Copies
from aibro_jupyter.control.ledger.files import DISK_TROUBLE, migrations, trouble, write_whole
from aibro_jupyter.control.ledger.soundness import GARBLED, flaw, misread
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.errors import BackendRuns, DatabaseCorrupt, DatabaseLost, DatabaseNewer, NoSpace
from aibro_jupyter.home import Home, write_private

BACKEND_ID, WRITTEN_BY = "backend_id", "written_by"
CLAIM_S = 10.0
"""Chosen: who merely looks at the database, or replaces it, has it for seconds."""


@contextmanager
def claimed(home: Home, patience_s: float = CLAIM_S) -> Iterator[None]:
    """Have the database to oneself among all processes, or raise ``BackendRuns``."""
    deadline = clock.perf() + patience_s
    while (lock := lifeline.hold(home.database_lock)) is None:
        if clock.perf() > deadline:
            raise BackendRuns("a running backend has the database open", fix="`aibro down` ends it")
        time.sleep(0.05)
    try:
        yield
    finally:
        os.close(lock)


def opened(home: Home) -> SqliteStore:
    """Open the database, made or migrated where that is due. Who calls has claimed it.

    Raises ``DatabaseLost`` when it is gone or another backend's, ``DatabaseNewer``, ``DatabaseCorrupt``, and
    ``NoSpace`` when the disk does not let it be read or written.
    """
    with _told(home):
        schema = examined(home)
        newest = max(migrations())
        if 0 < schema < newest:
            _copied_before(home, newest)
        store = SqliteStore(home.database)
        try:
            if (wrong := misread(store)) is not None:
                raise _corrupt(home, wrong)
            _identify(home, store)
        except BaseException:
            store.close()
            raise
        return store


def examined(home: Home) -> int:
    """Look whether control may run on the database, changing nothing, and return its schema; 0: it is to be made."""
    with _told(home):
        path = home.database
        if not path.exists() or path.stat().st_size == 0:
            return _new(home)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as db:
            (schema,) = db.execute("PRAGMA user_version").fetchone()
            known = max(migrations())
            if schema > known or schema < 0:
                raise DatabaseNewer(
                    f"the database {path} was written by {_writer(db)} (schema {schema}), "
                    f"this is aibro_jupyter {version()} (schema {known})",
                    fix=f"install that version again; or, to go back for good, `aibro restore`{_newest(home)}",
                )
            if (wrong := flaw(db)) is not None:
                raise _corrupt(home, wrong)
            if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                return _new(home)
            return int(schema)


def version() -> str:
    """Return this package's version."""
    return metadata.version("aibro_jupyter")


def kept_id(home: Home) -> str | None:
    """Return the id of the backend that lives in this home; None: none ever did, or it is from before ids."""
    try:
        return home.backend_id_file.read_text().strip() or None
    except FileNotFoundError:
        return None


def _identify(home: Home, store: SqliteStore) -> None:
    known = kept_id(home)
    own = store.fixed(BACKEND_ID, known or f"bk_{secrets.token_hex(16)}")
    if known is None:
        write_private(home.backend_id_file, own)
    elif own != known:
        raise DatabaseLost(
            f"{home.database} is another backend's ({own}), this home's is {known}: its own database is lost",
            fix=f"`aibro restore`{_newest(home)}",
        )
    store.keep(WRITTEN_BY, version())


def _new(home: Home) -> int:
    """Return that a new database is due, or raise ``DatabaseLost`` if one must have been here."""
    instances = [path for path in _names(home.instances) if not path.name.startswith(".")]
    copies = Copies(home.copies).all()
    evidence = [
        *(["instances"] if instances else []),
        *(["copies of it"] if copies else []),
        *(["its backend_id"] if kept_id(home) else []),
    ]
    if evidence:
        raise DatabaseLost(
            f"the database {home.database} is gone, but this home has {' and '.join(evidence)}: nothing was ended",
            fix=f"`aibro restore`{_newest(home)}" if copies else "`aibro restore --new` begins anew: there is no copy",
        )
    return 0


def _names(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _newest(home: Home) -> str:
    for copy in Copies(home.copies).all()[:1]:
        return f" brings back a copy, the newest is of {datetime.fromtimestamp(copy.taken_at, UTC):%Y-%m-%d %H:%M} UTC"
    return " would need a copy, and there is none; `aibro restore --new` begins anew"


def _writer(db: sqlite3.Connection) -> str:
    try:
        (found,) = db.execute("SELECT value FROM meta WHERE key = ?", (WRITTEN_BY,)).fetchone()
    except (sqlite3.Error, TypeError):
        return "a newer version"
    return f"aibro_jupyter {found}" if found != version() else f"something newer than aibro_jupyter {found}"


def _copied_before(home: Home, schema: int) -> None:
    with closing(sqlite3.connect(home.database)) as source:
        Copies(home.copies).take(partial(write_whole, source), f"before-schema-{schema}", clock.now())


def _corrupt(home: Home, wrong: str) -> DatabaseCorrupt:
    line = " ".join(wrong.split())[:160]
    return DatabaseCorrupt(f"the database {home.database} is damaged: {line}", fix=f"`aibro restore`{_newest(home)}")


@contextmanager
def _told(home: Home) -> Iterator[None]:
    """Tell SQLite's troubles in our words."""
    try:
        yield
    except (*GARBLED, NoSpace) as error:
        cause = error.__cause__ if isinstance(error, NoSpace) and error.__cause__ is not None else error
        if _of_the_disk(home, cause):
            raise NoSpace(f"{home.database} cannot be read or written: {cause}", fix="see to that disk") from error
        # Whatever else cannot be made sense of is not as we wrote it.
        raise _corrupt(home, str(cause)) from error


def _of_the_disk(home: Home, error: BaseException) -> bool:
    """Tell whether it is the disk's fault. One byte of a damaged header forbids to write a file that may be written."""
    if trouble(error) == sqlite3.SQLITE_READONLY:
        return not os.access(home.database, os.W_OK)
    return isinstance(error, NoSpace) or trouble(error) in {*DISK_TROUBLE, sqlite3.SQLITE_BUSY}

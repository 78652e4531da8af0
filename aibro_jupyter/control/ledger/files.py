"""SQLite's files: the steps of the schema, one file out of an open database, and what its error codes mean."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

DISK_TROUBLE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
)
DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def migrations() -> dict[int, Traversable]:
    """Return the steps of the schema in their order, by their numbers."""
    folder = resources.files("aibro_jupyter.control.ledger") / "schema"
    steps = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return {int(file.name.removesuffix(".sql")): file for file in sorted(steps, key=lambda file: file.name)}


def write_whole(source: sqlite3.Connection, into: Path) -> None:
    """Write all that is committed in a database into a new file of mode 0600, which needs no other beside it."""
    os.close(os.open(into, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(into, isolation_level=None)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")


def trouble(error: BaseException) -> int:
    """Return SQLite's primary error code; 0: it is no error of SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def settle(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Bringing back the database from a copy, or beginning a new one on purpose; what was there is put aside."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter import clock
from aibro_jupyter.control.ledger.copies import Copies, Copy, stamp
from aibro_jupyter.control.ledger.files import settle
from aibro_jupyter.control.ledger.opening import BACKEND_ID, claimed, kept_id
from aibro_jupyter.control.ledger.soundness import UNREADABLE, misread
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from aibro_jupyter.errors import BadRequest, NoCopy
from aibro_jupyter.home import Home, private_dir

RESTORED_AT = "restored_at"
_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite's files beside a database are called: its name and one of these."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restored home has now."""

    copy: Copy | None
    """None: an empty database, on purpose."""
    jobs: tuple[str, ...]
    """The names of its active jobs."""
    at: float
    """When it was restored, UTC seconds."""
    aside: Path | None
    """Where the database lies that was there before; None: there was none."""
    known: frozenset[str]
    """Every instance that it knows."""


def restored(home: Home, wanted: str = "", *, patience_s: float = 2.0) -> Restored:
    """Put a copy in the database's place: a file, the newest of a date, or "" for the newest good one.

    Raises ``BackendRuns`` while a backend has the database open, ``NoCopy``, and ``BadRequest`` for another backend's.
    """
    with claimed(home, patience_s):
        copy, jobs = Copies(home.copies).chosen(wanted)
        known, aside, at = _replaced(home, lambda draft: shutil.copyfile(copy.path, draft))
        return Restored(copy=copy, jobs=jobs, at=at, aside=aside, known=known)


def begun_anew(home: Home, *, patience_s: float = 2.0) -> Restored:
    """Put an empty database in the place of the one that is there. Raises ``BackendRuns``."""
    with claimed(home, patience_s):
        known, aside, at = _replaced(home, lambda _: None)
        return Restored(copy=None, jobs=(), at=at, aside=aside, known=known)


def _replaced(home: Home, fill: Callable[[Path], object]) -> tuple[frozenset[str], Path | None, float]:
    draft, at = home.database.with_name(f"{home.database.name}.restoring"), clock.now()
    for path in _files(draft):
        path.unlink(missing_ok=True)
    try:
        fill(draft)
        known = _prepare(home, draft, at)
        settle(draft)
        aside = _put_aside(home, at)
        os.replace(draft, home.database)
    finally:
        draft.unlink(missing_ok=True)
    settle(home.root)
    # The start that failed for want of it is history.
    home.failed_json.unlink(missing_ok=True)
    return known, aside, at


def _prepare(home: Home, draft: Path, at: float) -> frozenset[str]:
    """Make a database that can take over, of this home's backend and with fresh revisions; return whom it knows."""
    try:
        store = SqliteStore(draft)
    except UNREADABLE as error:
        raise NoCopy(f"the copy does not open: {error}", fix="`aibro restore --list` shows the others") from error
    try:
        if (wrong := misread(store)) is not None:
            raise NoCopy(f"the copy does not read: {wrong}", fix="`aibro restore --list` shows the others")
        known, own = kept_id(home), store.kept(BACKEND_ID)
        if known and own and known != own:
            raise BadRequest(
                f"that copy is another backend's ({own}), this home's is {known}",
                fix="restore it in a home of its own: AIBRO_HOME names one",
            )
        if known:
            store.fixed(BACKEND_ID, known)
        # A gateway that runs on remembers revisions of the database that is lost. There is never one a microsecond
        # for long, so microseconds since 1970 are beyond all of them.
        store.go_on_from(time.time_ns() // 1000)
        store.keep(RESTORED_AT, f"{at:.3f}")
        return frozenset(store.instance_phases())
    finally:
        store.close()


def _files(database: Path) -> list[Path]:
    return [database.with_name(database.name + end) for end in _BESIDE]


def _put_aside(home: Home, at: float) -> Path | None:
    there = [path for path in _files(home.database) if path.exists()]
    if not there:
        return None
    aside = private_dir(private_dir(home.copies) / f"aside-{stamp(at)}")
    number = 1
    while any((aside / path.name).exists() for path in there):
        number += 1
        aside = private_dir(home.copies / f"aside-{stamp(at)}-{number}")
    # Its log last: whoever dies in the midst of this leaves a home without a database, which is known for what it is.
    for path in there:
        with suppress(FileNotFoundError):
            os.replace(path, aside / path.name)
    return aside

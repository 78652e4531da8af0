"""Copies of the database that are made by themselves: whole files, checked, readable by their owner alone."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aibro_jupyter.control.ledger.files import settle
from aibro_jupyter.control.ledger.soundness import UNREADABLE, flaw
from aibro_jupyter.errors import NoCopy, NoSpace
from aibro_jupyter.figures import DAY_S
from aibro_jupyter.home import private_dir

DAILY, LATEST = "daily", "latest"
KEEP_S = {DAILY: 7 * DAY_S, LATEST: 7 * DAY_S}
"""How long a copy is kept, by what it was made for."""
KEEP_MIGRATION_S = 90 * DAY_S
"""Chosen: who goes back to an older version does it within a season."""
_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)Z\.([a-z0-9.-]+)\.db")
_STAMP = "%Y-%m-%dT%H-%M-%S"


def stamp(at: float) -> str:
    """Return a moment as it stands in a file's name, UTC."""
    return f"{datetime.fromtimestamp(at, UTC):{_STAMP}}Z"


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One copy of the database."""

    path: Path
    taken_at: float
    """UTC seconds."""
    why: str
    """daily, latest, or before-schema-N."""

    @staticmethod
    def of(path: Path) -> Copy | None:
        """Return what a file's name says; None: it is no copy of ours."""
        if (parts := _NAME.fullmatch(path.name)) is None:
            return None
        return Copy(
            path=path, taken_at=datetime.strptime(parts[1], _STAMP).replace(tzinfo=UTC).timestamp(), why=parts[2]
        )

    def about(self) -> tuple[str, ...]:
        """Return the names of the jobs that are active in it. Raises ``NoCopy`` if it is damaged or no copy."""
        uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as db:
                if (wrong := flaw(db)) is None:
                    query = "SELECT model_name FROM jobs WHERE outcome IS NULL ORDER BY created_at"
                    return tuple(str(name) for (name,) in db.execute(query))
        except UNREADABLE as error:
            wrong = str(error)
        line = " ".join(wrong.split())[:160]
        raise NoCopy(f"{self.path} is no good copy of a database: {line}", fix="`aibro restore --list` shows the good")


@dataclass(frozen=True)
class Copies:
    """The folder of copies; what else lies in it is left alone."""

    folder: Path

    def all(self) -> tuple[Copy, ...]:
        """Return every copy, newest first."""
        if not self.folder.is_dir():
            return ()
        found = [copy for path in self.folder.iterdir() if (copy := Copy.of(path)) is not None]
        return tuple(sorted(found, key=lambda copy: (copy.taken_at, copy.why == LATEST), reverse=True))

    def take(self, snapshot: Callable[[Path], None], why: str, at: float) -> Copy:
        """Make a copy and check it: under its name it is whole or not there. Blocking; ``NoCopy``, ``NoSpace``."""
        path = private_dir(self.folder) / f"{stamp(at)}.{why}.db"
        draft = path.with_name(f".{path.name}")
        draft.unlink(missing_ok=True)
        try:
            snapshot(draft)
            made = Copy(path=path, taken_at=at, why=why)
            Copy(path=draft, taken_at=at, why=why).about()
            settle(draft)
            os.replace(draft, path)
        except (sqlite3.Error, OSError) as error:
            raise NoSpace(f"no copy could be written to {self.folder}: {error}", fix="see to that disk") from error
        finally:
            draft.unlink(missing_ok=True)
        settle(self.folder)
        return made

    def forget(self, now: float) -> None:
        """Delete copies whose time is over, and of the latest all but the newest; the newest copy of all stays."""
        known = self.all()
        latest = [copy for copy in known if copy.why == LATEST][:1]
        for copy in known[1:]:
            over = now - copy.taken_at > KEEP_S.get(copy.why, KEEP_MIGRATION_S)
            if over or (copy.why == LATEST and copy not in latest):
                copy.path.unlink(missing_ok=True)

    def chosen(self, wanted: str) -> tuple[Copy, tuple[str, ...]]:
        """Return a copy and the jobs active in it: a file, the newest of a date, or "" for the newest good one."""
        if wanted and (file := Path(wanted).expanduser()).is_file():
            copy = Copy.of(file) or Copy(path=file, taken_at=file.stat().st_mtime, why="given")
            return copy, copy.about()
        matching = [copy for copy in self.all() if copy.path.name.startswith(wanted)]
        for copy in matching:
            with suppress(NoCopy):
                return copy, copy.about()
        raise _none(self.folder, wanted, matching)


def _none(folder: Path, wanted: str, damaged: Sequence[Copy]) -> NoCopy:
    begin, others = "`aibro restore --new` begins with an empty database on purpose", "`aibro restore --list` shows all"
    if wanted and damaged:
        return NoCopy(f"no copy of {wanted} is good", fix=others)
    if wanted:
        return NoCopy(f"there is no copy {wanted!r}, no file and no date", fix=others)
    if damaged:
        return NoCopy(f"no copy in {folder} is good", fix=begin)
    return NoCopy(f"there is no copy of the database in {folder}", fix=begin)

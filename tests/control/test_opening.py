"""The home's database is opened, or refused in one line; nothing that may be wanted is ever overwritten."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from aibro_jupyter.control.ledger.copies import Copies
from aibro_jupyter.control.ledger.files import migrations
from aibro_jupyter.control.ledger.opening import claimed, examined, opened, version
from aibro_jupyter.control.ledger.restoring import begun_anew, restored
from aibro_jupyter.errors import (
    BackendRuns,
    BadRequest,
    DatabaseCorrupt,
    DatabaseLost,
    DatabaseNewer,
    DatabaseRefused,
    NoCopy,
)
from aibro_jupyter.home import Home
from tests.faults.books import life

DAMAGES = int(os.environ.get("AIBRO_SOAK_IMAGES", "120"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").make()


def lived(home: Home, jobs: int = 3) -> None:
    """Let some jobs have lived here, and a last copy be made."""
    with closing(opened(home)) as store:
        for number in range(1, jobs + 1):
            for _ in life(store, number):
                pass
        Copies(home.copies).take(store.snapshot, "latest", 1e9)


def written(home: Home, statement: str) -> None:
    with closing(sqlite3.connect(home.database)) as database:
        database.execute(statement)
        database.commit()


def lose(home: Home) -> None:
    for path in home.root.glob("aibro.db*"):
        path.unlink()


def test_the_first_start_makes_the_id_that_stays(home: Home) -> None:
    ids = []
    for _ in range(2):
        with closing(opened(home)) as store:
            ids.append(store.kept("backend_id"))
    assert ids[0] == ids[1] == home.backend_id_file.read_text()
    assert str(ids[0]).startswith("bk_")
    assert home.backend_id_file.stat().st_mode & 0o077 == 0


def test_a_database_from_before_ids_gets_one_and_its_file_comes_back_if_it_is_deleted(home: Home) -> None:
    lived(home)
    written(home, "DELETE FROM meta WHERE key IN ('backend_id', 'written_by')")
    home.backend_id_file.unlink()
    opened(home).close()
    first = home.backend_id_file.read_text()
    home.backend_id_file.unlink()
    opened(home).close()
    assert home.backend_id_file.read_text() == first


@pytest.mark.parametrize("left", ["instances", "copies", "backend_id"])
@pytest.mark.parametrize("how", ["gone", "empty", "without tables"])
def test_where_anything_is_left_of_a_backend_its_lost_database_is_not_made_anew(
    home: Home, left: str, how: str
) -> None:
    lived(home)
    (home.instances / "ins_1").mkdir()
    lose(home)
    for name in {"instances", "copies", "backend_id"} - {left}:
        path = home.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if how != "gone":
        home.database.touch()
    if how == "without tables":
        written(home, "PRAGMA user_version = 0")
        sqlite3.connect(home.database).execute("PRAGMA journal_mode = WAL")
    with pytest.raises(DatabaseLost) as refused:
        opened(home)
    assert "\n" not in refused.value.message
    assert ("`aibro restore` brings back" if left == "copies" else "`aibro restore --new`") in refused.value.fix
    assert not home.database.exists() or home.database.stat().st_size < 5000


def test_a_newer_database_is_refused_by_both_versions_names_and_left_as_it_is(home: Home) -> None:
    lived(home)
    written(home, "UPDATE meta SET value = '7.1.0' WHERE key = 'written_by'")
    written(home, "PRAGMA user_version = 99")
    before = home.database.read_bytes()
    with pytest.raises(DatabaseNewer) as refused:
        opened(home)
    assert "aibro_jupyter 7.1.0 (schema 99)" in refused.value.message
    assert f"aibro_jupyter {version()} (schema {max(migrations())})" in refused.value.message
    assert home.database.read_bytes() == before


def test_another_backends_database_is_this_ones_lost(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other").make()
    for one in (home, other):
        lived(one)
    shutil.copyfile(other.database, home.database)
    with pytest.raises(DatabaseLost, match="another backend's"):
        opened(home)
    with pytest.raises(BadRequest, match="another backend's"):
        restored(home, str(next(other.copies.glob("*.db"))))
    restored(home)
    opened(home).close()


def test_a_migration_is_copied_before(home: Home) -> None:
    newest = max(migrations())
    with closing(sqlite3.connect(home.database)) as database:
        for number, step in migrations().items():
            if number < newest:
                database.executescript(step.read_text())
        database.execute(f"PRAGMA user_version = {newest - 1}")
    opened(home).close()
    (copy,) = Copies(home.copies).all()
    assert copy.why == f"before-schema-{newest}"
    with closing(sqlite3.connect(copy.path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (newest - 1,)
    restored(home, copy.path.name[:10])
    opened(home).close()


def test_only_one_process_has_it_and_restoring_waits_for_nobody(home: Home) -> None:
    lived(home)
    with claimed(home), pytest.raises(BackendRuns) as runs:
        restored(home, patience_s=0)
    assert "`aibro down`" in runs.value.fix
    with claimed(home), pytest.raises(BackendRuns):
        begun_anew(home, patience_s=0)
    restored(home)


def damaged(whole: bytes, dice: random.Random) -> bytes:
    """Return a file with one of the ways in which files break."""
    torn = bytearray(whole)
    match dice.randrange(5):
        case 0:
            return whole[: dice.randrange(len(whole))]
        case 1:
            for _ in range(dice.randrange(1, 20)):
                torn[dice.randrange(len(torn))] ^= 1 << dice.randrange(8)
        case 2:
            at = dice.randrange(0, len(torn), 512)
            torn[at : at + 512] = dice.randbytes(len(torn[at : at + 512]))
        case 3:
            at = dice.randrange(0, len(torn), 4096)
            torn[at : at + 4096] = bytes(len(torn[at : at + 4096]))
        case _:
            torn[dice.randrange(100)] = dice.randrange(256)
    return bytes(torn)


def outcome(home: Home, known: str) -> str:
    """Open it, and return "started" if all in it reads as it was, or the code of the refusal, which is one line."""
    try:
        store = opened(home)
    except DatabaseRefused as error:
        fine = "\n" not in error.message and len(error.message) < 400 and "`aibro restore`" in error.fix
        return error.code if fine else f"{error.message} {error.fix}"
    with closing(store):
        assert store.kept("backend_id") == known
        for job_id in store.job_ids(ended=100):
            assert store.job(job_id).versions
            assert [one.at for one in store.history(job_id)]
            assert store.events(job_id)
            assert store.intervals(job_id)
    return "started"


def test_whatever_is_damaged_it_starts_right_or_refuses_in_one_line(home: Home) -> None:
    lived(home)
    whole, known, told = home.database.read_bytes(), home.backend_id_file.read_text(), Counter[str]()
    for seed in range(DAMAGES):
        lose(home)
        home.database.write_bytes(damaged(whole, random.Random(seed)))
        told[outcome(home, known)] += 1
    assert told.keys() <= {"started", "database-corrupt", "database-lost", "database-newer"}
    assert told["database-corrupt"] > DAMAGES / 3, told
    restored(home)
    with closing(opened(home)) as store:
        assert len(store.job_ids(ended=100)) == 3


def test_a_damaged_text_that_no_page_tells_of_is_found_by_reading(home: Home) -> None:
    lived(home)
    for damage in (
        "UPDATE versions SET spec = '{\"bundle\": ' || spec",
        "UPDATE instances SET phase = 'SERVINH'",
        "UPDATE jobs SET created_at = 1e300",
        "UPDATE meta SET value = 'many' WHERE key = 'rev'",
    ):
        written(home, damage)
        with pytest.raises(DatabaseCorrupt):
            opened(home)
        restored(home)


def test_what_is_looked_at_is_not_changed(home: Home) -> None:
    lived(home)
    before = home.database.read_bytes()
    assert examined(home) == max(migrations())
    assert home.database.read_bytes() == before
    lose(home)
    with pytest.raises(DatabaseLost):
        examined(home)
    assert not home.database.exists()


def test_there_is_nothing_to_restore_where_no_copy_is_good(home: Home) -> None:
    with pytest.raises(NoCopy, match="no copy of the database"):
        restored(home)
    lived(home)
    for path in home.copies.glob("*.db"):
        path.write_bytes(path.read_bytes()[:5000])
    before = home.database.read_bytes()
    for wanted, said in (("", "is good"), ("1999-01-01", "no file and no date"), (str(home.token_file), "no copy")):
        with pytest.raises(NoCopy, match=said):
            restored(home, wanted)
    assert home.database.read_bytes() == before, "what is there stays until there is better"

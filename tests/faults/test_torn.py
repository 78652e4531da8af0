"""SQLite killed in the midst of a write, and its files torn anywhere: the last durable state is there, whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from aibro_jupyter.control.ledger.sqlite import SqliteStore
from tests.faults.books import integrity, life, sound

ROOT = Path(__file__).parents[2]
IMAGES = int(os.environ.get("AIBRO_SOAK_IMAGES", "120"))
KILLS = 12
WRITER = """
import sys
from pathlib import Path
from aibro_jupyter.control.ledger.sqlite import SqliteStore
from tests.faults.books import life
store = SqliteStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 100_000):
    for _ in life(store, number):
        print(store.routes_rev, flush=True)
"""


def frames(wal: bytes) -> list[int]:
    """Return where in a write-ahead log each frame begins."""
    page = int.from_bytes(wal[8:12], "big")
    return list(range(32, len(wal), page + 24))


def test_a_log_torn_anywhere_opens_with_a_durable_prefix(tmp_path: Path) -> None:
    database, dice = tmp_path / "aibro.db", random.Random(0)
    store = SqliteStore(database)
    revisions = {store.routes_rev}
    for number in range(6):
        for _ in life(store, number):
            revisions.add(store.routes_rev)
    # Nothing was checkpointed yet: the log holds nearly all, and a copy of both files is what a crash leaves.
    whole, wal = database.read_bytes(), Path(f"{database}-wal").read_bytes()
    ends = [*frames(wal), *(dice.randrange(len(wal)) for _ in range(IMAGES))]
    if len(ends) > IMAGES:
        ends = dice.sample(ends, IMAGES)
    seen = set()
    for number, end in enumerate(ends):
        image = tmp_path / f"image-{number}"
        image.mkdir()
        torn = bytearray(wal[:end])
        if number % 3 == 0 and torn:
            # A page that was half-written: what comes after it cannot be trusted.
            torn[dice.randrange(len(torn))] ^= 0xFF
        (image / "aibro.db").write_bytes(whole)
        (image / "aibro.db-wal").write_bytes(torn)
        if not _has_tables(image / "aibro.db"):
            shutil.rmtree(image)
            continue
        integrity(image / "aibro.db")
        rev = sound(image / "aibro.db")
        assert rev in revisions
        seen.add(rev)
        shutil.rmtree(image)
    store.close()
    assert len(seen) > 10


def _has_tables(path: Path) -> bool:
    """Tell whether the tear left the schema: it is the first transaction ever, before there is anything to lose."""
    database = sqlite3.connect(path)
    try:
        return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchall())
    finally:
        database.close()


def test_a_writer_that_is_killed_loses_nothing_it_had_confirmed(tmp_path: Path) -> None:
    database, dice = tmp_path / "aibro.db", random.Random(1)
    confirmed, number = 0, 0
    for _ in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(database), str(number)], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert writer.stdout is not None
        with writer.stdout as told:
            for _ in range(dice.randrange(1, 60)):
                confirmed = int(told.readline())
            os.kill(writer.pid, signal.SIGKILL)
            confirmed = max([confirmed, *(int(line) for line in told if line.endswith("\n"))])
        writer.wait()
        integrity(database)
        assert sound(database) >= confirmed
        number += 1_000

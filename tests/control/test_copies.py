"""Copies are whole, private, few, and never made in the midst of a change; a restored one goes on where nobody was."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from aibro_jupyter.control.ledger.copies import DAILY, LATEST, Copies
from aibro_jupyter.control.ledger.opening import opened
from aibro_jupyter.control.ledger.restoring import begun_anew, restored
from aibro_jupyter.errors import NoSpace
from aibro_jupyter.figures import DAY_S
from aibro_jupyter.home import Home
from tests.control.backend import deploy_request

NOON = 20_000 * DAY_S + DAY_S / 2


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").make()


def test_a_copy_is_one_private_file_of_what_is_committed(home: Home) -> None:
    copies = Copies(home.copies)
    with closing(opened(home)) as store:
        store.add_job(deploy_request("iris"), "ana", 1.0)
        with store._change():
            store._db.execute("UPDATE jobs SET model_name = 'not yet'")
            copies.take(store.snapshot, DAILY, NOON)
        (copy,) = copies.all()
        assert copy.about() == ("iris",)
        assert [path.name for path in home.copies.iterdir()] == [copy.path.name]
    assert stat.S_IMODE(copy.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.copies.stat().st_mode) == 0o700
    assert (copy.taken_at, copy.why) == (NOON, DAILY)


def test_a_database_that_was_deleted_while_it_is_open_is_copied_all_the_same(home: Home) -> None:
    with closing(opened(home)) as store:
        store.add_job(deploy_request("before"), "ana", 1.0)
        for path in home.root.glob("aibro.db*"):
            path.unlink()
        store.add_job(deploy_request("after"), "ana", 2.0)
        assert Copies(home.copies).take(store.snapshot, LATEST, NOON).about() == ("before", "after")
        assert not home.database.exists(), "no empty one was made in its place"
    restored(home)
    with closing(opened(home)) as again:
        assert len(again.job_ids()) == 2


def test_a_copy_that_cannot_be_written_leaves_nothing(home: Home) -> None:
    def full(into: Path) -> None:
        into.write_bytes(b"half of")
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(NoSpace, match="disk is full"):
        Copies(home.copies).take(full, DAILY, NOON)
    assert not list(home.copies.iterdir())


def test_a_week_of_days_one_latest_and_a_season_of_migrations_are_kept(home: Home) -> None:
    copies = Copies(home.copies)
    with closing(opened(home)) as store:
        for day in range(12):
            at = NOON + day * DAY_S
            copies.take(store.snapshot, DAILY, at)
            copies.take(store.snapshot, LATEST, at + 60)
            if day == 0:
                copies.take(store.snapshot, "before-schema-5", at)
            copies.forget(at + 61)
    kept = [(copy.why, (copy.taken_at - NOON) // DAY_S) for copy in copies.all()]
    assert kept[0] == (LATEST, 11)
    assert [day for why, day in kept if why == DAILY] == list(range(11, 4, -1))
    assert [why for why, _ in kept if why not in (DAILY, LATEST)] == ["before-schema-5"]
    copies.forget(NOON + 1000 * DAY_S)
    assert [copy.why for copy in copies.all()] == [LATEST], "the newest stays, however old"


def test_restoring_goes_on_with_revisions_that_nobody_has_seen_and_deletes_nothing(home: Home) -> None:
    with closing(opened(home)) as store:
        store.add_job(deploy_request("iris"), "ana", 1.0)
        Copies(home.copies).take(store.snapshot, LATEST, NOON)
        store.add_job(deploy_request("younger"), "ana", 2.0)
        seen, own = store.rev, store.kept("backend_id")
    for restore in (restored, begun_anew, restored):
        done = restore(home)
        assert done.aside is not None
        assert (done.aside / "aibro.db").stat().st_size > 0
        with closing(opened(home)) as again:
            assert len(again.job_ids()) == len(done.jobs) == (0 if restore is begun_anew else 1)
            assert again.routes_rev > seen
            assert again.kept("backend_id") == own
            assert float(again.kept("restored_at") or 0) == pytest.approx(done.at, abs=0.01)
            again.bump()
            seen = again.rev
    assert len(list(home.copies.glob("aside-*/aibro.db"))) == 3


def test_a_copy_from_a_home_moves_to_a_new_one(home: Home, tmp_path: Path) -> None:
    with closing(opened(home)) as store:
        store.add_job(deploy_request("iris"), "ana", 1.0)
        copy, own = Copies(home.copies).take(store.snapshot, LATEST, NOON), store.kept("backend_id")
    elsewhere = Home(tmp_path / "elsewhere").make()
    assert restored(elsewhere, str(copy.path)).jobs == ("iris",)
    opened(elsewhere).close()
    assert elsewhere.backend_id_file.read_text() == own

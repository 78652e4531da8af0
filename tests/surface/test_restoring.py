"""restore and unknown, as they are typed: a stopped backend's copies, a running one's refusal, strangers that are told."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from aibro_jupyter import cli
from aibro_jupyter.control.ledger.copies import DAILY, LATEST, Copies
from aibro_jupyter.control.ledger.opening import opened
from aibro_jupyter.errors import BadRequest, NoCopy
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import UnknownView
from aibro_jupyter.verbs import Asker, run
from aibro_jupyter.views import View
from aibro_jupyter.views.restoring import UnknownList
from tests.control.backend import deploy_request

DAY = 20_000 * 86_400.0


def asked(*words: str) -> View:
    return run(list(words), Asker(prog="aibro"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose backend is down: `iris` is in both copies, `younger` in the last one alone."""
    here = Home(tmp_path / "home")
    monkeypatch.setenv("AIBRO_HOME", str(here.root))
    for name in ("AIBRO_URL", "AIBRO_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with closing(opened(here.make())) as store:
        for name, why, at in (("iris", DAILY, DAY), ("younger", LATEST, DAY + 86_400)):
            store.add_job(deploy_request(name), "ana", 1.0)
            Copies(here.copies).take(store.snapshot, why, at)
    return here


def test_copies_are_listed_with_what_is_in_them(home: Home) -> None:
    broken = Copies(home.copies).folder / "2001-01-01T00-00-00Z.daily.db"
    broken.write_bytes(b"no database")
    view = asked("restore", "--list")
    jobs = [(line["why"], *line["jobs"]) for line in view.data()]
    assert jobs == [(LATEST, "iris", "younger"), (DAILY, "iris"), (DAILY,)]
    assert "2024-10-05 00:00:00 UTC" in view.text()
    assert "damaged: " in view.text().splitlines()[3]


def test_the_newest_good_one_is_restored_or_the_one_of_a_day(home: Home) -> None:
    Copies(home.copies).all()[0].path.write_bytes(b"no database")
    home.database.unlink()
    told = asked("restore")
    assert told.data()["jobs"] == ["iris"]
    for said in ("old · jobs: iris", "client ids that were removed since", "aibro up"):
        assert said in told.text()
    assert asked("restore", "--from", "2024-10-04").data()["jobs"] == ["iris"]
    with pytest.raises(NoCopy, match="2024-10-05"):
        asked("restore", "--from", "2024-10-05")
    assert "are forgotten" in asked("restore", "--new").text()
    with pytest.raises(BadRequest):
        asked("restore", "--new", "--list")


def test_the_doctor_finds_a_database_that_is_gone_or_damaged(home: Home) -> None:
    def found() -> tuple[str, str]:
        (check,) = [check for check in asked("doctor").data()["checks"] if check["name"] == "database"]
        return check["state"], check["found"]

    state, said = found()
    assert state == "ok"
    assert "the newest of 2 copies is" in said
    home.database.write_bytes(home.database.read_bytes()[:9000])
    assert found()[0] == "fail"
    home.database.unlink()
    assert found()[0] == "fail"
    asked("restore")
    assert found()[0] == "ok"


def test_where_no_backend_ever_ran_there_is_nothing_to_restore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "nothing"))
    assert cli.main(["restore", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "no-copy"
    assert not (tmp_path / "nothing").exists()
    assert "no backend runs" in asked("unknown").text()
    monkeypatch.setenv("AIBRO_URL", "https://aibro.example.com")
    monkeypatch.setenv("AIBRO_TOKEN", "secret_x")
    with pytest.raises(BadRequest, match="where it runs"):
        asked("restore")


def test_unknown_instances_are_told_with_what_ends_them() -> None:
    one = UnknownView(
        instance_id="ins_a", on="here", state="running", since=None, model_name="iris", job_id="inf_1", mine=True
    )
    text = UnknownList(instances=(one,)).text()
    for said in ("ins_a", "iris", "running", "this backend", "unknown --end ins_a", "unknown --end-all"):
        assert said in text
    assert "knows every instance" in UnknownList(instances=()).text()

"""`aibro prune` on a real backend: room is made, and nothing that serves or can be gone back to is touched."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.predict import predict
from aibro_jupyter.jupyter.line import words_of
from aibro_jupyter.states import Phase
from aibro_jupyter.verbs import Asker, run
from aibro_jupyter.views import View
from tests.backends import TINY, tiny_repo
from tests.eventually import eventually
from tests.onebackend import one_backend


def asked(line: str) -> View:
    return run(words_of(line), Asker(prog="aibro", machine=True))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with one_backend(tmp_path / "home") as home:
        yield home


def aged(home: Path, days: float = 40) -> None:
    """Let everything have been used so long ago."""
    then = time.time() - days * 86_400
    for path in (*(home / "bundles").iterdir(), *(home / "envs").glob("*/.complete"), *home.glob("aibro_repo*")):
        os.utime(path, (then, then))


def kinds(view: View) -> list[str]:
    facts: Any = view.data()
    return sorted(item["kind"] for item in facts["items"])


def test_only_what_nobody_uses_goes(home: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        predict_py = TINY.replace("return 3", f"return {number}")
        asked(f"deploy --artifacts-path {tiny_repo(tmp_path / f'v{number}', predict_py)} --name iris")
    ended = tiny_repo(tmp_path / "ended", TINY.replace("return 3", "return 9"))
    (ended / "requirements.txt").write_text("threadpoolctl==3.5.0\n")
    asked(f"deploy --artifacts-path {ended} --name ended")
    asked("complete ended")
    job = backend().job_named("ended", ended=True).job_id
    eventually(lambda: all(i.phase is Phase.TERMINATED for i in backend().job(job).instances))
    assert kinds(asked("prune")) == [], "what was used a moment ago may be on its way to be used"
    assert "used within the last ten minutes stay" in asked("prune --dry-run").text()

    aged(home)
    would = asked("prune --dry-run --older-than 30d")
    assert kinds(would) == ["bundle", "bundle", "environment"], "v1 of iris, and what the ended job had"
    assert "3 things would go" in would.text()
    assert len(list((home / "bundles").iterdir())) == 4
    aged(home)
    gone = asked("prune")
    assert kinds(gone) == ["bundle", "bundle", "environment"]
    assert "✓ 3 things removed" in gone.text()
    assert len(list((home / "bundles").iterdir())) == 2
    assert "there is nothing that nobody uses" in asked("prune").text()

    job = backend().job_named("iris").job_id
    (url,) = backend().clients(job).urls
    assert predict(url, {"x": 2}) == {"times": 6}
    asked("rollback iris")
    eventually(lambda: backend().job(job).versions[0].state == "live", timeout_s=60)
    assert predict(url, {"x": 2}) == {"times": 4}


def test_what_the_database_does_not_know_may_use_anything(home: Path, tmp_path: Path) -> None:
    asked(f"deploy --artifacts-path {tiny_repo(tmp_path / 'r')} --name iris")
    asked("down")
    asked("restore --new")
    aged(home)
    view = asked("prune")
    assert kinds(view) == []
    assert "nothing was removed" in view.text()
    assert "`aibro unknown` lists them" in view.text()


def test_the_disk_is_told_by_status_and_doctor(home: Path, tmp_path: Path) -> None:
    asked(f"deploy --artifacts-path {tiny_repo(tmp_path / 'r')} --name iris")
    told = asked("status --verbose")
    assert "in the backend's home" in told.text()
    facts: Any = told.data()
    assert {line["kind"] for line in facts["disk"]["lines"]} >= {
        "bundles",
        "environments",
        "instances",
        "database files",
    }
    assert "disk" not in asked("status").data()
    assert "the home takes" in asked("doctor").text()

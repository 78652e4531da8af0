"""The races at the size of CI; `make soak` has 1,000 rounds and 100,000 requests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from aibro_jupyter.client.ensure import down
from tests.races.isolation import Isolation
from tests.races.same_name import PROCESSES, Race

ROUNDS = 50
REQUESTS = 5_000


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIBRO_GATEWAY_QUIET_REPORT_S", "1")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    yield tmp_path
    down()


def test_of_sixteen_that_deploy_one_name_one_wins(root: Path) -> None:
    told = Race(root).run(ROUNDS)
    assert told == {"won": ROUNDS, "name-taken": ROUNDS * (PROCESSES - 1)}


def test_no_request_sees_another_ones_data(root: Path) -> None:
    subject = Isolation(root)
    asyncio.run(subject.run(REQUESTS))
    assert not subject.crossed, subject.crossed[:5]
    assert not subject.failed, subject.failed[:5]
    assert subject.answered == REQUESTS
    assert subject.kills
    assert subject.wakes

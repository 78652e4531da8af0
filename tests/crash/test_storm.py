"""The storm at the size of CI: 60 kills, one a second where recovery allows. `make soak` has 3,000, one every 5 s, with aims."""

from __future__ import annotations

from pathlib import Path

import pytest

from aibro_jupyter.client.ensure import down
from tests.crash.storm import Storm

KILLS = 60
AT_MOST_S = 90


def test_nothing_accepted_is_lost_whatever_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIBRO_GATEWAY_QUIET_REPORT_S", "1")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    try:
        report = Storm(tmp_path).run(KILLS, every_s=1, at_most_s=AT_MOST_S)
    finally:
        down()
    with capsys.disabled():
        print("", *report.lines(), sep="\n")
    assert not report.faults()
    assert report.log.ours
    assert report.wakes
    assert len(report.kills) == 4

"""Drill, logs, limits, rollback and the rest, on a live job of a real backend."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from aibro_jupyter import cli
from aibro_jupyter.errors import AibroError, BadRequest, NoEarlierVersion, NothingToDrill
from aibro_jupyter.inference import Inference
from aibro_jupyter.job import Job
from aibro_jupyter.states import Phase, Role
from aibro_jupyter.verbs import Asker, run
from aibro_jupyter.views import View
from tests.backends import tiny_repo
from tests.eventually import eventually

TALKS = "def load_model():\n    print('loaded')\n    return 3\n\n\ndef run(model, data):\n    print('asked for', data['x'])\n    return {'times': model * data['x'], 'v': 1 / data['x']}\n"


def do(*words: str, **asker: Any) -> View:
    return run(list(words), Asker(prog="%aibro", namespace={}, **asker))


@pytest.fixture(scope="module")
def job(surface_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    repo = tiny_repo(tmp_path_factory.mktemp("operating") / "repo", TALKS)
    do("deploy", "--artifacts-path", str(repo), "--name", "ops", "--machine", "c5.large.od", "--cooling",
       "c5.2xlarge.od", "--cool-down", "10m", "--budget-per-day", "5", "--ttl", "8h")  # fmt: skip
    yield Job("ops")
    Job("ops").complete()


def awake(job: Job) -> bool:
    job({"x": 1})
    return any(i.role is Role.COOLING and i.phase is Phase.SERVING for i in job.view.instances)


def test_a_sleep_drill_needs_a_cooling_instance(job: Job) -> None:
    do("cooling", "ops", "off")
    with pytest.raises(NothingToDrill):
        do("drill", "sleep", "ops", "--rate", "5")
    do("cooling", "ops", "on")


@pytest.mark.parametrize(("kind", "role"), [("sleep", "cooling"), ("kill", "standby"), ("spot", "standby")])
def test_a_drill_loses_nothing(job: Job, kind: str, role: str, capsys: pytest.CaptureFixture[str]) -> None:
    eventually(lambda: awake(job), timeout_s=120)
    report = do("drill", kind, "ops", "--notice", "2").data()
    assert (report["passed"], report["failed"], report["role"]) == (True, 0, role)
    assert report["sent"] == report["answered"] == sum(report["by"].values()) > 10
    assert report["replaced_s"] > 0
    assert [wake["role"] for wake in report["wakes"]] == [role]


def test_a_drill_is_refused_before_anything_breaks(job: Job, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="requests fail before anything is broken"):
        do("drill", "kill", "ops", "--body", '{"y": 1}')
    with pytest.raises(BadRequest, match="cannot be read"):
        do("drill", "kill", "ops", "--body", f"@{tmp_path / 'nothing'}")
    (tmp_path / "body.json").write_text('{"x": 4}')
    assert do("drill", "kill", "ops", "--body", f"@{tmp_path / 'body.json'}").data()["passed"]


def test_the_command_says_it_in_json_and_by_its_exit_code(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drill", "kill", "ops", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failed"] == 0
    assert cli.main(["cost", "ops", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["money"]["simulated"] is True


def test_wakes_are_told_in_parts(job: Job) -> None:
    told = do("events", "ops").text()
    assert "standby woke in" in told
    assert "machine " in told
    assert "wake " in do("status", "ops").text()


def test_cost_is_a_table_a_picture_and_a_function(job: Job) -> None:
    view = do("cost", "ops")
    assert "too early to compare" in view.text()
    assert "a start is billed for at least 60 s" in view.html()
    assert "all on demand" not in view.text()
    assert "<svg" in view.html()
    assert "<svg" not in do("cost", "ops", "--no-plot").html()
    card = Inference.cost(model_name="ops")
    assert card.cost.money.micros_per_hour > 0
    assert job.cost().cost.job_id == job.job_id


def test_limits_are_set_shown_and_cleared(job: Job) -> None:
    assert "of $5.00" in do("limits", "ops").text()
    told = do("limits", "ops", "--budget-stop", "50").data()["budget"]
    assert (told["per_day_micros"], told["stop_micros"]) == (5_000_000, 50_000_000)
    assert told["until"] is not None
    assert "budget" in do("status", "ops").text()
    assert do("limits", "ops", "--none").text() == "✓ ops: no limits"
    assert do("budget", "--per-day", "20").data()["budget"]["per_day_micros"] == 20_000_000
    assert do("budget", "--none").data()["budget"] is None
    with pytest.raises(BadRequest):
        do("limits", "ops", "--none", "--ttl", "8h")


def test_terms_are_set_shown_and_cleared_and_a_gateway_acts_on_them(job: Job) -> None:
    assert "at most 30 s" in do("terms", "ops").text()
    assert "none may call" in do("terms", "ops").text()
    page = {"Origin": "https://app.example.com"}
    assert requests.post(job.url, json={"x": 1}, headers=page).status_code == 403
    told = do("terms", "ops", "--cors", page["Origin"], "--per-second", "0.001", "--max-wait", "10s")
    assert "0.001 a second" in told.text()
    assert told.data()["terms"]["max_wait_s"] == 10
    eventually(lambda: requests.post(job.url, json={"x": 1}, headers=page).ok)
    refused = requests.post(job.url, json={"x": 1}, headers=page)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too-many-requests")
    assert int(refused.headers["Retry-After"]) > 100
    assert do("terms", "ops", "--none").data()["terms"]["allowance"]["per_second"] is None
    eventually(lambda: requests.post(job.url, json={"x": 1}).ok)
    with pytest.raises(BadRequest, match="no client"):
        do("terms", "ops", "--of", "stranger", "--at-once", "1")


def test_cooling_is_switched(job: Job) -> None:
    assert do("cooling", "ops", "off").data()["cooling_off"]
    assert "cooling is off" in do("status", "ops").text()
    assert not do("cooling", "ops", "on").data()["cooling_off"]


def test_a_rollback_takes_over_without_a_failed_request(job: Job, tmp_path: Path) -> None:
    with pytest.raises(NoEarlierVersion):
        do("rollback", "ops")
    repo = tiny_repo(tmp_path / "repo", TALKS.replace("return 3", "return 4"))
    do("deploy", "--artifacts-path", str(repo), "--name", "ops", "--machine", "c5.large.od", "--cooling",
       "c5.2xlarge.od", "--cool-down", "10m")  # fmt: skip
    assert job({"x": 1})["times"] == 4
    assert "v3" in do("rollback", "ops").text()
    eventually(lambda: job({"x": 1})["times"] == 3, timeout_s=120)


def test_logs_hold_prints_environment_and_tracebacks(job: Job) -> None:
    with pytest.raises(AibroError, match="ZeroDivisionError"):
        job({"x": 0})
    told = eventually(lambda: (text := do("logs", "ops").text()) and "ZeroDivisionError" in text and text)
    for part in ("loaded", "asked for 0", "[aibro] gearing up", "Traceback"):
        assert part in told
    assert len(do("logs", "ops", "-n", "3").data()["lines"]) >= 1
    request_id = next(
        line.split("[req")[1].split("]")[0]
        for line in told.splitlines()
        if "ZeroDivisionError" in line and "[req" in line
    )
    about = do("logs", "ops", "--request", f"req{request_id}").text()
    assert "ZeroDivisionError" in about
    assert "loaded" not in about


def test_logs_are_followed_until_interrupted(job: Job) -> None:
    heard: list[str] = []

    def say(line: str) -> None:
        heard.append(line)
        if "asked for 77" in line:
            raise KeyboardInterrupt

    asking = threading.Timer(1.0, lambda: job({"x": 77}))
    asking.start()
    assert "stopped following" in do("logs", "ops", "-f", say=say).text()
    asking.join()
    assert sum("asked for 77" in line for line in heard) == 1
    assert sum("asked for 0" in line for line in heard) == 1
    with pytest.raises(BadRequest):
        do("logs", "ops", "-f", machine=True)


def test_our_own_bug_is_one_line_and_a_file(
    surface_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from aibro_jupyter.verbs import running

    monkeypatch.setattr(running, "backend", lambda **_: 1 / 0)
    assert cli.main(["status"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("✗ this is a bug in aibro_jupyter: ZeroDivisionError: division by zero")
    assert "Traceback" not in said
    log = surface_home / "logs" / "bugs.log"
    assert str(log) in said
    assert "in status" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0

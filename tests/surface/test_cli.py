"""The ``aibro`` command as people and programs call it, against a real backend."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

REPO = Path(__file__).parents[1] / "repos" / "sentiment"
SECRET = "team-a-7f3k2m9x4q8w1z5r6t0y3u8i"


def aibro(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aibro_jupyter.cli", *words], capture_output=True, text=True, timeout=240
    )


def said(*words: str) -> str:
    done = aibro(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answered(*words: str) -> Any:
    return json.loads(said(*words, "--json"))


@pytest.fixture(scope="module")
def mood(surface_home: Path) -> dict[str, Any]:
    """What the first deploy of the repo answered."""
    first: dict[str, Any] = answered(
        "deploy", str(REPO), "--name", "mood", "--client", SECRET, "--description", "a mood"
    )
    return first


def test_nothing_runs_at_first_and_reading_does_not_change_that(surface_home: Path) -> None:
    if not (surface_home / "run").exists():
        assert said("status") == "no backend runs: `aibro up` starts one\n"
        assert not (surface_home / "run").exists()


def test_deploy_answers_with_the_facts_and_no_secret(mood: dict[str, Any]) -> None:
    assert (mood["model_name"], mood["change"], mood["status"]) == ("mood", "new", "DEPLOYED")
    assert SECRET not in json.dumps(mood)


def test_deploying_again_is_unchanged(mood: dict[str, Any]) -> None:
    again = said("deploy", str(REPO), "--name", "mood", "--client", SECRET, "--description", "a mood")
    assert "mood v1 is already live on this computer, unchanged" in again


def test_status_clients_logs_cost_and_machines(mood: dict[str, Any]) -> None:
    assert [job["model_name"] for job in answered("status", "mood")["jobs"]] == ["mood"]
    assert "mood v1   DEPLOYED · DEPLOYED MODEL · 1 client" in said("jobs")
    assert "team-a-••••" in said("clients", "mood")
    assert SECRET not in said("clients", "mood", "--json")
    assert answered("clients", "mood", "--reveal")["clients"] == [SECRET]
    assert said("logs", "mood")
    assert "v1 is live" in said("logs", "mood", "--events")
    assert answered("cost", "mood")["money"]["simulated"] is True
    assert answered("machines", "g4dn.4x")[0]["machine_id"] == "g4dn.4xlarge.od"


def test_a_minted_client_can_call_and_a_removed_one_cannot(mood: dict[str, Any]) -> None:
    shown = answered("clients", "mood", "--mint", "bob", "--reveal")
    bob = next(url for client, url in zip(shown["clients"], shown["urls"], strict=True) if client.startswith("bob-"))
    assert requests.post(bob, data="good", timeout=60).status_code == 200
    answered("clients", "mood", "--remove", next(client for client in shown["clients"] if client.startswith("bob-")))
    assert requests.post(bob, data="good", timeout=60).status_code == 404


def test_a_name_may_be_left_out_where_there_is_one_job(mood: dict[str, Any]) -> None:
    assert "mood" in said("cost")


def test_dryrun(surface_home: Path) -> None:
    assert said("dryrun", str(REPO)).startswith("DRYRUN TEST: passed")


def test_doctor_is_well_and_up_is_up(mood: dict[str, Any]) -> None:
    report = answered("doctor")
    states = {check["name"]: check["state"] for check in report["checks"]}
    assert report["healthy"], report
    assert {states[name] for name in ("python", "uv", "home", "backend", "gateway", "clock")} == {"ok"}
    assert "the backend runs" in said("up")


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (("stop", "mood"), 2, "did you mean `aibro complete mood`?"),
        (("deploy", "nowhere-at-all"), 2, "nowhere-at-all is not a folder"),
        (("deploy", str(REPO), "--machine", "c5.lage.od"), 2, "did you mean c5.large.od?"),
        (("cost", "nobody"), 1, "nobody"),
    ],
)
def test_mistakes_go_to_stderr_in_a_few_lines(
    mood: dict[str, Any], words: tuple[str, ...], code: int, line: str
) -> None:
    done = aibro(*words)
    assert done.returncode == code
    assert done.stdout == ""
    assert line in done.stderr
    assert len(done.stderr.splitlines()) <= 6
    assert "Traceback" not in done.stderr


def test_mistakes_are_json_where_json_was_asked_for(mood: dict[str, Any]) -> None:
    done = aibro("stop", "mood", "--json")
    assert json.loads(done.stdout)["error"]["code"] == "bad-command"


def test_complete_and_down(mood: dict[str, Any]) -> None:
    assert said("complete", "mood").startswith("✓ mood completed")
    assert "ended" in said("down")

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.errors import CaptureError, DeployFailed, error_for
from aibro_jupyter.protocol import Progress, Step
from aibro_jupyter.states import InstanceStatus, JobStatus, JobSubstatus, Phase, Role
from aibro_jupyter.views import Note, View
from aibro_jupyter.views.call import Sample, curl, python, sample_of
from aibro_jupyter.views.capture import CaptureView
from aibro_jupyter.views.clients import ClientList
from aibro_jupyter.views.jobs import StatusList
from aibro_jupyter.views.lists import Check, DoctorReport
from aibro_jupyter.views.steps import Steps
from tests.surface.samples import BOTH, CAPTURED, CLIENT, CLIENT_URL, PUBLIC_URL, deployed, instance, job, status

HTML = "<img src=x onerror=alert(1)>"


def test_a_deploy_says_what_matters_in_the_order_it_matters() -> None:
    lines = deployed().text().splitlines()
    assert lines[0] == "✓ iris v1 is live on this computer   6.2 s"
    assert lines[1].strip() == PUBLIC_URL
    assert "PUBLIC: anyone on it can call" in lines[2]
    assert [line.split()[0] for line in lines[3:]] == ["captured", "proved", "!", "runs", "money", "call", "or", "next"]


def test_a_deploy_names_model_packages_and_money() -> None:
    text = deployed().text()
    assert "predict -> aibro_repo/   2 functions, model (1.2 MB), 3 packages" in text
    assert "standby (always on) stands in for c5.large · 118 MiB" in text
    assert "$0.00 here · on AWS $62/month" in text
    assert """curl http://127.0.0.1:8642/v1/ana/public/iris/predict -d '[{"sepal": 5.1}]'""" in text


def test_a_cooling_machine_is_glossed_and_priced() -> None:
    text = deployed(spec=BOTH).text()
    assert (
        "cooling (strong, asleep until requests come) stands in for g4dn.4xlarge, no GPU here · sleeps after 10 min"
        in text
    )
    assert "while cooling is awake" in text


def test_a_client_id_is_nowhere_in_an_output() -> None:
    view = deployed(job=job(public=False, clients=1, url=""), urls=(CLIENT_URL,), client_ids=(CLIENT,))
    for shown in (view.text(), view.html(), json.dumps(view.data()), repr(view)):
        assert CLIENT not in shown
    assert "team-a-••••" in view.text()
    assert "Authorization: Bearer $CLIENT_ID" in view.text()
    assert "/v1/ana/-/iris/predict" in view.text()


def test_a_guessable_client_id_gets_a_warning() -> None:
    view = deployed(
        job=job(public=False, clients=1), urls=(PUBLIC_URL.replace("public", "alice"),), client_ids=("alice",)
    )
    assert "al•••• can be guessed" in view.text()
    assert "alice" not in view.text()


def test_unchanged_and_updated_say_so() -> None:
    assert "already live on this computer, unchanged" in deployed(change="unchanged").text()
    assert "is updated and live" in deployed(change="updated").text()


def test_a_deploy_left_going_says_how_to_go_on() -> None:
    queuing = job(status=JobStatus.QUEUING, substatus=JobSubstatus.GEARING_UP_ENV)
    text = deployed(job=queuing).text()
    assert text.startswith("… iris v1 is on its way: GEARING UP ENV")
    assert "`%aibro status iris` shows how far it is" in text


@pytest.mark.parametrize(
    "view",
    [
        deployed(job=job(model_name=HTML, warnings=(HTML,)), captured=replace(CAPTURED, function=HTML, proof=HTML), expression=HTML),
        StatusList(status=status(job(model_name=HTML, description=HTML, reason=HTML))),
        ClientList(model_name=HTML, client_ids=(HTML,), urls=(CLIENT_URL,), public=False, reveal=True),
        CaptureView(captured=replace(CAPTURED, warnings=(HTML,)), what="predict", took_s=1),
        DoctorReport(checks=(Check(name=HTML, state="fail", found=HTML, fix=HTML),)),
        Note(body=HTML),
    ],
    ids=lambda view: type(view).__name__,
)  # fmt: skip
def test_html_is_escaped(view: View) -> None:
    assert HTML in view.text()
    assert "<img" not in view.html()


def test_two_prices_are_no_formula() -> None:
    html = deployed().html()
    assert "<span>$</span>0.00 here · on AWS <span>$</span>62/month" in html
    assert "$" not in html.replace("<span>$</span>", "")


def test_status_of_nothing_and_of_an_unknown_name() -> None:
    assert "nothing is deployed yet" in StatusList(status=status()).text()
    assert "no job is called 'x'" in StatusList(status=status(job()), only="x").text()


def test_status_shows_substatus_money_and_what_a_sleeping_machine_does() -> None:
    asleep = instance(Role.COOLING, Phase.STOPPED, status=InstanceStatus.CLOSED)
    text = StatusList(status=status(job(instances=(instance(), asleep)))).text()
    assert "DEPLOYED · DEPLOYED MODEL · PUBLIC" in text
    assert "asleep (CLOSED), wakes on a request" in text
    assert "this computer: $0.00 · on AWS: $0.0123 so far, $0.085/h" in text


def test_clients_are_masked_unless_asked_for() -> None:
    facts: dict[str, Any] = {"model_name": "iris", "client_ids": (CLIENT,), "urls": (CLIENT_URL,), "public": False}
    hidden, shown = ClientList(**facts), ClientList(**facts, reveal=True)
    assert CLIENT not in hidden.text() + hidden.html() + json.dumps(hidden.data())
    assert CLIENT in shown.text()


JSON, TEXT = "application/json", "text/plain"
CALLS = {
    "a record of many": (Sample(body=b"[[1, 2], [3, 4]]", content_type=JSON), "-d '[[1, 2]]'", "[[1, 2]]"),
    "a text": (Sample(body=b"a good day", content_type=TEXT), "-d 'a good day'", "'a good day'"),
    "a long one": (Sample(body=b"x" * 500, content_type=TEXT, path="r/data/data.txt"), "-F file=@r/data/data.txt", "…"),
    "a picture": (Sample(path="r/data/cat.png"), "-F file=@r/data/cat.png", "…"),
    "several files": (Sample(path="r/data"), "-F 'file=@-;filename=data.zip'", "…"),
    "nothing known": (Sample(), "-d '…'", "…"),
}


@pytest.mark.parametrize(("sample", "command", "expression"), CALLS.values(), ids=CALLS.keys())
def test_how_to_call(sample: Sample, command: str, expression: str) -> None:
    assert curl(PUBLIC_URL, sample, public=True).endswith(f"{PUBLIC_URL} {command}")
    assert python("iris", sample, "") == f'aibro_jupyter.Job("iris")({expression})'


def test_the_sample_of_a_repo_is_its_one_file(tmp_path: Path) -> None:
    assert sample_of(tmp_path, "repo") == Sample()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "data.json").write_text("[1]")
    assert sample_of(tmp_path, "repo") == Sample(body=b"[1]", content_type=JSON, path="repo/data/data.json")
    (tmp_path / "data" / "more.csv").write_text("a")
    assert sample_of(tmp_path, "repo").path == "repo/data"


def test_steps_are_one_line_and_a_new_step_ends_the_one_before() -> None:
    steps = Steps()
    steps.take(Step(name="captured", state="done"))
    steps.take(Step(name="GEARING UP ENV", state="running", progress=Progress(done=3, total=7, unit="packages")))
    assert steps.text() == "captured ✓ · GEARING UP ENV 3/7 …"
    steps.take(Step(name="DEPLOYING MODEL", state="running"))
    assert steps.text() == "captured ✓ · GEARING UP ENV ✓ · DEPLOYING MODEL …"
    assert not steps.take(Step(name="DEPLOYING MODEL", state="running"))


def test_an_error_has_at_most_six_lines_and_a_code_to_ask_about() -> None:
    failed = DeployFailed("iris did not come up", fix="fix line 3", details="\n".join(f"line {n}" for n in range(20)))
    assert failed.story() == [
        "iris did not come up",
        "  line 17",
        "  line 18",
        "  line 19",
        "  fix line 3 · `%aibro explain deploy-failed` says more",
    ]
    refused = CaptureError(
        "cannot deploy 'predict'", details="lock (In[7])\nfile (In[8])\nsocket (In[9])\nconn (In[9])"
    )
    assert refused.story()[1:4] == ["  lock (In[7])", "  file (In[8])", "  … and 2 more"]
    assert len(error_for("name-taken", "m", details="a\nb\nc\nd\ne\nf\ng").story()) <= 6

"""One deployment, told once: signatures and their docs, what is refused and how, and what goes over the wire."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy
import pytest

import aibro_jupyter
from aibro_jupyter import Job, capture, deploy, predict, simulate, use
from aibro_jupyter.client.deployment import Bounds, Deployment
from aibro_jupyter.client.kinds import FLAG
from aibro_jupyter.client.option import Option, options_of, said
from aibro_jupyter.errors import AibroError, BadMachine, BadRequest, DuplicateClients
from aibro_jupyter.inference import Inference
from aibro_jupyter.job import CaptureOptions, DrillOptions
from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol import Allowance, DeployRequest, Limits, Terms, VersionSpec
from aibro_jupyter.verbs import parsed

OPTIONS = {option.name: option for option in options_of(Deployment)}
OURS = OPTIONS | {option.name: option for option in options_of(CaptureOptions)}
REFERENCE = OPTIONS | {option.reference: option for option in OPTIONS.values() if option.reference}
OF_THE_CALL = {"fn", "samples", "namespace", "on_step"}
OF_THE_REFERENCE = {"artifacts_path", "dryrun", "access_token", "on_step"}


def alike(one: object, other: object) -> bool:
    """Empty lists, tuples and dictionaries are the same default."""
    return one == other or (not one and not other and {type(one), type(other)} <= {list, tuple, dict})


def documented(option: Option) -> str:
    """Return an option's meaning for who writes it in Python."""
    meaning = f"False: {option.help}" if option.kind is FLAG and option.default else option.help
    return f"{meaning} ({option.kind.unit})" if option.kind.unit else meaning


def test_every_field_but_the_note_is_an_option() -> None:
    assert {field.name for field in fields(Deployment)} - set(OPTIONS) == {"note"}


def test_deploy_takes_every_option_with_its_default() -> None:
    found = inspect.signature(aibro_jupyter.deploy).parameters
    assert set(found) == set(OURS) | OF_THE_CALL
    assert [name for name, option in OURS.items() if not alike(found[name].default, option.default)] == []


def test_the_references_deploy_has_the_same_defaults() -> None:
    found = inspect.signature(Inference.deploy).parameters
    assert set(found) - set(REFERENCE) == OF_THE_REFERENCE
    assert {option.reference for option in OPTIONS.values() if option.reference} <= set(found)
    ours = set(found) & set(REFERENCE)
    assert [name for name in ours if not alike(found[name].default, REFERENCE[name].default)] == []


def test_a_simulation_cools_down_as_a_deployment_does() -> None:
    assert inspect.signature(aibro_jupyter.simulate).parameters["cool_down_s"].default == Deployment().cool_down


@pytest.mark.parametrize(
    ("function", "options", "own"),
    [
        (aibro_jupyter.deploy, OURS, OF_THE_CALL),
        (Inference.deploy, REFERENCE, OF_THE_REFERENCE | {"machine_id_config"}),
    ],
)
def test_every_parameter_is_described_in_the_options_own_words(
    function: Callable[..., object], options: dict[str, Option], own: set[str]
) -> None:
    told = [line.strip() for line in (inspect.getdoc(function) or "").splitlines()]
    for name in set(inspect.signature(function).parameters) - own:
        assert f"{name}: {documented(options[name])}" in told
    for name in own:
        assert any(line.startswith(f"{name}: ") for line in told)


WRONG: dict[str, list[Any]] = {
    "name": [5, "my model", ""],
    "machine": [5, "c5.large", {"cooling": "c5.large.od"}, ["c5.large.od"]],
    "cooling": [5, "g5.xlarge"],
    "cool_down": ["600", 0, -1, 1.5, True, None],
    "client_ids": [None, 5, [5], [""], ["public"], b"ana"],
    "mint": [None, 5, [5]],
    "description": [None, 5],
    "wait_request_s": ["30", 0, None],
    "request_limit_s": ["10m", 0, None],
    "on": [None, 5],
    "enforce": [1, "yes", None],
    "isolate": [1, "yes", None],
    "wait": [0, "no", None],
    "replace": [1, "yes", None],
    "secrets": [None, 5, [5], {"KEY": 5}],
    "budget_per_day": ["5", 0, -1, float("nan"), float("inf"), True],
    "budget_stop": ["50", 0],
    "ttl_s": ["8h", 0],
    "until": ["18:00", 1.0],
    "notify": [None, 5, "hooks", "ftp://x"],
    "slots": ["2", -1, 1.5, True, None],
    "max_wait": ["10s", -1, float("inf"), True],
    "at_once": ["4", 0, 1.5],
    "per_second": ["5", 0, -1, float("nan")],
    "cors": [None, 5, "app.example.com", ["https://app.example.com/path"], "ftp://x"],
}


def test_every_field_has_values_that_are_refused() -> None:
    assert set(WRONG) == set(OPTIONS)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_value_that_cannot_be_is_told_in_our_words(name: str, value: Any) -> None:
    with pytest.raises(BadRequest) as caught:
        Deployment(**{name: value})
    assert type(caught.value) is not BadRequest or name in caught.value.message
    assert caught.value.fix or isinstance(caught.value, BadMachine)


def test_the_parameter_that_was_written_is_named() -> None:
    with pytest.raises(
        BadRequest, match=r"cool_down_period_s.* must be a whole number of seconds, at least 1, not '600'"
    ):
        Inference.deploy("iris", "c5.large.od", "nowhere", cool_down_period_s="600")  # type: ignore[arg-type]


REMOTE = "http://127.0.0.1:9/v1/ana/public/iris/predict"
CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "deploy": (deploy, {"fn": len}),
    "capture": (capture, {"fn": len, "out": "repo"}),
    "predict": (predict, {"url": REMOTE, "data": 1, "timeout_s": 0.1}),
    "use": (use, {"url": REMOTE, "timeout_s": 0.1}),
    "simulate": (simulate, {"machines": "c5.large.od", "requests_at": [], "from_at": 0, "until": 60}),
    "Job": (Job, {"model_name": "iris"}),
    "Inference.deploy": (
        Inference.deploy,
        {"model_name": "m", "machine_id_config": "c5.large.od", "artifacts_path": "x"},
    ),
    "Inference.complete": (Inference.complete, {"model_name": "iris"}),
    "Inference.update_clients": (Inference.update_clients, {"model_name": "iris"}),
    "Inference.list_clients": (Inference.list_clients, {"model_name": "iris"}),
    "Inference.cost": (Inference.cost, {"model_name": "iris"}),
}
ANYTHING = {"sample", "data", "namespace", "card"}
"""Parameters that take any value, or any dictionary."""


@pytest.mark.parametrize(("function", "fit"), CALLS.values(), ids=CALLS.keys())
def test_no_public_function_raises_somebody_elses_words(
    function: Callable[..., Any], fit: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"AIBRO_HOME": str(tmp_path / "home"), "AIBRO_URL": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIBRO_TOKEN", "secret_x")
    monkeypatch.chdir(tmp_path)
    for name in inspect.signature(function).parameters.keys() - ANYTHING:
        for wrong in (object(), [object()], {5: None}):
            if name == "samples" and isinstance(wrong, list):
                continue
            with pytest.raises(BadRequest) as caught:
                function(**fit | {name: wrong})
            assert type(caught.value) is not BadRequest or name in caught.value.message


def test_what_a_job_is_asked_is_checked_too() -> None:
    job = Job.__new__(Job)
    for wrong in ({"lines": "many"}, {"request": 5}):
        with pytest.raises(BadRequest, match=next(iter(wrong))):
            job.logs(**wrong)


def test_clients_are_checked_before_a_backend_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    for wrong in ({"add_client_ids": None}, {"add_client_ids": [5]}, {"remove_client_ids": 5}, {"be_public": "no"}):
        with pytest.raises(BadRequest, match=next(iter(wrong))):
            Inference.update_clients(**wrong, model_name="iris")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", ["client_ids", "secrets"])
def test_what_may_be_secret_is_repeated_in_no_error(name: str) -> None:
    wrong: list[Any] = [[b"canary"], {"KEY": b"canary"}, [["canary"]], ("canary", 5)]
    for value in wrong:
        with pytest.raises(BadRequest) as caught:
            Deployment(**{name: value})
        assert "canary" not in "\n".join(caught.value.story())
    right: dict[str, Any] = {name: ["canary"]}
    assert "canary" not in repr(Deployment(**right))


def test_values_of_libraries_are_numbers_and_texts_too() -> None:
    numbers: dict[str, Any] = {"cool_down": numpy.int64(60), "budget_per_day": numpy.float32(2.5)}
    held = Deployment(**numbers, client_ids="ana", mint=["ben"])
    assert (held.cool_down, held.budget_per_day, held.client_ids, held.mint) == (60, 2.5, ("ana",), ("ben",))
    assert type(held.cool_down) is int


def test_what_excludes_each_other_and_what_comes_twice_is_refused() -> None:
    with pytest.raises(BadRequest, match="exclude each other"):
        Bounds(ttl_s=5, until=time.time() + 60)
    with pytest.raises(DuplicateClients):
        Deployment(client_ids=["ana", "ana"])
    with pytest.raises(BadRequest, match="no name"):
        _ = Deployment().model_name


@pytest.mark.parametrize(
    "wrong",
    [{"rate": 0}, {"rate": "20"}, {"notice_s": -1}, {"notice_s": ""}, {"notice_s": False}, {"patience_s": 0}, {"body": 5}, {"kind": None}, {"kind": "fire"}],
)  # fmt: skip
def test_a_drill_is_checked_alike(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=next(iter(wrong))):
        DrillOptions(**{"kind": "kill"} | wrong)


def test_a_jobs_own_drill_has_the_same_defaults() -> None:
    found = inspect.signature(aibro_jupyter.Job.drill).parameters
    told = {option.name: option.default for option in options_of(DrillOptions)}
    assert {name: found[name].default for name in ("body", "rate", "notice_s")} == {
        name: told[name] for name in ("body", "rate", "notice_s")
    }


def test_a_drill_from_words() -> None:
    words = parsed(
        "aibro", ["drill", "spot", "iris", "--notice", "0", "--patience", "1m", "--rate", "5", "--body", "[1]"]
    )
    assert DrillOptions(**said(DrillOptions, words)) == DrillOptions(
        kind="spot", notice_s=0, patience_s=60, rate=5, body="[1]"
    )


MACHINES = {
    "none": ({}, MachineConfig(standby="c5.large")),
    "an id": ({"machine": "c5.xlarge.od"}, MachineConfig(standby="c5.xlarge")),
    "two ids": ({"machine": "t3.micro.od", "cooling": "t3.small.od"}, MachineConfig(standby="t3.micro", cooling="t3.small")),
    "a dictionary": ({"machine": {"standby": "t3.micro.od", "cooling": "t3.small.od"}}, MachineConfig(standby="t3.micro", cooling="t3.small")),
    "a dictionary and an id": ({"machine": {"standby": "t3.micro.od"}, "cooling": "t3.small.od"}, MachineConfig(standby="t3.micro", cooling="t3.small")),
}  # fmt: skip


@pytest.mark.parametrize(("given", "meant"), MACHINES.values(), ids=MACHINES.keys())
def test_machines(given: dict[str, Any], meant: MachineConfig) -> None:
    assert Deployment(**given).machines() == meant


LINE = """deploy f --name iris --machine {"standby":"c5.large.od"} --cooling c5.xlarge.od --cool-down 2m --client ana ben
 --mint eve --description flowers --wait 1m --request-limit 90 --slots 3 --on here --enforce --isolate --no-wait --replace --secret KEY
 --budget-per-day 5 --budget-stop $50 --ttl 8h --notify https://example.com/hook
 --max-wait 10s --at-once 4 --per-second 2.5 --cors https://App.example.com/ http://localhost:3000"""


def test_from_words_to_the_wire() -> None:
    words = parsed("aibro", LINE.split())
    wanted = Deployment(**said(Deployment, words))
    assert {name for name, option in OPTIONS.items() if alike(getattr(wanted, name), option.default)} == {"on", "until"}
    spec = wanted.spec(bundle="b" * 64, python="3.12", secrets="key", about="{}")
    assert spec == VersionSpec(
        bundle="b" * 64,
        lock="",
        python="3.12",
        machines=MachineConfig(standby="c5.large", cooling="c5.xlarge"),
        cool_down_period_s=120,
        request_limit_s=90,
        slots=3,
        enforce=True,
        isolate=True,
        description="flowers",
        secrets="key",
        about="{}",
    )
    before = time.time()
    request = wanted.request("inf_1", spec, ["ana", "ben", "eve-1"])
    assert request.limits is not None
    ends = request.limits.until
    assert ends is not None
    assert before + 8 * 3600 <= ends <= time.time() + 8 * 3600
    limits = Limits(
        budget_per_day_micros=5_000_000,
        budget_stop_micros=50_000_000,
        until=ends,
        notify="https://example.com/hook",
    )
    assert request == DeployRequest(
        job_id="inf_1",
        model_name="iris",
        spec=spec,
        client_ids=("ana", "ben", "eve-1"),
        wait_request_s=60,
        limits=limits,
        terms=Terms(
            max_wait_s=10.0,
            allowance=Allowance(at_once=4, per_second=2.5),
            origins=("https://app.example.com", "http://localhost:3000"),
        ),
    )
    update = wanted.update("ver_1", spec)
    assert update.limits is not None
    assert (update.version_id, update.spec, update.limits.notify) == ("ver_1", spec, limits.notify)
    assert update.terms is not None
    assert (update.terms.max_wait_s, update.terms.at_once) == (10.0, 4)


def test_words_that_say_nothing_are_the_defaults() -> None:
    assert Deployment(**said(Deployment, parsed("aibro", ["deploy", "f"]))) == Deployment()
    assert Deployment().limits() is None
    assert Deployment().terms() is None


def test_every_default_is_shown_as_a_word_that_means_it() -> None:
    for option in OPTIONS.values():
        if option.fallback and not option.otherwise:
            assert option.taken(option.kind.read(option.fallback)) == option.default


def test_a_mistake_is_told_before_a_secret_is_asked_for() -> None:
    from aibro_jupyter.verbs import Asker, run

    asker = Asker(namespace={}, secret=lambda _: pytest.fail("a secret was asked for"))
    for words in (["len", "--cooling", "g5.xlarge"], ["nothing"]):
        with pytest.raises(AibroError):
            run(["deploy", *words, "--secret", "AIBRO_TEST_NOT_SET"], asker)

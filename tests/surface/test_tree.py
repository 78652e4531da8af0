from __future__ import annotations

import argparse
import re
from collections.abc import Callable

import pytest

from aibro_jupyter import clock
from aibro_jupyter.client.kinds import FLAG
from aibro_jupyter.client.reading import dollars, moment, seconds, web_address
from aibro_jupyter.verbs.table import VERBS, parsed
from aibro_jupyter.verbs.tree import BadCommand, HelpAsked

SPELLINGS = {
    "short": "deploy predict --name iris --machine c5.large.od --cooling g4dn.4xlarge.od --cool-down 10m --client alice",
    "the reference's": "deploy predict --model-name iris --machine-id-config c5.large.od --cooling g4dn.4xlarge.od "
    "--cool-down-period-s 600 --client-ids alice",
}


@pytest.mark.parametrize("line", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_both_spellings_mean_the_same(line: str) -> None:
    found = parsed("%aibro", line.split())
    assert (found.what, found.name, found.machine, found.cooling) == (
        "predict",
        "iris",
        "c5.large.od",
        "g4dn.4xlarge.od",
    )
    assert (found.cool_down, found.client_ids, found.wait_request_s) == (600, ["alice"], 30)


@pytest.mark.parametrize(("text", "meaning"), [("600", 600), ("10m", 600), ("90s", 90), ("1h30m", 5400), ("2 h", 7200)])
def test_durations(text: str, meaning: int) -> None:
    assert seconds(text) == meaning


@pytest.mark.parametrize("text", ["", "soon", "10x", "-5", "1h-"])
def test_no_duration(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        seconds(text)


@pytest.mark.parametrize(
    ("verb", "meant"),
    [("stop", "complete"), ("delete", "complete"), ("undeploy", "complete"), ("ls", "status"), ("deplyo", "deploy"), ("dotcor", "doctor")],
)  # fmt: skip
def test_a_wrong_verb_names_the_right_one(verb: str, meant: str) -> None:
    with pytest.raises(BadCommand) as caught:
        parsed("%aibro", [verb, "iris"])
    assert caught.value.fix == f"did you mean `%aibro {meant} iris`?"


def test_a_wrong_option_is_one_line() -> None:
    with pytest.raises(BadCommand, match="unrecognized arguments: --machin") as caught:
        parsed("%aibro", ["deploy", "predict", "--machin", "x"])
    assert len(caught.value.story()) <= 6


def test_help_is_an_answer() -> None:
    with pytest.raises(HelpAsked) as caught:
        parsed("%aibro", ["deploy", "--help"])
    assert "--cool-down" in caught.value.text
    with pytest.raises(HelpAsked):
        parsed("%aibro", [])


def test_jobs_is_status() -> None:
    assert parsed("aibro", ["jobs", "iris"]).name == "iris"


def test_every_verb_of_the_design_is_there() -> None:
    wanted = "drill events rollback cooling limits budget deploy capture dryrun status jobs complete clients logs cost machines login up down doctor explain help"
    assert set(wanted.split()) <= {name for verb in VERBS for name in verb.names}


def test_no_option_takes_a_token() -> None:
    secret = [option for verb in VERBS for option in verb.options if re.search("token|password", str(option.spellings))]
    assert [(option.flags, option.kind) for option in secret] == [(("--token-stdin",), FLAG)], "which takes no value"


@pytest.mark.parametrize(("text", "amount"), [("5", 5.0), ("$2.50", 2.5), ("0.000001", 0.000001)])
def test_money(text: str, amount: float) -> None:
    assert dollars(text) == amount


@pytest.mark.parametrize(
    ("read", "text"),
    [(dollars, "five"), (dollars, "0"), (dollars, "-1"), (dollars, "nan"), (dollars, "inf"), (moment, "25:00"), (moment, "soon"),
     (moment, "2001-01-01T00:00"), (web_address, "ftp://x"), (web_address, "hooks")],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        read(text)


def test_a_time_of_day_is_the_next_one() -> None:
    assert 0 < moment("00:00") - clock.now() <= 86400


def test_a_ttl_and_an_end_exclude_each_other() -> None:
    with pytest.raises(BadCommand, match="not allowed with"):
        parsed("aibro", ["deploy", "x", "--ttl", "8h", "--until", "18:00"])


def test_a_drill_names_its_kind_then_its_job() -> None:
    found = parsed("aibro", ["drill", "kill", "iris", "--rate", "5"])
    assert (found.kind, found.name, found.rate) == ("kill", "iris", 5.0)
    with pytest.raises(BadCommand, match="invalid choice"):
        parsed("aibro", ["drill", "fire", "iris"])

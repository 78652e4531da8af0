from __future__ import annotations

import argparse

import pytest

from aibro_jupyter.verbs.tree import BadCommand, HelpAsked, options_of, parsed, parser, seconds, verbs_of

SPELLINGS = {
    "short": "deploy predict --name iris --machine c5.large.od --cooling g4dn.4xlarge.od --cool-down 10m --client alice",
    "the reference's": "deploy predict --model-name iris --machine-id-config c5.large.od --cooling g4dn.4xlarge.od "
    "--cool-down-period-s 600 --client-ids alice",
}


@pytest.mark.parametrize("line", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_both_spellings_mean_the_same(line):
    found = parsed("%aibro", line.split())
    assert (found.what, found.name, found.machine, found.cooling) == (
        "predict",
        "iris",
        "c5.large.od",
        "g4dn.4xlarge.od",
    )
    assert (found.cool_down, found.client_ids, found.wait_request_s) == (600, ["alice"], 30)


@pytest.mark.parametrize(("text", "meaning"), [("600", 600), ("10m", 600), ("90s", 90), ("1h30m", 5400), ("2 h", 7200)])
def test_durations(text, meaning):
    assert seconds(text) == meaning


@pytest.mark.parametrize("text", ["", "soon", "10x", "-5", "1h-"])
def test_no_duration(text):
    with pytest.raises(argparse.ArgumentTypeError):
        seconds(text)


@pytest.mark.parametrize(
    ("verb", "meant"),
    [("stop", "complete"), ("delete", "complete"), ("undeploy", "complete"), ("ls", "status"), ("deplyo", "deploy"), ("dotcor", "doctor")],
)  # fmt: skip
def test_a_wrong_verb_names_the_right_one(verb, meant):
    with pytest.raises(BadCommand) as caught:
        parsed("%aibro", [verb, "iris"])
    assert caught.value.fix == f"did you mean `%aibro {meant} iris`?"


def test_a_wrong_option_is_one_line():
    with pytest.raises(BadCommand, match="unrecognized arguments: --machin") as caught:
        parsed("%aibro", ["deploy", "predict", "--machin", "x"])
    assert len(caught.value.story()) <= 6


def test_help_is_an_answer():
    with pytest.raises(HelpAsked) as caught:
        parsed("%aibro", ["deploy", "--help"])
    assert "--cool-down" in caught.value.text
    with pytest.raises(HelpAsked):
        parsed("%aibro", [])


def test_jobs_is_status():
    assert parsed("aibro", ["jobs", "iris"]).name == "iris"


def test_every_verb_of_the_design_is_there():
    wanted = "deploy capture dryrun status jobs complete clients logs cost machines login up down doctor explain help"
    assert set(wanted.split()) <= set(verbs_of(parser("aibro")))


def test_options_can_be_listed():
    assert {"--name", "--cooling", "--sample"} <= set(options_of(verbs_of(parser("aibro"))["deploy"]))


def test_no_option_takes_a_token():
    spoken = {option for tree in verbs_of(parser("aibro")).values() for option in options_of(tree)}
    assert not [option for option in spoken if "token" in option or "password" in option]

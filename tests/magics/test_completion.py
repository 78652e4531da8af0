"""What Tab offers is what the parser takes: every long option of every verb, every choice, at its place."""

from __future__ import annotations

import argparse
from typing import NoReturn

import pytest

from aibro_jupyter.client.deployed import DeployedNames
from aibro_jupyter.jupyter import completion
from aibro_jupyter.jupyter.completion import offers
from aibro_jupyter.machines import catalogue
from aibro_jupyter.verbs.table import VERBS
from aibro_jupyter.verbs.tree import parser

NAMES = {"X": [1], "predict": len, "_hidden": 1}
JOBS = ("iris", "mood")


def branches() -> dict[str, argparse.ArgumentParser]:
    tree = parser("%aibro", VERBS)
    return dict(next(one for one in tree._actions if isinstance(one, argparse._SubParsersAction)).choices)


BRANCHES = branches()
CHOICES = [
    (name, action)
    for name, branch in BRANCHES.items()
    for action in branch._actions
    if action.choices and not isinstance(action, argparse._SubParsersAction)
]


@pytest.fixture(autouse=True)
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = DeployedNames()
    monkeypatch.setattr(known, "_names", JOBS)
    monkeypatch.setattr(completion, "_DEPLOYED", known)
    monkeypatch.setattr("aibro_jupyter.client.deployed.backend", _no_backend)


def _no_backend(*, start: bool) -> NoReturn:
    raise OSError


def test_every_verb_is_offered() -> None:
    assert set(offers("%aibro ", NAMES)) == set(BRANCHES)


@pytest.mark.parametrize("name", BRANCHES)
def test_the_long_options_of_a_verb_are_offered_and_nothing_else(name: str) -> None:
    taken = {flag for action in BRANCHES[name]._actions for flag in action.option_strings if flag.startswith("--")}
    assert list(offers(f"%aibro {name} --", NAMES)) == sorted(taken)
    assert list(offers(f"%aibro {name} word --", NAMES)) == sorted(taken)


@pytest.mark.parametrize(("name", "action"), CHOICES, ids=[f"{name} {action.dest}" for name, action in CHOICES])
def test_every_choice_is_offered_where_it_is_made(name: str, action: argparse.Action) -> None:
    line = f"%aibro {name} {action.option_strings[0]} " if action.option_strings else f"%aibro {name} "
    if name == "cooling":
        line += "iris "
    assert tuple(offers(line, NAMES)) == tuple(action.choices or ())


@pytest.mark.parametrize("name", BRANCHES)
def test_behind_a_flag_without_a_value_stands_what_stood_before_it(name: str) -> None:
    before = list(offers(f"%aibro {name} ", NAMES))
    for action in BRANCHES[name]._actions:
        if action.nargs == 0:
            for flag in action.option_strings:
                assert list(offers(f"%aibro {name} {flag} ", NAMES)) == before


def test_every_option_for_a_machine_offers_the_catalogue() -> None:
    for flag in ("--machine", "--standby", "--machine-id-config", "--cooling"):
        assert list(offers(f"%aibro deploy f {flag} ", NAMES)) == sorted(f"{name}.od" for name in catalogue())


AT = {
    "%aibro complete ": JOBS,
    "%aibro complete iris ": (),
    "%aibro complete --model-name ": JOBS,
    "%aibro panel ": JOBS,
    "%aibro clients iris --public ": (),
    "%aibro clients --mint ana ben ": (),
    "%aibro deploy f --name ": JOBS,
    "%aibro deploy f --sample ": ("X", "predict"),
    "%aibro deploy f --cool-down ": (),
    "%aibro drill ": ("spot", "sleep", "kill"),
    "%aibro drill kill ": JOBS,
    "%aibro drill kill --rate 5 ": JOBS,
    "%aibro cooling ": (*JOBS, "on", "off"),
    "%aibro cooling iris o": ("on", "off"),
    "%aibro nothing ": (),
    "x = 1": (),
}


@pytest.mark.parametrize(("line", "offered"), AT.items(), ids=AT.keys())
def test_a_place_offers_what_may_stand_there(line: str, offered: tuple[str, ...]) -> None:
    assert tuple(offers(line, NAMES)) == offered

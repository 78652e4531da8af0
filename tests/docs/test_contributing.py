"""CONTRIBUTING.md and the hooks cannot rot: what they name is there, and what they propose works."""

from __future__ import annotations

import re
from importlib import import_module
from operator import attrgetter

import pytest

from tests.docs.markdown import ROOT, commands, links, make_words, spans, targets, understood

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
SYMBOL = re.compile(r"[\w.]+:[\w.]+")
PATH = re.compile(r"[\w.-]*/[\w./-]*|[\w.-]+\.(?:md|toml|lock|in|json|yaml|yml)")
RECIPES = {"a provider", "a verb", "a saver", "a status", "an error"}
MADE_AT_RUN_TIME = {"boot.json"}


def _there(path: str) -> bool:
    """Tell whether it is in the repository; NAME stands for the file that the reader will write."""
    place = ROOT / path
    return place.parent.is_dir() if place.stem == "NAME" else place.exists()


@pytest.mark.parametrize("path", sorted({one for one in spans(TEXT) if PATH.fullmatch(one)} - MADE_AT_RUN_TIME))
def test_a_path_is_there(path: str) -> None:
    assert _there(path)


@pytest.mark.parametrize("target", sorted(set(links(TEXT))))
def test_a_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize("symbol", sorted({one for one in spans(TEXT) if SYMBOL.fullmatch(one)}))
def test_a_symbol_can_be_imported(symbol: str) -> None:
    module, _, name = symbol.partition(":")
    assert attrgetter(name)(import_module(module)) is not None


@pytest.mark.parametrize("target", sorted(make_words(TEXT)))
def test_a_target_is_in_the_makefile(target: str) -> None:
    assert target in targets()


@pytest.mark.parametrize("line", sorted(set(commands(TEXT))))
def test_a_command_is_understood(line: str) -> None:
    assert understood(line)


def test_there_is_a_recipe_for_each() -> None:
    assert set(re.findall(r"^## How to add (.+)$", TEXT, re.MULTILINE)) == RECIPES


def test_every_target_of_the_makefile_that_people_run_is_told_of() -> None:
    asides = {"help", "lab", "clean"}
    assert targets() - asides <= make_words(TEXT)


def test_hooks_fetch_nothing_and_are_the_steps_of_make_check() -> None:
    told = re.findall(r"^ +(?:- )?(\w+): (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert {value for key, value in told if key == "repo"} == {"local"}
    assert {value for key, value in told if key == "language"} == {"system"}
    check = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert check is not None
    steps = check[1].replace("$(BIN)", ".venv/bin").replace("$(MAKE)", "make").replace("\t", "").splitlines()
    assert [value for key, value in told if key == "entry"] == steps

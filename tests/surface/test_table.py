"""What follows from the table of verbs: every example, every proposed command, every verb that only reads."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aibro_jupyter.errors import AibroError, BackendDown, BadMachine
from aibro_jupyter.jupyter.line import words_of
from aibro_jupyter.machines import DEFAULT_MACHINE
from aibro_jupyter.protocol import MachineView
from aibro_jupyter.verbs import Asker, BadCommand, parsed, run
from aibro_jupyter.verbs.table import BY_NAME, VERBS
from aibro_jupyter.verbs.tree import HelpAsked
from aibro_jupyter.verbs.verb import Verb
from aibro_jupyter.views.lists import MachineTable

ROOT = Path(__file__).parents[2]
SIDEBAR = ROOT / "labextension" / "src"
EXAMPLES = [(verb, line) for verb in VERBS for line in verb.examples]
PROPOSED = re.compile(r"`(?:%?aibro|\{[\w.]*prog\}) ([a-z][^`]*)`")
"""A command in backticks, as messages and docs propose it."""
FILLED = re.compile(r"\{[^}]*\}|…|\\n")


@pytest.mark.parametrize(("verb", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
@pytest.mark.parametrize("split", [words_of, shlex.split], ids=["notebook", "terminal"])
def test_an_example_is_understood_as_its_verb(verb: Verb, line: str, split: Callable[[str], list[str]]) -> None:
    assert parsed("aibro", split(line)).verb == verb.name


def test_every_verb_has_an_example_and_help_shows_it() -> None:
    for verb in VERBS:
        with pytest.raises(HelpAsked) as asked:
            parsed("%aibro", [verb.name, "--help"])
        assert verb.examples
        assert all(f"  %aibro {line}" in asked.value.text.splitlines() for line in verb.examples)
        assert run(["help", verb.name], Asker(prog="%aibro")).text() == asked.value.text


def test_no_word_names_two_verbs() -> None:
    names = [name for verb in VERBS for name in verb.names]
    synonyms = [word for verb in VERBS for word in verb.synonyms]
    assert sorted({*names, *synonyms}) == sorted(names + synonyms)


@pytest.mark.parametrize(("word", "verb"), [(word, verb.name) for verb in VERBS for word in verb.synonyms])
def test_a_synonym_is_told_the_verb(word: str, verb: str) -> None:
    with pytest.raises(BadCommand) as caught:
        parsed("aibro", [word, "iris"])
    assert caught.value.fix == f"did you mean `aibro {verb} iris`?"


def test_help_knows_near_misses_too() -> None:
    with pytest.raises(BadCommand, match="no verb is called 'deplyo'") as caught:
        run(["help", "deplyo"], Asker(prog="%aibro"))
    assert "did you mean `%aibro deploy" in caught.value.fix


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.reads_only], ids=lambda verb: verb.name)
def test_a_verb_that_only_reads_starts_no_backend(verb: Verb, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("AIBRO_HOME", str(home))
    for line in verb.examples:
        with contextlib.suppress(BackendDown):
            run(words_of(line), Asker(namespace={}))
    assert not home.exists()


def proposed() -> Iterator[tuple[str, str]]:
    """Every command that a text of ours proposes, and where."""
    paths = [
        *(ROOT / "aibro_jupyter").rglob("*.py"),
        *SIDEBAR.glob("*.ts*"),
        *(ROOT / "docs").glob("*.md"),
        ROOT / "README.md",
    ]
    for path in paths:
        for found in PROPOSED.finditer(path.read_text(encoding="utf-8")):
            yield str(path.relative_to(ROOT)), FILLED.sub("X", found[1])


def test_without_a_backend_machines_are_those_that_a_backend_tells(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AIBRO_URL", raising=False)
    view = run(["machines"], Asker())
    assert isinstance(view, MachineTable)
    assert view.machines == MachineView.catalogue()
    assert "g4dn.4xlarge" in [line.machine_id for line in view.machines], "spot has a row as well"


def test_a_machine_that_nobody_knows_is_an_error_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    with pytest.raises(BadMachine, match=r"no machine is called 'c5\.larg\.od'") as caught:
        run(["machines", "c5.larg.od"], Asker())
    assert "did you mean c5.large.od?" in caught.value.fix


def test_a_proposed_command_has_a_verb_and_options_of_the_table() -> None:
    wrong = []
    found = list(proposed())
    for path, line in found:
        first, *words = line.split()
        verb = BY_NAME.get(first)
        flags = [word for word in words if word.startswith("--") and word != "--json"]
        if verb is None or [flag for flag in flags if flag not in verb.long_flags]:
            wrong.append(f"{path}: {line}")
    assert wrong == []
    assert len(found) > 40


def test_the_sidebar_writes_no_command_flag_or_default_by_hand() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in SIDEBAR.glob("*.ts*")}
    del texts["options.ts"], texts["verbs.ts"]  # written from the tables
    command, flag = rf"[`'\"n]%?aibro (?:{'|'.join(BY_NAME)})\b", r"['\"` ]--[a-z]"
    values = [option.fallback for option in BY_NAME["deploy"].options if option.label and option.default]
    default = rf"['\"`](?:{'|'.join(map(re.escape, [DEFAULT_MACHINE, *values]))})['\"`]"
    wrong = re.compile(f"{command}|{flag}|{default}")
    # What a comment says, nobody types.
    said = {name: re.sub(r"/\*.*?\*/|// .*", "", text, flags=re.DOTALL) for name, text in texts.items()}
    assert {name: found for name, text in said.items() if (found := wrong.findall(text))} == {}
    assert "10m" in values


def test_without_a_machine_the_form_reckons_with_what_stands_in() -> None:
    machine = BY_NAME["deploy"].option("--machine")
    assert machine is not None
    assert machine.fallback == DEFAULT_MACHINE


def test_a_verb_that_nobody_knows_is_an_error_of_ours() -> None:
    with pytest.raises(AibroError, match="no verb is called 'fly'"):
        run(["fly"], Asker())

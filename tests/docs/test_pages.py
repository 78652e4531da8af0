"""The site holds together: every page is in its menu, links resolve, and what pages show can be typed."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

import aibro_jupyter
from aibro_jupyter.inference import Inference
from tests.docs.markdown import DOCS, ROOT, anchors, blocks, commands, links, understood

PAGES = {str(page.relative_to(DOCS)): page.read_text() for page in sorted(DOCS.rglob("*.md"))}
DECISIONS = {name: text for name, text in PAGES.items() if re.match(r"decisions/\d", name)}
OURS = {name: getattr(aibro_jupyter, name) for name in ("capture", "deploy", "predict", "simulate", "use", "Job")} | {
    f"Inference.{name}": getattr(Inference, name) for name in ("deploy", "complete", "update_clients", "list_clients")
}
SHOWN = PAGES | {"README.md": (ROOT / "README.md").read_text()}
PYTHON = [(name, block) for name, text in PAGES.items() for block in blocks(text, "python")]


def test_the_menu_has_every_page_once() -> None:
    _, _, menu = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")
    assert sorted(re.findall(r"^ +- (?:[^:\n]+: )?(\S+\.md)$", menu, re.MULTILINE)) == sorted(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_links_resolve(name: str) -> None:
    for link in links(PAGES[name]):
        target, _, anchor = link.partition("#")
        place = (DOCS / name).parent / target if target else DOCS / name
        assert place.is_file(), link
        assert place.resolve().is_relative_to(DOCS), f"{link} leaves the site"
        assert not anchor or anchor in anchors(place.read_text()), link


@pytest.mark.parametrize(
    ("name", "line"), sorted({(name, line) for name, text in SHOWN.items() for line in commands(text)})
)
def test_a_command_is_understood(name: str, line: str) -> None:
    assert understood(line)


@pytest.mark.parametrize(("name", "block"), PYTHON)
def test_a_call_of_ours_has_parameters_that_exist(name: str, block: str) -> None:
    for call in (node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call)):
        asked = ast.unparse(call.func).removeprefix("aibro_jupyter.")
        if asked in OURS:
            given = {str(keyword.arg): object() for keyword in call.keywords}
            inspect.signature(OURS[asked]).bind(*map(ast.unparse, call.args), **given)


@pytest.mark.parametrize("name", sorted({one for text in PAGES.values() for one in re.findall(r"^::: (\S+)", text, re.MULTILINE)}))  # fmt: skip
def test_what_the_reference_describes_is_there(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    found = attrgetter(attribute)(import_module(module))
    assert inspect.getdoc(found)


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    numbers = [int(Path(name).name[:4]) for name in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [f"decisions/{link}" for link in links(PAGES["decisions/index.md"])] == list(DECISIONS)


@pytest.mark.parametrize("name", [name for name in DECISIONS if not name.startswith("decisions/0001")])
def test_a_decision_says_what_would_change_our_mind(name: str) -> None:
    text = DECISIONS[name]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "What would change our mind",
    ]
    assert text.startswith(f"# {Path(name).name[:4]} ")


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name, text in DECISIONS.items() for path in re.findall(r"`([\w-]+/[\w./-]+)`", text)],
)
def test_a_decision_names_files_that_are_there(name: str, path: str) -> None:
    assert any((place / path).exists() for place in (ROOT, ROOT / "aibro_jupyter"))

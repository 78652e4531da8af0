"""What a page tells people to type is typed, in the order of the page, beside a live job; nothing of it is refused."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from aibro_jupyter.errors import AibroError
from aibro_jupyter.jupyter.line import words_of
from aibro_jupyter.verbs import Asker, run
from tests.docs.markdown import typed
from tests.docs.test_pages import SHOWN
from tests.onebackend import one_backend
from tests.ports import free_port

PAGES = {name: lines for name, text in SHOWN.items() if name != "verbs.md" and (lines := typed(text))}
"""A page of examples by verb is tested with the table that it is made from."""
ELSEWHERE = re.compile(r"^%%|--follow$|--foreground$|--token-stdin$|--from FILE$")
"""What needs a cell below it, goes on until somebody ends it, or reads what is piped to it: tested where it belongs."""
NOT_HERE = ("no-systemd", "backend-down", "unauthorized", "backend-runs")
"""What a page may ask of places that this test has not: a service manager, a backend of a host that is none,
a backend that does not run."""
PREPARED = (
    "%aibro deploy predict --name iris --sample X[:5] --cooling g4dn.4xlarge.od --client bob",
    "%aibro deploy predict --name iris --sample X[:5] --cooling g4dn.4xlarge.od --cool-down 5m",
)
"""The second makes another version, so that there is something to roll back to."""


MODEL = """\
def predict(rows: list[list[float]]) -> list[float]:
    return [sum(row) for row in rows]
"""


def answered(line: str) -> str:
    """Type a line where the functions and their rows are; return the code of its refusal."""
    model = import_module("pages_model")
    names = {"predict": model.predict, "X": [[float(x), 1.0] for x in range(9)]}
    try:
        notebook = line.startswith("%")
        words = [word for word in words_of(line.partition(" ")[2]) if word != "--json"]
        run(words, Asker(prog="aibro", namespace=names if notebook else None, secret=lambda _: "secret_x"))
    except AibroError as error:
        return f"{error.code}: {error.message}"
    return ""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pages_model.py").write_text(MODEL)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pages_model", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("SUMMARY_API_KEY", "canary")
    with one_backend(tmp_path / "home") as home:
        yield home


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_says_can_be_done(name: str, place: Path) -> None:
    for line in PREPARED:
        assert answered(line) == ""
    told = {line: answered(filled(line)) for line in PAGES[name] if not ELSEWHERE.search(line)}
    assert {line: code for line, code in told.items() if code and not code.startswith(NOT_HERE)} == {}


def filled(line: str) -> str:
    """The line with values for the words in capitals."""
    values = {"NAME": "iris", "CODE": "name-taken", "ID": "req_1", "VERB": "deploy"}
    for usual in ("8642", "8643"):
        line = line.replace(f"-port {usual}", f"-port {free_port()}")
    text = line.replace("https://models.example", "https://127.0.0.1:9")
    return re.sub(r"\b(NAME|CODE|ID|VERB)\b", lambda found: values[found[1]], text)

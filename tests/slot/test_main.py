"""The slot's protocol as the worker speaks it: frames on a socket, nothing else, and a pipe to live by."""

from __future__ import annotations

import ast
import io
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import aibro_jupyter
from aibro_jupyter.modelio.frames import (
    ANSWER,
    FAILED,
    FAULTS,
    PREDICT,
    READY,
    TOLD,
    Frame,
    FrameReader,
    head_of_question,
)
from tests.eventually import eventually
from tests.repo.models import model

MAIN = Path(aibro_jupyter.__file__).parent / "slot" / "main.py"


@contextmanager
def slot(repo: Path) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket, Iterator[Frame]]]:
    ours, theirs = socket.socketpair()
    held, life = pipe_with_a_writer()
    command = [
        sys.executable,
        "-I",
        str(MAIN),
        "--repo",
        str(repo),
        "--fd",
        str(theirs.fileno()),
        "--life-fd",
        str(life),
    ]
    process = subprocess.Popen(command, pass_fds=(theirs.fileno(), life), start_new_session=True, cwd=repo)
    theirs.close()
    os.close(life)
    with ours:
        try:
            yield process, ours, frames(ours)
        finally:
            os.close(held)
            process.wait(60)


def pipe_with_a_writer() -> tuple[int, int]:
    reads, writes = os.pipe()
    return writes, reads


def frames(link: socket.socket) -> Iterator[Frame]:
    reader = FrameReader(TOLD)
    while data := link.recv(65536):
        yield from reader.feed(data)


def asked(number: int, body: bytes, content_type: bytes = b"") -> bytes:
    return head_of_question(PREDICT, number, content_type, body) + body


def test_ready_then_an_answer_for_each_number_in_order(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", "print('noise')\ndef run(model, data):\n    print('more noise')\n    return data")
    with slot(repo) as (process, link, told):
        ready = next(told)
        assert (ready.kind, ready.number, set(ready.story())) == (READY, 0, {"load_s", "memory_mib", "modules"})
        link.sendall(asked(7, b"1", b"application/json") + asked(8, b"\xff\xfe\xfd") + asked(9, b'"x"')[:-1])
        first, second = next(told), next(told)
        link.sendall(b'"')
        third = next(told)
    assert first._replace(took_us=0) == Frame(ANSWER, 7, b"application/json", b"1", 0)
    assert (second.kind, second.number) == (ANSWER, 8)
    assert (third.number, third.whole) == (9, b'"x"')
    assert process.returncode is not None


def test_the_end_of_the_socket_ends_it_too(tmp_path: Path) -> None:
    with slot(model(tmp_path / "r", "def run(model, data): ...")) as (process, link, told):
        assert next(told).kind == READY
        link.shutdown(socket.SHUT_WR)
        process.wait(60)


@pytest.mark.parametrize(
    ("source", "stage"), [("import nosuch", "import"), ("def load_model(): 1 / 0\ndef run(m): ...", "load")]
)
def test_failed_names_the_stage_and_exits_with_1(tmp_path: Path, source: str, stage: str) -> None:
    with slot(model(tmp_path / "r", source)) as (process, _, answers):
        (failed,) = list(answers)
        assert process.wait(60) == 1
    assert (failed.kind, failed.story()["stage"]) == (FAILED, stage)
    assert set(failed.story()) == {"stage", "type", "message", "traceback"}


def test_the_end_of_its_life_line_ends_it_while_it_loads_waits_or_works(tmp_path: Path) -> None:
    for name, source in {
        "loads": "open('there', 'w').close()\ndef load_model():\n    while True: pass\ndef run(m): ...",
        "waits": "def run(m): ...\nopen('there', 'w').close()",
        "works": "def run(m):\n    open('there', 'w').close()\n    while True: pass",
    }.items():
        repo = model(tmp_path / name, source)
        with slot(repo) as (process, link, _):
            if name == "works":
                link.sendall(asked(1, b"{}"))
            eventually((repo / "there").exists)
        assert process.returncode is not None


def test_the_slot_needs_the_standard_library_alone() -> None:
    for path in [*MAIN.parent.glob("*.py"), *(MAIN.parent.parent / "modelio").glob("*.py")]:
        # Models live in older Pythons than ours.
        tree = ast.parse(path.read_text(), feature_version=(3, 9))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names, path
    command = [sys.executable, "-I", "-S", str(MAIN), "--help"]
    assert subprocess.run(command, capture_output=True, timeout=60, check=True).stdout.startswith(b"usage: slot")


PNG = b"\x89PNG\r\n\x1a\n and so on"
OPENS = """
def run(model{and_data}):
    {content}
    assert content.startswith(b"\\x89PNG"), "cannot identify image file"
    return len(content)
"""
MISTAKES = {
    "another kind, as data": (OPENS.format(and_data=", data", content="content = data"), b"%PDF-1.7", "a PDF"),
    "another kind, as a file": (
        OPENS.format(and_data="", content="content = open('data/cat.png', 'rb').read()"),
        b"hello",
        "the body is something else, and the model takes a PNG picture",
    ),
}


@pytest.mark.parametrize(("predict", "body", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_file_of_another_kind_is_the_callers_mistake(tmp_path: Path, predict: str, body: bytes, message: str) -> None:
    repo = model(tmp_path / "r", predict, data={"cat.png": PNG})
    with slot(repo) as (_, link, told):
        assert next(told).kind == READY
        for number, sent in enumerate((PNG, body)):
            link.sendall(asked(number, sent))
        assert next(told).kind == ANSWER
        failed = next(told)
    assert FAULTS[failed.kind] == "bad-input"
    assert message in failed.story()["message"]
    assert failed.story()["status"] == 422


def test_a_zip_without_the_file_that_the_model_opens_is_the_callers_mistake(tmp_path: Path) -> None:
    predict = "def run(model):\n    return open('data/q.json').read() + open('other.txt').read()"
    repo = model(tmp_path / "r", predict, data={"q.json": b"[1]", "r.json": b"[2]"})
    with slot(repo) as (_, link, told):
        assert next(told).kind == READY
        for name in ("s.json", "q.json"):
            made = io.BytesIO()
            with zipfile.ZipFile(made, "w") as archive:
                archive.writestr(name, "[3]")
            link.sendall(asked(1, made.getvalue(), b"application/zip"))
        lacking, own_fault = next(told), next(told)
    assert FAULTS[lacking.kind] == "bad-input"
    assert "the model reads data/q.json, and the body has s.json" in lacking.story()["message"]
    assert FAULTS[own_fault.kind] == "model-error"

"""The slot's protocol as the worker speaks it: frames on two pipes, nothing else."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import aibro_jupyter
from aibro_jupyter.modelio.frames import FrameReader, frame
from tests.eventually import eventually
from tests.repo.models import model

MAIN = Path(aibro_jupyter.__file__).parent / "slot" / "main.py"
Frame = tuple[dict[str, Any], bytes]


@contextmanager
def slot(repo: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, Iterator[Frame]]]:
    theirs_in, ours_in = os.pipe()
    ours_out, theirs_out = os.pipe()
    command = [
        sys.executable,
        "-I",
        str(MAIN),
        "--repo",
        str(repo),
        "--in-fd",
        str(theirs_in),
        "--out-fd",
        str(theirs_out),
    ]
    process = subprocess.Popen(command, pass_fds=(theirs_in, theirs_out), start_new_session=True, cwd=repo)
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield process, ours_in, frames(ours_out)
    finally:
        os.close(ours_in)
        process.wait(60)
        os.close(ours_out)


def frames(fd: int) -> Iterator[Frame]:
    reader = FrameReader()
    while data := os.read(fd, 65536):
        yield from reader.feed(data)


def test_ready_then_an_answer_for_each_id_in_order(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", "print('noise')\ndef run(model, data):\n    print('more noise')\n    return data")
    (tmp_path / "spooled").write_bytes(b'"from a file"')
    with slot(repo) as (process, ours_in, answers):
        ready, _ = next(answers)
        assert (ready["op"], ready["body_len"]) == ("ready", 0)
        assert set(ready) == {"op", "load_s", "memory_mib", "modules", "body_len"}
        asked = [
            frame({"op": "predict", "id": "a", "content_type": "application/json"}, b"1"),
            frame({"op": "predict", "id": "b", "content_type": None}, b"\xff\xfe\xfd"),
            frame({"op": "predict", "id": "c", "content_type": None, "body_path": str(tmp_path / "spooled")}),
        ]
        os.write(ours_in, b"".join(asked))
        (a, body_a), (b, _), (c, body_c) = next(answers), next(answers), next(answers)
    assert (a["id"], a["ok"], a["content_type"], body_a) == ("a", True, "application/json", b"1")
    assert (b["id"], b["ok"]) == ("b", True)
    assert (c["id"], json.loads(body_c)) == ("c", "from a file")
    assert process.returncode is not None


@pytest.mark.parametrize(
    ("source", "stage"), [("import nosuch", "import"), ("def load_model(): 1 / 0\ndef run(m): ...", "load")]
)
def test_failed_names_the_stage_and_exits_with_1(tmp_path: Path, source: str, stage: str) -> None:
    with slot(model(tmp_path / "r", source)) as (process, _, answers):
        ((failed, body),) = list(answers)
        assert process.wait(60) == 1
    assert (failed["op"], failed["stage"], body) == ("failed", stage, b"")
    assert set(failed["error"]) == {"type", "message", "traceback"}


def test_the_end_of_the_stream_ends_it_while_it_loads_waits_or_works(tmp_path: Path) -> None:
    for name, source in {
        "loads": "open('there', 'w').close()\ndef load_model():\n    while True: pass\ndef run(m): ...",
        "waits": "def run(m): ...\nopen('there', 'w').close()",
        "works": "def run(m):\n    open('there', 'w').close()\n    while True: pass",
    }.items():
        repo = model(tmp_path / name, source)
        with slot(repo) as (process, ours_in, _):
            if name == "works":
                os.write(ours_in, frame({"op": "predict", "id": "a", "content_type": None}, b"{}"))
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
    with slot(repo) as (_, into, told):
        assert next(told)[0]["op"] == "ready"
        for number, sent in enumerate((PNG, body)):
            os.write(into, frame({"op": "predict", "id": str(number)}, sent))
        assert next(told)[0]["ok"]
        failed, _ = next(told)
    assert failed["kind"] == "bad-input"
    assert message in failed["error"]["message"]
    assert failed["error"]["status"] == 422


def test_a_zip_without_the_file_that_the_model_opens_is_the_callers_mistake(tmp_path: Path) -> None:
    predict = "def run(model):\n    return open('data/q.json').read() + open('other.txt').read()"
    repo = model(tmp_path / "r", predict, data={"q.json": b"[1]", "r.json": b"[2]"})
    with slot(repo) as (_, into, told):
        assert next(told)[0]["op"] == "ready"
        for name in ("s.json", "q.json"):
            made = io.BytesIO()
            with zipfile.ZipFile(made, "w") as archive:
                archive.writestr(name, "[3]")
            os.write(into, frame({"op": "predict", "id": name, "content_type": "application/zip"}, made.getvalue()))
        lacking, _ = next(told)
        own_fault, _ = next(told)
    assert lacking["kind"] == "bad-input"
    assert "the model reads data/q.json, and the body has s.json" in lacking["error"]["message"]
    assert own_fault["kind"] == "model-error"

"""The leaf, and a slot that stands on it, under every Python there is on this machine: models live in older ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import aibro_jupyter
from aibro_jupyter.repo.slotprocess import SlotProcess
from aibro_jupyter.repo.slotstart import Start
from tests.repo.models import model

MINORS = range(9, 20)
LIMIT_S = 120
ROUND_TRIP = r"""
import datetime, decimal, importlib, json, pathlib, pkgutil, sys, uuid
sys.path.insert(0, sys.argv[1])
import modelio
for found in pkgutil.iter_modules(modelio.__path__):
    importlib.import_module("modelio." + found.name)
from modelio import bodies, describing, differences, frames, inputs, payload, values

frame = frames.head_of_question(frames.PREDICT, 7, b"text/plain", b"body") + b"body"
reader = frames.FrameReader(frames.ASK)
(found,) = [one for at in range(len(frame)) for one in reader.feed(frame[at:at + 1])]
assert (found.kind, found.number, found.content_type, found.whole) == (frames.PREDICT, 7, b"text/plain", b"body")

value = {1: {3, 1}, None: (1.5, float("nan")), "when": datetime.datetime(2026, 1, 2), "long": datetime.timedelta(1, 2, 3),
         "exact": decimal.Decimal("1.5"), "raw": b"\xff", "id": uuid.UUID(int=1), "at": pathlib.PurePosixPath("a/b")}
plain = {"1": [1, 3], "null": [1.5, None], "when": "2026-01-02T00:00:00", "long": "P1DT0H0M2.000003S", "exact": "1.5",
         "raw": "/w==", "id": "00000000-0000-0000-0000-000000000001", "at": "a/b"}
body = bodies.body_of(value)
assert body.content_type == "application/json"
parameters = [{"name": "q", "kind": "json"}]
assert inputs.decoded(body.content, body.content_type, {"whole": True, "parameters": parameters}) == plain
value = {"in": [(1.5, float("inf")), (float("nan"), 2)], "when": datetime.datetime(2026, 1, 2), "raw": b"\xff",
         "long": datetime.timedelta(1, 2, 3), "exact": decimal.Decimal("1.50"), "id": uuid.UUID(int=1), "some": {3, 1}}
said = {"whole": True, "parameters": [{"name": "q", **describing.described(value)}]}
body = bodies.body_of(value)
arrived = inputs.decoded(body.content, body.content_type, json.loads(json.dumps(said)))
assert repr(arrived) == repr(value), (arrived, said)
assert json.loads(values.encoded(value))["long"] == 86402.000003
assert payload.value_of(payload.posted(b"[1]", None, [])) == [1]
assert differences.differences([0.3, float("nan")], [0.1 + 0.2, float("nan")]) == []
print(sys.version_info[1])
"""


def interpreters() -> dict[str, str]:
    """Return this Python, and every other from 3.9 on that pyenv, uv or the PATH has, by where it is; none is run."""
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local" / "share" / "uv" / "python"))
    managed = [*(Path.home() / ".pyenv" / "versions").glob("3.*/bin"), *uv.glob("cpython-3.*/bin")]
    places = [*managed, *map(Path, os.environ.get("PATH", "").split(os.pathsep))]
    # A shim of pyenv is no interpreter: it says which one there is, or that there is none.
    programs = [place / f"python3.{minor}" for place in places if place.name != "shims" for minor in MINORS]
    others = {str(program.resolve()): str(program) for program in programs if os.access(program, os.X_OK)}
    return {"this": sys.executable} | {program: program for real, program in others.items() if real != THIS}


THIS = os.path.realpath(sys.executable)
FOUND = interpreters()


@pytest.mark.parametrize("program", FOUND.values(), ids=FOUND.keys())
def test_the_leaf_round_trips(program: str) -> None:
    package = Path(aibro_jupyter.__file__).parent
    command = [program, "-I", "-S", "-W", "error", "-c", ROUND_TRIP, str(package)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", FOUND.values(), ids=FOUND.keys())
def test_a_slot_answers(tmp_path: Path, program: str) -> None:
    repo = model(
        tmp_path / "r",
        "import sys\ndef run(model, data): return [sys.version_info[1], data]",
        aibro__json=json.dumps({"contract": 1, "input": {"parameters": [{"name": "q", "kind": "bytes"}]}}),
    )
    with SlotProcess(Start(python=Path(program), folder=repo), limit_s=LIMIT_S) as slot:
        result = slot.predict(b"\xff", None, LIMIT_S)
    assert json.loads(result.body)[1] == "/w=="

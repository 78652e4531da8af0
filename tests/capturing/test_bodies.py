"""What a captured function takes: every kind of body, and what a body that does not fit is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas
import pytest

from aibro_jupyter.client.predict import body
from aibro_jupyter.repo.slothost import Result
from aibro_jupyter.repo.slotprocess import SlotProcess
from aibro_jupyter.repo.slotstart import Start
from tests.capturing.kernel import TIMEOUT_S, Captured, Kernel

SETUP = """
import numpy as np, pandas as pd
frame = pd.DataFrame({"age": [30, 41], "city": ["Rome", "Oslo"], "fare": [7.5, None], "when": pd.to_datetime(["2024-01-01", "2024-02-03"])})
model = {"rate": 2}
def of_frame(d): return {"types": [str(t) for t in d.dtypes], "ages": (d["age"] * model["rate"]).tolist(), "years": d["when"].dt.year.tolist()}
def of_array(a): return {"type": str(a.dtype), "sum": a.sum(axis=1)}
def of_three(a): return (a * np.arange(3)).sum(axis=1)
def of_series(s): return {"type": str(s.dtype), "name": s.name, "sum": s.sum()}
def of_text(t): return t.upper()
def of_bytes(b): return len(b)
def of_several(d, n, model): return [len(d), n, model["rate"]]
"""

FITS: dict[str, tuple[str, Any, Any]] = {
    "records": ("of_frame, sample=frame", [{"age": 1, "city": "x", "fare": 1, "when": "2025-01-01"}], [2]),
    "columns": ("of_frame, sample=frame", {"when": ["2025-01-01"], "age": [1], "city": ["x"], "fare": [None]}, [2]),
    "CSV": ("of_frame, sample=frame", b"city,age,when,fare\nx,4,2025-01-01,\n", [8]),
    "ndarray": ("of_array, sample=np.ones((2, 3), dtype='float32')", [[1, 2, 3]], {"type": "float32", "sum": [6.0]}),
    "Series": ("of_series, sample=pd.Series([1, 2], name='n')", [5, 6], {"type": "int64", "name": "n", "sum": 11}),
    "str": ("of_text, sample='abc'", b"xyz", "XYZ"),
    "bytes": ("of_bytes, sample=b'abc'", b"\xff\x00", 2),
    "several": ("of_several, sample={'d': frame, 'n': 1}", {"d": json.loads("[]"), "n": 3}, [0, 3, 2]),
}

MISFITS: dict[str, tuple[str, Any, str]] = {
    "no such column": ("of_frame, sample=frame", [{"age": 1, "town": "x", "fare": 1, "when": "2025-01-01"}], "column 'city' is missing"),
    "text for a number": ("of_frame, sample=frame", [{"age": "old", "city": "x", "fare": 1, "when": "2025-01-01"}], "column 'age', row 0"),
    "no date": ("of_frame, sample=frame", [{"age": 1, "city": "x", "fare": 1, "when": "soon"}], "column 'when', row 0"),
    "too narrow": ("of_three, sample=np.ones((2, 3))", [[1, 2]], "expected 3 values in dimension 2"),
    "no number": ("of_array, sample=np.ones((2, 3))", [[1, 2, "x"]], "body[0][2]"),
    "no number in a Series": ("of_series, sample=pd.Series([1, 2])", [1, "x"], "position 1"),
    "a parameter is missing": ("of_several, sample={'d': frame, 'n': 1}", {"n": 1}, "'d' is missing"),
    "a parameter too many": ("of_several, sample={'d': frame, 'n': 1}", {"d": [], "n": 1, "model": {}}, "'model' is not a parameter"),
}  # fmt: skip


def asked(made: Captured, body: Any) -> Result:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with SlotProcess(Start(python=Path(sys.executable), folder=Path(made.told["path"])), limit_s=TIMEOUT_S) as slot:
        return slot.predict(raw, None, TIMEOUT_S)


@pytest.mark.parametrize(("call", "body", "expected"), FITS.values(), ids=FITS.keys())
def test_a_body_that_fits(notebook: Kernel, call: str, body: Any, expected: Any) -> None:
    notebook.run(SETUP)
    made = notebook.capture(call)
    assert made.proved == 1, made.told
    result = asked(made, body)
    assert result.ok, result
    answer = json.loads(result.body)
    assert (answer["ages"] if isinstance(answer, dict) and "ages" in answer else answer) == expected
    if isinstance(answer, dict) and "ages" in answer:
        assert answer["types"] == made.manifest["expected"]["types"]


ROWS = """
X = frame[["age", "fare"]].astype(float)
def of_row(row): return row["age"] * 2 + row["fare"]
def of_rows(row, times): return row["age"] * times
"""


def test_the_row_that_was_proved_is_the_row_that_is_called_with(notebook: Kernel) -> None:
    notebook.run(SETUP, ROWS)
    made = notebook.capture("of_row, sample=X.iloc[0]")
    assert made.proved == 1, made.told
    row = pandas.DataFrame({"age": [30.0], "fare": [7.5]}).iloc[0]
    sent = body(row)
    assert (sent.content.decode(), sent.content_type) == (made.told["body"], made.told["content_type"])
    with SlotProcess(Start(python=Path(sys.executable), folder=Path(made.told["path"])), limit_s=TIMEOUT_S) as slot:
        assert slot.predict(*sent, TIMEOUT_S).body == b"67.5"


def test_a_row_beside_another_parameter_goes_by_name(notebook: Kernel) -> None:
    notebook.run(SETUP, ROWS)
    made = notebook.capture("of_rows, sample=(X.iloc[0], 3)")
    assert made.proved == 1, made.told
    row = pandas.DataFrame({"age": [30.0], "fare": [7.5]}).iloc[0]
    by_name, as_written = body({"row": row, "times": 3}), body((row, 3))
    assert by_name.content.decode() == made.told["body"]
    with SlotProcess(Start(python=Path(sys.executable), folder=Path(made.told["path"])), limit_s=TIMEOUT_S) as slot:
        assert [slot.predict(*sent, TIMEOUT_S).body for sent in (by_name, as_written)] == [b"90.0", b"90.0"]


@pytest.mark.parametrize(("call", "body", "told"), MISFITS.values(), ids=MISFITS.keys())
def test_a_body_that_does_not_fit_is_told_where(notebook: Kernel, call: str, body: Any, told: str) -> None:
    notebook.run(SETUP)
    result = asked(notebook.capture(call), body)
    assert result.kind == "bad-input"
    assert told in result.told
    assert result.error["sample"]

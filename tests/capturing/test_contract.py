"""What a proved API takes beside its sample, and what of an answer is kept that JSON has no place for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.repo.slothost import Result
from aibro_jupyter.repo.slotprocess import SlotProcess
from aibro_jupyter.repo.slotstart import Start
from tests.capturing.kernel import TIMEOUT_S, Captured, Kernel

SETUP = """
import datetime as dt, math
import numpy as np, pandas as pd
w = np.array([0.5, 2.0])
names = ["a", "b", "c"]
hours = pd.DataFrame({"load": np.arange(48.)}, index=pd.date_range("2024-01-01", periods=48, freq="h", name="at"))
shuffled = pd.DataFrame({"x": [1.5, 2.5], "n": [1, 2]}, index=[73, 18])
def weighed(x): return (x @ w).tolist()
def named(x): return [names[i] for i in x]
def picked(d): return [names[i] for i in d["n"]]
def scaled(d): return d["x"] * d["n"]
def colour(im): return im.mean(axis=(0, 1)).tolist()
def by_hour(d): return (d.index.hour * d["load"]).tolist()
def counts(words): return pd.Series(words).value_counts()
def grouped(words): return pd.DataFrame({"w": words, "n": 1}).groupby("w").agg(n=("n", "sum"))
def nested(words): return {"counts": pd.Series(words).value_counts(), "of": [pd.Series({"a": 1})]}
def two_levels(words): return pd.Series([1, 2], index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", None]))
def parts(d): return [d["img"].shape[0], d["when"].isoweekday(), math.isnan(d["v"])]
def unset(xs): return {"kinds": {"b", "a"}}
"""


def answers(made: Captured, *bodies: Any, kind: str | None = None) -> Iterator[Result]:
    with SlotProcess(Start(python=Path(sys.executable), folder=Path(made.told["path"])), limit_s=TIMEOUT_S) as slot:
        for body in bodies:
            yield slot.predict(body if isinstance(body, bytes) else json.dumps(body).encode(), kind, TIMEOUT_S)


def answered(made: Captured, *bodies: Any) -> list[Any]:
    results = list(answers(made, *bodies))
    assert all(result.ok for result in results), results
    return [json.loads(result.body) for result in results]


def parameter(made: Captured) -> dict[str, Any]:
    return dict(made.manifest["input"]["parameters"][0])


def test_a_model_of_floats_takes_them_though_its_sample_was_whole(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture("weighed, sample=np.array([[5, 3]])")
    assert answered(made, [[5, 3]], [[5.1, 3.5]]) == [[8.5], [9.55]]


def test_a_function_that_takes_whole_numbers_alone_refuses_a_fraction(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture("named, sample=np.array([0, 2])")
    (refused,) = answers(made, [0.5])
    assert refused.kind == "bad-input"
    assert "body[0] is 0.5, and int64 is expected" in refused.told


def test_columns_are_told_apart(notebook: Kernel) -> None:
    notebook.run(SETUP, "def both(d): return [names[i] for i in d['n']] + (d['m'] * 2).tolist()")
    made = notebook.capture("both, sample=pd.DataFrame({'n': [1], 'm': [3]})")
    assert answered(made, [{"n": 1, "m": 3.5}]) == [["b", 7.0]]
    (refused,) = answers(made, [{"n": 1.5, "m": 3}])
    assert "column 'n', row 0: 1.5 is not a whole number" in refused.told


def test_an_array_may_have_the_sizes_that_the_function_takes(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture("colour, sample=np.zeros((8, 8, 3), dtype='uint8')")
    assert parameter(made)["shape"] == [None, None, None]
    assert answered(made, [[[1, 1, 1]] * 10] * 6) == [[1.0, 1.0, 1.0]]
    made = notebook.capture("weighed, sample=np.array([[5., 3.]])")
    assert parameter(made)["shape"] == [None, 2]
    (refused,) = answers(made, [[1, 2, 3]])
    assert "expected 2 values in dimension 2, got 3" in refused.told


@pytest.mark.parametrize(
    "asked", ["sample=np.ones((2, 3, 4)), free='2'", "samples=[np.ones((2, 3, 4)), np.ones((1, 3, 2))]"]
)
def test_a_dimension_may_have_any_size_by_its_owners_word(notebook: Kernel, asked: str) -> None:
    notebook.run(
        "import numpy as np\ndef summed(x):\n    assert x.shape[2] in (2, 4)\n    return float((x.sum(axis=2) * [1, 2, 3]).sum())"
    )
    made = notebook.capture(f"summed, {asked}")
    assert parameter(made)["shape"] == [None, 3, None]
    assert answered(made, [[[1, 1], [1, 1], [1, 1]]]) == [12.0]


def test_dimensions_that_are_none_are_refused(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture("colour, sample=np.zeros((8, 8, 3)), free='wide'")
    assert "free='wide' names no dimensions" in made.refused


def test_labels_that_are_not_read_are_not_asked_for(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture("scaled, sample=shuffled")
    assert "index" not in parameter(made)
    assert json.loads((Path(made.told["path"]) / "data/data.json").read_text()) == [
        {"x": 1.5, "n": 1},
        {"x": 2.5, "n": 2},
    ]
    split = {"columns": ["x", "n"], "index": [73, 18], "data": [[1.5, 1], [2.5, 2]]}
    assert answered(made, split, [{"x": 2, "n": 2}]) == [[1.5, 5.0], [4.0]]
    assert "labelled" not in made.manifest


def test_labels_that_only_come_back_may_be_missing(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture("scaled, sample=shuffled.rename(index={73: 'u', 18: 'v'}).rename_axis('user')")
    assert parameter(made)["index"][0]["optional"]
    assert made.manifest["labelled"] == {"answer": "object"}
    sent = json.loads((Path(made.told["path"]) / "data/data.json").read_text())
    assert sent == [{"user": "u", "x": 1.5, "n": 1}, {"user": "v", "x": 2.5, "n": 2}]
    assert answered(made, sent, [{"x": 2, "n": 2}]) == [{"u": 1.5, "v": 5.0}, {"0": 4.0}]


def test_labels_that_are_read_are_part_of_the_question(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture("by_hour, sample=hours[5:7]")
    (level,) = parameter(made)["index"]
    assert (level["key"], level["name"], level["dtype"].partition("[")[0]) == ("at", "at", "datetime64")
    assert answered(made, [{"at": "2024-01-01T05:00", "load": 5}]) == [[25.0]]
    (refused,) = answers(made, [{"load": 5}])
    assert "labels of the rows are missing" in refused.told


LABELLED: dict[str, tuple[str, Any, Any]] = {
    "a Series": ("counts", {"answer": "object"}, {"y": 2, "x": 1}),
    "a DataFrame": ("grouped", {"answer": ["w"]}, [{"w": "x", "n": 1}, {"w": "y", "n": 2}]),
    "inside": (
        "nested",
        {'answer["counts"]': "object", 'answer["of"][]': "object"},
        {"counts": {"y": 2, "x": 1}, "of": [{"a": 1}]},
    ),
    "two levels": (
        "two_levels",
        {"answer": ["k", "level_1", "value"]},
        [{"k": "x", "level_1": 1, "value": 1}, {"k": "y", "level_1": 2, "value": 2}],
    ),
}


@pytest.mark.parametrize(("function", "said", "answer"), LABELLED.values(), ids=LABELLED.keys())
def test_labels_of_an_answer_are_kept(notebook: Kernel, function: str, said: Any, answer: Any) -> None:
    notebook.run(SETUP)
    made = notebook.capture(f"{function}, sample=['y', 'x', 'y']")
    assert made.proved == 1, made.told
    assert made.manifest["labelled"] == said
    assert made.manifest["expected"] == answer
    assert answered(made, ["y", "x", "y"]) == [answer]


def test_labels_that_happen_to_count_are_kept_for_the_day_they_do_not(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture("counts, sample=[0, 1, 0]")
    assert answered(made, [0, 1, 0], [1, 0, 1]) == [{"0": 2, "1": 1}, {"1": 2, "0": 1}]
    assert list(answered(made, [1, 0, 1])[0]) == ["1", "0"]


def test_what_json_cannot_say_inside_of_a_sample_is_restored(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture(
        "parts, sample={'img': np.ones(2), 'when': dt.date(2024, 5, 1), 'v': float('nan'), 'k': 'x'}"
    )
    assert made.proved == 1, made.told
    assert answered(made, {"img": [1, 2, 3], "when": "2024-05-02", "v": None}) == [[3, 4, True]]
    (refused,) = answers(made, {"img": [1], "when": "soon", "v": 1})
    assert "['when']: 'soon' is no date" in refused.told


def test_a_sparse_matrix_goes_both_ways(notebook: Kernel) -> None:
    notebook.run(
        "from scipy import sparse", "def doubled(m): return m * 2", "def summed(m): return m.sum(axis=1).tolist()"
    )
    made = notebook.capture("doubled, sample=sparse.csr_matrix([[0.0, 1.5, 0.0], [2.0, 0.0, 0.0]])")
    assert made.proved == 1, made.told
    assert made.manifest["expected"] == [[0.0, 3.0, 0.0], [4.0, 0.0, 0.0]]
    made = notebook.capture("summed, sample=sparse.csr_matrix([[0.0, 1.5, 0.0]])")
    assert answered(made, [[1, 0, 1], [0, 0, 2]]) == [[[2.0], [2.0]]]
    (refused,) = answers(made, {"shape": [1, 4], "row": [0], "col": [3], "data": [1]})
    assert "expected 3 columns, got 4" in refused.told


CLASSES = """
from dataclasses import dataclass
@dataclass
class Flat:
    rooms: int
    since: dt.date
    at: tuple = (0.0, 0.0)

@dataclass
class Price:
    value: float
    of: Flat

def price(flat: Flat) -> Price:
    return Price(value=flat.rooms * 100.0 + flat.since.year, of=flat)
def both(flat, times): return price(flat).value * times
"""


def test_objects_with_fields_are_objects_in_json_both_ways(notebook: Kernel) -> None:
    notebook.run(SETUP, CLASSES)
    made = notebook.capture("price, sample=Flat(3, dt.date(2024, 5, 1))")
    assert made.proved == 1, made.told
    assert "return model(Flat(**data))" in made.predict
    asked = {"rooms": 2, "since": "2020-01-01", "at": [1.5, 2]}
    assert answered(made, asked) == [{"value": 2220.0, "of": asked}]
    made = notebook.capture("both, sample={'flat': Flat(3, dt.date(2024, 5, 1)), 'times': 2}")
    assert made.proved == 1, made.told
    assert answered(made, {"flat": {"rooms": 2, "since": "2020-01-01"}, "times": 2}) == [4440.0]


def test_a_sample_that_no_request_can_carry_is_refused_with_its_place(notebook: Kernel) -> None:
    notebook.run(SETUP)
    made = notebook.capture("parts, sample={'v': [{True: 1}]}")
    assert "'d'['v'][0] has the key True, and it becomes text in JSON" in made.refused

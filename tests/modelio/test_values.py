from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.modelio.faults import BadValue
from aibro_jupyter.modelio.values import DEEPEST, encoded, media_type, plain, table_kind

NOON = datetime.datetime(2026, 1, 2, 12, 0)


class Colour(enum.Enum):
    RED = "red"


class Point(NamedTuple):
    x: float
    y: float


@dataclasses.dataclass
class Score:
    label: str
    value: numpy.float32


class Tensor:
    """What torch's own tensors offer."""

    def tolist(self) -> list[float]:
        return [1.0, float("nan")]


frame = pandas.DataFrame({"a": [1, 2], "b": ["x", None], "t": [pandas.Timestamp(NOON), pandas.NaT]}, index=[7, 8])
CASES: dict[str, tuple[Any, Any]] = {
    "nothing": (None, None),
    "text": ("ünï", "ünï"),
    "text JSON cannot hold in UTF-8": ("\ud800", "\ud800"),
    "numbers": ([1, 2.5, True], [1, 2.5, True]),
    "no number": ([float("nan"), float("inf"), -float("inf")], [None, None, None]),
    "numpy scalars": ([numpy.int64(3), numpy.float32(0.5), numpy.bool_(True), numpy.str_("s")], [3, 0.5, True, "s"]),
    "numpy's own no number": (numpy.float64("nan"), None),
    "an array": (numpy.arange(4).reshape(2, 2), [[0, 1], [2, 3]]),
    "an array with holes": (numpy.array([1.5, numpy.nan, numpy.inf]), [1.5, None, None]),
    "an array of one": (numpy.array(5), 5),
    "an array of texts": (numpy.array(["a", "b"]), ["a", "b"]),
    "an array of objects": (numpy.array([{"a": numpy.int8(1)}, None], dtype=object), [{"a": 1}, None]),
    "moments": (numpy.array(["2026-01-02T12:00", "NaT"], dtype="datetime64[ns]"), ["2026-01-02T12:00:00", None]),
    "a masked array": (numpy.ma.masked_array([1, 2], mask=[False, True]), [1, None]),
    "complex numbers": (numpy.array([1 + 2j]), {"real": [1.0], "imag": [2.0]}),
    "a DataFrame": (frame, [{"a": 1, "b": "x", "t": "2026-01-02T12:00:00"}, {"a": 2, "b": None, "t": None}]),
    "a Series": (pandas.Series([1.0, None], index=["x", "y"]), [1.0, None]),
    "an Index": (pandas.Index(["a", "b"]), ["a", "b"]),
    "a Categorical": (pandas.Categorical(["b", "a"]), ["b", "a"]),
    "pandas scalars": (
        [pandas.NA, pandas.NaT, pandas.Timedelta("90s"), pandas.Period("2026-01")],
        [None, None, 90.0, "2026-01"],
    ),
    "dates": ([NOON, NOON.date(), datetime.timedelta(minutes=1)], ["2026-01-02T12:00:00", "2026-01-02", 60.0]),
    "decimals": ([decimal.Decimal("1.5"), decimal.Decimal("2.00"), decimal.Decimal("NaN")], [1.5, 2, None]),
    "an enum": (Colour.RED, "red"),
    "a path": (Path("a/b"), "a/b"),
    "a uuid": (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    "a named tuple": (Point(1, 2), [1, 2]),
    "a set": ({3, 1, 2}, [1, 2, 3]),
    "a dataclass": (Score("a", numpy.float32(0.5)), {"label": "a", "value": 0.5}),
    "bytes": (b"\xff", "/w=="),
    "something like a tensor": (Tensor(), [1.0, None]),
    "keys that are no text": (
        {numpy.int64(3): "a", True: "b", None: "c", 2.5: "d"},
        {"3": "a", "true": "b", "null": "c", "2.5": "d"},
    ),
    "a key that is a date": ({NOON.date(): 1}, {"2026-01-02": 1}),
}


@pytest.mark.parametrize(("value", "shown"), CASES.values(), ids=CASES.keys())
def test_what_a_model_returns_as_json(value: Any, shown: Any) -> None:
    assert json.loads(encoded(value)) == shown


def test_duplicate_names_are_not_lost_silently() -> None:
    for value in ({1: "a", "1": "b"}, pandas.DataFrame([[1, 2]], columns=["a", "a"])):
        with pytest.raises(BadValue, match=r"two (keys|columns)"):
            encoded(value)


MEDIA_TYPES = {
    "dataframe": frame,
    "series": frame["a"],
    "ndarray": numpy.array([1]),
    "": [1],
}


@pytest.mark.parametrize(("kind", "value"), MEDIA_TYPES.items())
def test_an_answer_names_its_kind_of_table(kind: str, value: Any) -> None:
    assert media_type(value).partition(";")[0] == "application/json"
    assert table_kind(media_type(value)) == (kind, None)
    if kind in ("dataframe", "series"):
        for labels in ("object", ["at; x", 'say "hi"']):
            assert table_kind(media_type(value, {"answer": labels})) == (kind, labels)


def itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


BAD = {
    "an object": ({"model": [object()]}, r'answer\["model"\]\[0\] is an object, which JSON cannot hold'),
    "a function": (numpy.sum, "answer is a "),
    "a class": ([Tensor], r"answer\[0\] is a type"),
    "a generator": ({"rows": (x for x in [1])}, r'answer\["rows"\] is a generator'),
    "a tuple for a key": ({(1, 2): 3}, "answer has a key"),
    "itself": (itself(), "nested more than 200 deep"),
}


@pytest.mark.parametrize(("value", "message"), BAD.values(), ids=BAD.keys())
def test_what_json_cannot_hold_is_named_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        encoded(value)


class Shade(enum.StrEnum):
    DARK = "d"


CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(Shade.DARK)
TREES = st.recursive(
    CELLS,
    lambda parts: (
        st.lists(parts, max_size=4)
        | st.lists(parts, max_size=2).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.integers() | st.just(Shade.DARK), parts, max_size=3)
    ),
    max_leaves=20,
)


def written(value: Any) -> str:
    try:
        return json.dumps(plain(value), ensure_ascii=False)
    except BadValue as fault:
        return str(fault)


def written_at_once(value: Any) -> str:
    try:
        return encoded(value).decode()
    except BadValue as fault:
        return str(fault)


@given(TREES)
def test_what_needs_no_change_is_written_as_everything_else(value: Any) -> None:
    assert written_at_once(value) == written(value)


@pytest.mark.parametrize("deep", [DEEPEST - 1, DEEPEST, DEEPEST + 1, DEEPEST + 2])
@pytest.mark.parametrize("last", [1, "x", 1.5, float("nan"), [], {}])
def test_both_ways_are_as_deep(deep: int, last: Any) -> None:
    value = last
    for level in range(deep):
        value = [value] if level % 2 else {"a": value}
    assert written_at_once(value) == written(value)

"""What the proof posts for a sample is what the client posts for the same value, byte for byte."""

from __future__ import annotations

import datetime
import decimal
import json
import math
from typing import Any

import hypothesis.extra.numpy as np_st
import numpy
import pandas
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from aibro_jupyter.capturing.gathering.target import target_of
from aibro_jupyter.capturing.proving.inputs import Inputs, inputs_of
from aibro_jupyter.capturing.proving.survival import lost
from aibro_jupyter.client.predict import body
from aibro_jupyter.errors import CaptureError, PredictFailed
from aibro_jupyter.modelio.inputs import decoded

WHEN = datetime.datetime(2026, 1, 2, 12, 30, tzinfo=datetime.UTC)


def of_one(value: Any) -> Any:
    return value


def of_two(value: Any, count: int) -> Any:
    return value, count


class Something:
    """JSON has nothing for it."""


def proved(function: Any, sample: Any) -> Inputs:
    return inputs_of(target_of(function, {}), {}, [sample])


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.datetimes()
    | st.datetimes(timezones=st.just(datetime.UTC))
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals()
    | st.uuids()
    | st.sampled_from([pandas.NA, pandas.NaT, pandas.Timestamp(WHEN), pandas.Timedelta("-90s"), pandas.Period("2026")])
    | st.builds(bytearray, st.binary())
    | st.builds(range, st.integers(0, 5))
)
DTYPES = np_st.scalar_dtypes() | np_st.unicode_string_dtypes() | np_st.byte_string_dtypes()
ARRAYS = np_st.arrays(DTYPES, np_st.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
KEYS = st.text(max_size=3) | st.integers() | st.booleans() | st.none() | st.floats() | st.dates()
NESTED = st.recursive(
    SCALARS | ARRAYS | DTYPES.flatmap(np_st.from_dtype),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.sets(st.integers() | st.text(max_size=2) | st.dates(), max_size=3)
    ),
    max_leaves=6,
)
COLUMNS = {
    "whole": numpy.array([1, 2]),
    "parts": [0.1 + 0.2, numpy.nan],
    "endless": [numpy.inf, -numpy.inf],
    "words": ["ü", None],
    "kinds": pandas.Categorical(["b", "a"]),
    "when": pandas.to_datetime(["2026-01-02T03:04:05.000000006", None]),
    "where": pandas.to_datetime([WHEN, WHEN]).tz_convert("Asia/Tokyo"),
    "long": pandas.to_timedelta(["1 day", None]),
    "maybe": pandas.array([1, None], dtype="Int64"),
    "sure": pandas.array([True, None], dtype="boolean"),
    "single": numpy.array([0.1, 2], dtype="float32"),
    "any": pandas.Series([{"a": b"x"}, [decimal.Decimal("1.5")]], dtype="object"),
    "months": pandas.period_range("2026-01", periods=2, freq="M"),
    3: [True, False],
}
FRAMES = st.lists(st.sampled_from(list(COLUMNS)), unique=True, max_size=6).map(
    lambda names: pandas.DataFrame({name: COLUMNS[name] for name in names})
)
TABLES = FRAMES | FRAMES.filter(lambda frame: frame.shape[1] > 0).flatmap(
    lambda frame: st.sampled_from(
        [frame.iloc[0], frame.iloc[:, 0], frame.iloc[:, 0].set_axis(["x", "y"]), frame.index, frame.columns]
    )
)


@settings(max_examples=100, deadline=None)
@given(NESTED | TABLES)
def test_what_arrives_is_the_sample_and_what_cannot_is_refused_with_its_place(value: Any) -> None:
    try:
        inputs = proved(of_one, value)
    except CaptureError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert "'value'" in refused
        return
    sent = inputs.body({"value": value})
    assert body(value) == sent
    if sent.content_type == "application/json":
        json.loads(sent.content, parse_constant=pytest.fail)
    assert lost(value, taken(of_one, value), "it") == ""


@settings(max_examples=50, deadline=None)
@given(NESTED | TABLES, st.integers())
def test_several_by_name_are_one_body(value: Any, count: int) -> None:
    given_ = {"value": value, "count": count}
    try:
        sent = proved(of_two, given_).body(given_)
    except CaptureError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert "'value'" in refused or "the sample" in refused
        return
    assert body(given_) == sent
    assert lost(given_, taken(of_two, given_), "it") == ""


@settings(max_examples=50, deadline=None)
@given(NESTED)
def test_the_media_type_of_the_parameter_is_that_of_its_body(value: Any) -> None:
    try:
        inputs = proved(of_one, value)
    except CaptureError:
        return
    assert inputs.body({"value": value}).content_type == inputs.content_type


def taken(function: Any, sample: Any) -> Any:
    """Return what the function gets in a slot when a client calls with the sample."""
    inputs = proved(function, sample)
    sent = body(sample)
    return decoded(sent.content, sent.content_type, json.loads(json.dumps(inputs.manifest())))


CELLS = (
    np_st.boolean_dtypes()
    | np_st.integer_dtypes()
    | np_st.floating_dtypes()
    | np_st.complex_number_dtypes()
    | np_st.unicode_string_dtypes(max_len=4)
    | np_st.byte_string_dtypes(max_len=4)
    | st.sampled_from(["datetime64[us]", "timedelta64[us]"]).map(numpy.dtype)
)
YEARS = 10**14
"""Microseconds about an epoch, which Python's own dates can hold."""


def elements(dtype: Any) -> Any:
    if dtype.kind in "Mm":
        return st.integers(-YEARS, YEARS).map(lambda micros: numpy.array(micros).astype(dtype)[()])
    plain: dict[str, Any] = {"allow_nan": True, "allow_infinity": False} if dtype.kind in "fc" else {}
    return np_st.from_dtype(dtype, **plain)


@settings(max_examples=100, deadline=None)
@given(
    CELLS.flatmap(
        lambda dtype: np_st.arrays(
            dtype, np_st.array_shapes(min_dims=0, max_dims=3, max_side=3), elements=elements(dtype)
        )
    )
)
def test_an_array_of_every_dtype_comes_out_as_it_went_in(array: Any) -> None:
    got = taken(of_one, array)
    assert got.dtype.kind == array.dtype.kind
    numpy.testing.assert_array_equal(got.real, array.real)
    if array.dtype.kind == "c":
        numpy.testing.assert_array_equal(got.imag, array.imag)


@given(FRAMES.map(lambda frame: frame.drop(columns=["endless", "any", "months"], errors="ignore")))
def test_a_table_comes_out_as_it_went_in(frame: Any) -> None:
    if frame.shape[1]:
        pandas.testing.assert_frame_equal(taken(of_one, frame), frame, check_column_type=False)


WIRE = {
    "a row is an object by column": (pandas.Series({"a": 1.0, "b": 2.5}, name=7), {"a": 1.0, "b": 2.5}),
    "infinities are text, NaN is null": ([1.0, math.inf, -math.inf, math.nan], [1.0, "Infinity", "-Infinity", None]),
    "a set is a list in order": ({3, 1, 2}, [1, 2, 3]),
    "null beside something": (
        (None, (None, None), [{"a": (1,)}, {"a": None}]),
        [None, [None, None], [{"a": [1]}, {"a": None}]],
    ),
    "no time beside a time": ([pandas.NaT, pandas.Timestamp(0)], [None, "1970-01-01T00:00:00"]),
    "keys that are numbers": ({1: "a", -2: "b"}, {"1": "a", "-2": "b"}),
    "a duration is ISO text": ([datetime.timedelta(seconds=-1, microseconds=5)], ["P-1DT23H59M59.000005S"]),
    "pandas' own too": ([pandas.Timedelta("90s")], ["P0DT0H1M30S"]),
    "bytes inside are base64": ({"picture": b"\xff"}, {"picture": "/w=="}),
    "nothing is null": (None, None),
    "an array inside": ({"image": numpy.array([[1, 2]])}, {"image": [[1, 2]]}),
    "dates inside": (
        {"at": datetime.date(2026, 1, 2), "to": [WHEN]},
        {"at": "2026-01-02", "to": ["2026-01-02T12:30:00+00:00"]},
    ),
    "a tuple of unlike things": (("hi", numpy.array([1.5])), ["hi", [1.5]]),
    "labels of rows": (
        pandas.DataFrame({"a": [1]}, index=pandas.Index(["x"], name="id")),
        {"columns": ["a"], "index": ["x"], "data": [[1]]},
    ),
    "two levels of labels": (
        pandas.Series([5], index=pandas.MultiIndex.from_tuples([("a", 1)], names=["k", None])),
        {"index": [["a", 1]], "data": [5]},
    ),
    "whole numbers that no float holds, beside none": (
        pandas.DataFrame({"id": pandas.array([2**53 + 1, None], dtype="Int64")}),
        [{"id": 2**53 + 1}, {"id": None}],
    ),
    "objects in an array": (numpy.array([["a", 1.5]], dtype=object), [["a", 1.5]]),
    "a sparse matrix": (
        scipy.sparse.csr_matrix(([2.5], ([1], [0])), shape=(2, 3)),
        {"shape": [2, 3], "row": [1], "col": [0], "data": [2.5]},
    ),
    "a number of numpy's": (numpy.float32(2.5), 2.5),
}


@pytest.mark.parametrize(("sample", "wire"), WIRE.values(), ids=WIRE.keys())
def test_what_is_sent_and_what_arrives(sample: Any, wire: Any) -> None:
    assert json.loads(body(sample).content) == wire
    assert lost(sample, taken(of_one, sample), "it") == ""


BINARY = {
    "bytes, a zip's too": b"PK\x03\x04 is what a spreadsheet begins with",
    "bytes of another type": bytearray(b"\x00"),
    "text": "h\xe9",
    "text in quotes": '"To be"',
    "text with a mark": "\ufeffa",
}


@pytest.mark.parametrize("sample", BINARY.values(), ids=BINARY.keys())
def test_text_and_bytes_arrive_as_they_are(sample: Any) -> None:
    got = taken(of_one, sample)
    assert (got, type(got)) == (sample, type(sample))


REFUSED = {
    "keys that are true and none": ({True: 1, None: 2}, r"'value' has the key True, and it becomes text in JSON"),
    "keys that are dates": ({"in": {WHEN.date(): 1}}, r"'value'\['in'\] has the key datetime.date"),
    "a set of unlike things": ([{"a", 1.5, WHEN}], r"'value'\[0\] holds things of more than one kind"),
    "a class of somebody's own": ({"a": [Something()]}, r"'value'\[\"a\"\]\[0\] is a .*Something"),
    "pandas' NA": ({"a": [pandas.Interval(0, 1)]}, r"'value'\['a'\]\[0\], an? pandas.*Interval, arrives as a str"),
}


@pytest.mark.parametrize(("sample", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_arrive_is_refused_with_its_place(sample: Any, message: str) -> None:
    with pytest.raises(CaptureError, match=message):
        proved(of_one, sample)


def test_bytes_of_one_parameter_among_several_are_bytes_again() -> None:
    assert taken(of_two, {"value": b"\xff\x00", "count": 1}) == {"value": b"\xff\x00", "count": 1}


def test_a_longer_text_than_the_samples_is_not_cut_off() -> None:
    manifest = proved(of_one, numpy.array(["a", "bc"])).manifest()
    assert decoded(b'["hello"]', None, manifest).tolist() == ["hello"]


def test_half_a_character_is_refused_in_words() -> None:
    with pytest.raises(CaptureError, match="half a character at 1"):
        proved(of_one, "a\ud800")
    with pytest.raises(PredictFailed, match="half a character at 1"):
        body("a\ud800")

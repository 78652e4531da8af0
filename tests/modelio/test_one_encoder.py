"""What the proof posts for a sample is what the client posts for the same value, byte for byte."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

import hypothesis.extra.numpy as np_st
import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aibro_jupyter.capturing.gathering.target import target_of
from aibro_jupyter.capturing.proving.inputs import Inputs, inputs_of
from aibro_jupyter.client.predict import body
from aibro_jupyter.errors import CaptureError, PredictFailed
from aibro_jupyter.modelio.inputs import decoded

WHEN = datetime.datetime(2026, 1, 2, 12, 30, tzinfo=datetime.UTC)


def of_one(value: Any) -> Any:
    return value


def of_two(value: Any, count: int) -> Any:
    return value, count


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


@settings(max_examples=400, deadline=None)
@given(NESTED | TABLES)
def test_one_value_is_one_body(value: Any) -> None:
    try:
        sent = proved(of_one, value).body({"value": value})
    except CaptureError:
        with pytest.raises(PredictFailed):
            body(value)
        return
    assert body(value) == sent
    if sent.content_type == "application/json":
        json.loads(sent.content, parse_constant=pytest.fail)


@settings(max_examples=200, deadline=None)
@given(NESTED | TABLES, st.integers())
def test_several_by_name_are_one_body(value: Any, count: int) -> None:
    given_ = {"value": value, "count": count}
    try:
        sent = proved(of_two, given_).body(given_)
    except CaptureError:
        with pytest.raises(PredictFailed):
            body(given_)
        return
    assert body(given_) == sent


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


@settings(max_examples=300, deadline=None)
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


TAKEN = {
    "a row is an object by column": (pandas.Series({"a": 1.0, "b": 2.5}, name=7), {"a": 1.0, "b": 2.5}),
    "infinities are null": ([1.0, float("inf"), -float("inf"), float("nan")], [1.0, None, None, None]),
    "a set is a list in order": ({3, 1, 2}, [1, 2, 3]),
    "keys are spelled as JSON does": (
        {True: 1, None: 2, 2.5: 3, datetime.date(2026, 1, 2): 4},
        {"true": 1, "null": 2, "2.5": 3, "2026-01-02": 4},
    ),
    "a duration is ISO text": ([datetime.timedelta(seconds=-1, microseconds=5)], ["P-1DT23H59M59.000005S"]),
    "pandas' own too": ([pandas.Timedelta("90s")], ["P0DT0H1M30S"]),
    "bytes inside are base64": ({"picture": b"\xff"}, {"picture": "/w=="}),
    "nothing is null": (None, None),
    "bytes, a zip's too": (
        b"PK\x03\x04 is what a spreadsheet begins with",
        b"PK\x03\x04 is what a spreadsheet begins with",
    ),
    "bytes of another type": (bytearray(b"\x00"), b"\x00"),
    "text": ("hé", "hé"),
}


@pytest.mark.parametrize(("sample", "got"), TAKEN.values(), ids=TAKEN.keys())
def test_what_the_function_gets(sample: Any, got: Any) -> None:
    assert taken(of_one, sample) == got


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

from __future__ import annotations

import base64
import json
import re
from typing import Any

import numpy
import pandas
import pytest

from aibro_jupyter.modelio.faults import BadInput
from aibro_jupyter.modelio.inputs import decoded

SAMPLE = pandas.DataFrame(
    {
        "length": [5.1, None],
        "count": [1, 2],
        "kind": pandas.Categorical(["a", "b"], categories=["a", "b", "c"]),
        "at": pandas.to_datetime(["2026-01-02 12:00", "2026-01-03 00:00"]),
        "ok": [True, False],
        "name": pandas.Series(["x", "y"], dtype="str"),
        "maybe": pandas.array([1, None], dtype="Int64"),
    }
)
COLUMNS = [{"name": name, "dtype": str(dtype)} for name, dtype in SAMPLE.dtypes.items()]
COLUMNS[2]["categories"] = ["a", "b", "c"]
FRAME = {"name": "X", "kind": "dataframe", "columns": COLUMNS}
RECORDS = json.loads(SAMPLE.to_json(orient="records", date_format="iso"))


def whole(parameter: dict[str, Any], body: Any, content_type: str | None = None) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decoded(raw, content_type, {"whole": True, "parameters": [parameter]})


SPELLINGS = {
    "records": RECORDS,
    "records in another order": [dict(reversed(row.items())) for row in RECORDS],
    "columns": {name: [row[name] for row in RECORDS] for name in SAMPLE},
    "pandas' own to_json": json.dumps(
        {**json.loads(SAMPLE.to_json(date_format="iso")), "at": {"0": 1767355200000, "1": 1767398400000}}
    ).encode(),
    "pandas' split": SAMPLE.to_json(orient="split", date_format="iso").encode(),
    "rows": [list(row.values()) for row in RECORDS],
    "CSV": SAMPLE.to_csv(index=False).encode(),
    "CSV with the index": SAMPLE.to_csv().encode(),
    "CSV with its columns in another order": SAMPLE[list(reversed(SAMPLE.columns))].to_csv(index=False).encode(),
}


@pytest.mark.parametrize("body", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_dataframe_comes_out_as_the_sample_was(body: Any) -> None:
    pandas.testing.assert_frame_equal(whole(FRAME, body), SAMPLE)


def test_a_dataframe_of_no_rows_keeps_its_dtypes() -> None:
    assert whole(FRAME, []).dtypes.to_dict() == SAMPLE.dtypes.to_dict()


def changed(**cells: Any) -> list[dict[str, Any]]:
    return [RECORDS[0], {**RECORDS[1], **cells}]


MISFITS = {
    "a column is missing": (
        [{k: v for k, v in RECORDS[0].items() if k != "count"}],
        "row 0: column 'count' is missing",
    ),
    "a column is misspelt": (
        [{("lenght" if k == "length" else k): v for k, v in RECORDS[0].items()}],
        "'length' is missing .there is 'lenght'",
    ),
    "a column too many": (changed(extra=1), "row 1: column 'extra' is not one"),
    "text for a float": (changed(length="long"), "column 'length', row 1: 'long' is not a number"),
    "a list for a float": (changed(length=[1]), "column 'length', row 1: .1. is not a number"),
    "a fraction for an integer": (changed(count=1.5), "column 'count', row 1: 1.5 is not a whole number"),
    "null for an integer": (changed(count=None), "column 'count', row 1: null"),
    "too large an integer": (changed(count=10**30), "column 'count', row 1: 1000.* does not fit int64"),
    "an unknown category": (changed(kind="z"), "column 'kind', row 1: 'z' is not one of 'a', 'b', 'c'"),
    "no date": (changed(at="soon"), "column 'at', row 1: 'soon' is no date"),
    "no truth": (changed(ok="perhaps"), "column 'ok', row 1: 'perhaps' is not true or false"),
    "a number for text": (changed(name=1), "column 'name', row 1: 1 is not text"),
    "a row too short": ([[1, 2]], "row 0 has 2 values, and the columns are 7"),
    "columns of two lengths": ({name: [1] * (2 if name == "ok" else 1) for name in SAMPLE}, "column 'ok' has 2 values"),
    "no table": (b"5", "column 'length' is missing"),
    "broken JSON": (b'[{"a": ', "not JSON"),
}


@pytest.mark.parametrize(("body", "message"), MISFITS.values(), ids=MISFITS.keys())
def test_a_table_that_does_not_fit_names_the_place(body: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        whole(FRAME, body)


def test_moments_with_a_zone_and_durations_and_named_columns() -> None:
    columns = [{"name": 0, "dtype": "datetime64[ns, UTC]"}, {"name": 1, "dtype": "timedelta64[ns]"}]
    frame = whole(
        {"name": "X", "kind": "dataframe", "columns": columns}, [{"0": "2026-01-02T12:00:00+01:00", "1": 1500}]
    )
    assert frame[0][0] == pandas.Timestamp("2026-01-02T11:00:00Z")
    assert frame[1][0] == pandas.Timedelta("1.5s")
    assert list(frame.columns) == [0, 1]


ARRAY = {"name": "X", "kind": "ndarray", "dtype": "float32", "ndim": 2, "shape": [5, 3]}


def test_an_array_keeps_dtype_and_may_be_longer() -> None:
    array = whole(ARRAY, [[1, 2, 3], [4, None, 6]])
    assert (array.dtype, array.shape) == (numpy.float32, (2, 3))
    assert numpy.isnan(array[1, 1])
    assert whole(ARRAY, []).shape == (0, 3)


BAD_ARRAYS = {
    "too few dimensions": ([1, 2, 3], r"body\[0\] is a number, and a list is expected"),
    "too many": ([[[1]]], r"body\[0\]\[0\] is a list"),
    "ragged": ([[1, 2, 3], [1, 2]], r"body\[1\] has 2 values, and the body\[0\] has 3"),
    "too narrow": ([[1, 2]], "expected 3 values in dimension 2, got 2"),
    "text": ([[1, 2, "x"]], r"body\[0\]\[2\] is 'x', and float32 is expected"),
}


@pytest.mark.parametrize(("body", "message"), BAD_ARRAYS.values(), ids=BAD_ARRAYS.keys())
def test_an_array_that_does_not_fit_names_the_position(body: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        whole(ARRAY, body)


def test_an_array_of_truths_takes_no_words() -> None:
    parameter = {"name": "X", "kind": "ndarray", "dtype": "bool", "ndim": 1}
    assert whole(parameter, [True, 0]).tolist() == [True, False]
    with pytest.raises(BadInput, match=r"body\[0\] is 'false'"):
        whole(parameter, ["false"])


def test_integers_do_not_take_fractions_silently() -> None:
    with pytest.raises(BadInput, match=r"body\[1\] is 1.5"):
        whole({"name": "X", "kind": "ndarray", "dtype": "int64", "ndim": 1}, [1, 1.5])


def test_a_series() -> None:
    series = whole({"name": "price", "kind": "series", "dtype": "int64"}, [1, 2])
    pandas.testing.assert_series_equal(series, pandas.Series([1, 2], name="price"))
    with pytest.raises(BadInput, match="position 1: 'x' is not a number"):
        whole({"name": "price", "kind": "series", "dtype": "int64"}, [1, "x"])


def test_plain_kinds() -> None:
    assert whole({"name": "q", "kind": "json"}, {"a": [1]}) == {"a": [1]}
    assert whole({"name": "q", "kind": "text"}, b"hello \xc3\xbc") == "hello ü"
    assert whole({"name": "q", "kind": "text"}, "in quotes") == "in quotes"
    assert whole({"name": "q", "kind": "bytes"}, b"\xff\x00") == b"\xff\x00"


def test_several_parameters_come_by_name() -> None:
    parameters = [
        {"name": "q", "kind": "text"},
        {"name": "X", "kind": "ndarray", "dtype": "int64", "ndim": 1},
        {"name": "b", "kind": "bytes"},
    ]
    manifest = {"whole": False, "parameters": parameters}
    good = {"q": "hi", "X": [1, 2], "b": base64.b64encode(b"\xff").decode()}
    found = decoded(json.dumps(good).encode(), None, manifest)
    assert (found["q"], found["X"].tolist(), found["b"]) == ("hi", [1, 2], b"\xff")
    assert decoded(json.dumps(list(good.values())).encode(), None, manifest)["b"] == b"\xff"
    for body, message in {
        "[1]": "takes an object with q, X, b",
        '{"q": "hi"}': "'X' is missing",
        json.dumps({**good, "z": 1}): "'z' is not a parameter",
        json.dumps({**good, "X": ["a"]}): r"X: the body\[0\] is 'a'",
        json.dumps({**good, "q": 5}): "q: expected text, not a number",
        json.dumps({**good, "b": "%"}): "b: is not base64",
    }.items():
        with pytest.raises(BadInput, match=message):
            decoded(body.encode(), None, manifest)


TYPED = {
    "name": "X",
    "kind": "dataframe",
    "columns": [
        {"name": "price", "dtype": "float64"},
        {"name": "rooms", "dtype": "int64"},
        {"name": "sold", "dtype": "boolean"},
        {"name": "country", "dtype": "object"},
    ],
}
CSVS = {
    "pandas": "price,rooms,sold,country\n1.5,2,True,NA\n,3,False,DE\n",
    "pandas with its index": ",price,rooms,sold,country\n7,1.5,2,True,NA\n8,,3,False,DE\n",
    "R": '"","price","rooms","sold","country"\n"1",1.5,2,TRUE,"NA"\n"2",NA,3,FALSE,"DE"\n',
    "Excel": "\ufeffprice;rooms;sold;country\r\n1,5;2;TRUE;NA\r\n;3;FALSE;DE\r\n",
    "tabs": "country\trooms\tsold\tprice\nNA\t2\ttrue\t1.5\nDE\t3\tfalse\t\n",
}


@pytest.mark.parametrize("text", CSVS.values(), ids=CSVS.keys())
def test_csv_is_read_whoever_wrote_it(text: str) -> None:
    frame = whole(TYPED, text.encode(), "text/csv")
    assert frame["price"].tolist()[0] == 1.5
    assert numpy.isnan(frame["price"][1])
    assert frame[["rooms", "sold", "country"]].to_dict("list") == {
        "rooms": [2, 3],
        "sold": [True, False],
        "country": ["NA", "DE"],
    }


BAD_CSVS = {
    "thousands or fractions": ("price;rooms;sold;country\n1,500;2;TRUE;x\n", "'1,500' may be a fraction or thousands"),
    "lines that curl -d has joined": ("price,rooms,sold,country1.5,2,True,DE", "--data-binary @FILE"),
    "no whole number": (
        "price,rooms,sold,country\n1,2.5,True,DE\n",
        "column 'rooms', row 0: '2.5' is not a whole number",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD_CSVS.values(), ids=BAD_CSVS.keys())
def test_csv_that_cannot_be_read_says_what_to_do(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        whole(TYPED, text.encode(), "application/x-www-form-urlencoded")


WHOLE = {"name": "n", "kind": "dataframe", "columns": [{"name": "n", "dtype": "int64"}]}


@pytest.mark.parametrize("cell", ["Infinity", "-Infinity", "NaN", "1e400", "9223372036854775808", "1.5", '"x"', "null"])
def test_what_is_no_whole_number_is_the_callers_mistake(cell: str) -> None:
    with pytest.raises(BadInput, match="column 'n', row 0"):
        whole(WHOLE, f'[{{"n": {cell}}}]'.encode())
    with pytest.raises(BadInput, match=r"body\[0\]"):
        whole({"name": "n", "kind": "ndarray", "dtype": "int64", "ndim": 1}, f"[{cell}]".encode())


def test_whole_numbers_may_have_fractions_where_the_model_takes_them() -> None:
    column = {"name": "n", "dtype": "int64", "widens": True}
    assert whole({**WHOLE, "columns": [column]}, [{"n": 1}])["n"].dtype == "int64"
    assert whole({**WHOLE, "columns": [column]}, [{"n": 1}, {"n": 1.5}])["n"].tolist() == [1.0, 1.5]
    array = {"name": "n", "kind": "ndarray", "dtype": "int64", "ndim": 2, "shape": [None, 2], "widens": True}
    assert whole(array, [[1, 2]]).dtype == "int64"
    assert whole(array, [[1, 2.5]]).tolist() == [[1.0, 2.5]]


@pytest.mark.parametrize("dtype", ["object", "str", "category", "boolean", "Int64", "float64"])
def test_nan_means_missing_in_every_column(dtype: str) -> None:
    column = {"name": "n", "dtype": dtype, "categories": ["a"]}
    assert whole({**WHOLE, "columns": [column]}, b'[{"n": NaN}]')["n"].isna().tolist() == [True]


LABELLED = {**WHOLE, "index": [{"key": "at", "name": "at", "dtype": "datetime64[ns]"}]}
WITH_LABELS = {
    "records": [{"at": "2026-01-02", "n": 1}],
    "columns": {"at": ["2026-01-02"], "n": [1]},
    "split": {"columns": ["n"], "index": ["2026-01-02"], "data": [[1]]},
    "CSV": b"at,n\n2026-01-02,1\n",
}


@pytest.mark.parametrize("body", WITH_LABELS.values(), ids=WITH_LABELS.keys())
def test_labels_of_rows_come_in_every_spelling(body: Any) -> None:
    frame = whole(LABELLED, body)
    assert frame.index.tolist() == [pandas.Timestamp("2026-01-02")]
    assert (frame.index.name, frame["n"].tolist()) == ("at", [1])


LEVEL: dict[str, Any] = {"key": "at", "name": "at", "dtype": "datetime64[ns]"}


def test_labels_that_the_model_reads_may_not_be_missing() -> None:
    with pytest.raises(BadInput, match="labels of the rows are missing, and the model reads them: send them as 'at'"):
        whole(LABELLED, [{"n": 1}])
    assert whole({**LABELLED, "index": [{**LEVEL, "optional": True}]}, [{"n": 1}]).index.tolist() == [0]
    assert whole(WHOLE, WITH_LABELS["split"]).index.tolist() == [0]


def test_text_is_the_callers_word() -> None:
    text = {"name": "q", "kind": "text"}
    assert whole(text, b'"To be"', "text/plain; charset=utf-8") == '"To be"'
    assert whole(text, b'"To be"', "application/json") == "To be"
    assert whole(text, b'"To be"', "application/x-www-form-urlencoded") == "To be"


def test_bytes_that_begin_like_a_zip_are_not_unpacked() -> None:
    body = b"PK\x03\x04 and more"
    assert whole({"name": "b", "kind": "bytes"}, body, "application/octet-stream") == body
    with pytest.raises(BadInput, match="not JSON"):
        whole({"name": "q", "kind": "json"}, body, "application/octet-stream")


def test_a_kind_of_a_later_version_is_refused() -> None:
    with pytest.raises(BadInput, match="the model takes a voice, which this version of aibro_jupyter cannot make"):
        whole({"name": "q", "kind": "voice"}, 1)

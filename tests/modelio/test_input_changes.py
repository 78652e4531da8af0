"""Two inputs compared: what changed in words, and whether whoever calls the one can call the other."""

from __future__ import annotations

from typing import Any

import numpy
import pandas
import pytest

from aibro_jupyter.modelio.describing import described
from aibro_jupyter.modelio.inputchanges import InputChange, input_changes

TEXT = {"name": "text", "kind": "text"}
JSON = {"name": "x", "kind": "json"}


def whole(one: dict[str, Any]) -> dict[str, Any]:
    return {"whole": True, "parameters": [one]}


def several(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"whole": False, "parameters": list(parameters)}


def of(value: Any, **more: Any) -> dict[str, Any]:
    """What capture says of a sample."""
    return whole({"name": "x", **described(value), **more})


def frame(index: Any = None, **columns: Any) -> pandas.DataFrame:
    return pandas.DataFrame(columns, index=index)


FRAME = of(frame(a=[1], b=["x"]))
LABELLED = of(frame(pandas.Index(["r"], name="id"), a=[1]))
OPTIONAL = whole({**LABELLED["parameters"][0], "index": [{**LABELLED["parameters"][0]["index"][0], "optional": True}]})
COLOURS = of(frame(c=pandas.Categorical(["red"], categories=["red", "blue"])))
ROW = of(frame(a=[1.5], b=[2.5]).iloc[0])

HARMLESS = {
    "nothing": (FRAME, FRAME, []),
    "another name of a whole body": (whole(TEXT), whole({**TEXT, "name": "words"}), []),
    "nothing is known of the one": (None, whole(TEXT), []),
    "nothing is known of the other": (whole(TEXT), None, []),
    "a parameter that may be left out": (
        several(TEXT, JSON), several(TEXT, JSON, {"name": "k", "kind": "int", "default": 3}), ["'k' is new (a int)"],
    ),
    "fractions too": (of(frame(a=[1])), of(frame(a=[1.5])), ["column 'a' was int64, and is float64"]),
    "fractions too, though the sample has none": (of(1 * numpy.ones(2, "int32")), of(numpy.ones(2, "int64"), widens=True),
                                                  ["the body was int32, and is int64"]),
    "greater numbers": (of(numpy.ones(2, "uint8")), of(numpy.ones(2, "int16")), ["the body was uint8, and is int16"]),
    "any text instead of some": (COLOURS, of(frame(c=["red"])), ["column 'c' was category, and is "]),
    "any size": (of(numpy.ones((1, 3))), of(numpy.ones((1, 3)), shape=[None, None]),
                 ["the body had the shape (n, 3), and has (n, n)"]),
    "labels that may come": (of(frame(a=[1])), OPTIONAL, ["rows were labelled by nothing, and are by 'id'"]),
}  # fmt: skip
BREAKING = {
    "another kind": (whole(TEXT), whole(JSON), ["the body was text, and is decoded JSON"]),
    "another kind of one": (several(TEXT, JSON), several({**TEXT, "kind": "bytes"}, JSON), ["'text' was text, and is bytes"]),
    "an object instead of its value": (
        whole(TEXT), several(TEXT, JSON), ["the body was text, and is a dict with text (text), x (decoded JSON)"],
    ),
    "the value instead of an object": (
        several(TEXT, JSON), whole(TEXT), ["the body was a dict with text (text), x (decoded JSON), and is text"],
    ),
    "nothing instead of something": (whole(TEXT), several(), ["the body was text, and is nothing"]),
    "a new parameter": (several(TEXT, JSON), several(TEXT, JSON, {"name": "k", "kind": "text"}), ["'k' is new (text)"]),
    "a parameter less": (several(TEXT, JSON, {"name": "k", "kind": "text"}), several(TEXT, JSON), ["'k' is taken no more"]),
    "no default any more": (
        several(TEXT, {**JSON, "default": 1}), several(TEXT, JSON), ["'x' could be left out, and is wanted"],
    ),
    "a new column": (of(frame(a=[1])), of(frame(a=[1], b=[2])), ["column 'b' is new"]),
    "a column less": (FRAME, of(frame(a=[1])), ["column 'b' is taken no more"]),
    "a column of something else": (of(frame(a=["x"])), of(frame(a=[1])), ["column 'a' was "]),
    "whole numbers only": (of(frame(a=[1.5])), of(frame(a=[1])), ["column 'a' was float64, and is int64"]),
    "no fractions any more": (of(numpy.ones(2, "int64"), widens=True), of(numpy.ones(2, "int64")),
                              ["the body took fractions, and takes whole numbers"]),
    "smaller numbers": (of(numpy.ones(2, "int64")), of(numpy.ones(2, "int8")), ["the body was int64, and is int8"]),
    "truths": (of(numpy.ones(2, "int64")), of(numpy.ones(2, "bool")), ["the body was int64, and is bool"]),
    "a category less": (
        COLOURS, of(frame(c=pandas.Categorical(["red"], categories=["red"]))), ["column 'c' takes 'blue' no more"],
    ),
    "another size": (of(numpy.ones((1, 3))), of(numpy.ones((1, 4))), ["the body had the shape (n, 3), and has (n, 4)"]),
    "another dimension": (of(numpy.ones(3)), of(numpy.ones((1, 3))), ["the body had the shape (n), and has (n, 3)"]),
    "columns of a row": (ROW, of(frame(a=[1.5], c=[2.5]).iloc[0]), ["column 'b' is taken no more", "column 'c' is new"]),
    "columns of a matrix": (
        whole({"name": "x", "kind": "sparse", "dtype": "float64", "format": "csr", "width": 3}),
        whole({"name": "x", "kind": "sparse", "dtype": "float64", "format": "csr", "width": 4}),
        ["the body had 3 columns, and has 4"],
    ),
    "what lies inside": (of({"when": pandas.Timestamp(0)}), of({"when": 1}), ["what lies in the body is read otherwise"]),
    "labels that must come": (of(frame(a=[1])), LABELLED, ["rows were labelled by nothing, and are by 'id'"]),
    "labels no more": (OPTIONAL, of(frame(a=[1])), ["rows were labelled by 'id', and are by nothing"]),
    "labels always": (OPTIONAL, LABELLED, ["label 'id' could be left out, and is wanted"]),
    "other labels": (LABELLED, of(frame(pandas.Index([1], name="id"), a=[1])), ["label 'id' was "]),
}  # fmt: skip


def check(found: list[InputChange], texts: list[str], *, breaks: bool) -> None:
    assert len(found) == len(texts), found
    assert all(change.text.startswith(text) for change, text in zip(found, texts, strict=True)), found
    assert all(change.breaks is breaks for change in found), found


@pytest.mark.parametrize(("before", "after", "texts"), HARMLESS.values(), ids=HARMLESS.keys())
def test_what_callers_need_not_know(before: Any, after: Any, texts: list[str]) -> None:
    check(input_changes(before, after), texts, breaks=False)


@pytest.mark.parametrize(("before", "after", "texts"), BREAKING.values(), ids=BREAKING.keys())
def test_what_breaks_callers(before: Any, after: Any, texts: list[str]) -> None:
    check(input_changes(before, after), texts, breaks=True)


def test_a_change_in_one_of_several_names_it() -> None:
    before, after = (several(TEXT, {**of(one)["parameters"][0], "name": "df"}) for one in (frame(a=[1]), frame(b=[1])))
    assert [change.text for change in input_changes(before, after)] == [
        "'df': column 'a' is taken no more",
        "'df': column 'b' is new",
    ]

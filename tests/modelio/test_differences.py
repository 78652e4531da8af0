from __future__ import annotations

from typing import Any

import pytest

from aibro_jupyter.modelio.differences import differences

NAN = float("nan")
ALIKE = {
    "rounding": (0.1 + 0.2, 0.3),
    "a number in another spelling": (1, 1.0),
    "far out": (1e300, 1e300 * (1 + 1e-9)),
    "about nothing": (0.0, 1e-12),
    "no number on both sides": ([NAN, {"a": NAN}], [NAN, {"a": NAN}]),
    "text": ("a", "a"),
}


@pytest.mark.parametrize(("expected", "got"), ALIKE.values(), ids=ALIKE.keys())
def test_what_is_alike(expected: Any, got: Any) -> None:
    assert differences(expected, got) == []


DIFFERENT = {
    "a number": ({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, ["answer['a'][1]: 2.1 instead of 2.0"]),
    "a number and none": (1.0, NAN, ["answer: NaN instead of 1.0"]),
    "none and a number": (NAN, 1.0, ["answer: 1.0 instead of NaN"]),
    "a truth is no number": (1, True, ["answer: true instead of 1"]),
    "null is no number": (None, NAN, ["answer: NaN instead of null"]),
    "a longer list": ([1], [1, 2], ["answer: [1, 2] instead of [1]"]),
    "other keys": ({"a": 1}, {"b": 1}, ['answer: {"b": 1} instead of {"a": 1}']),
    "two places": ([1, 2], [3, 4], ["answer[0]: 3 instead of 1", "answer[1]: 4 instead of 2"]),
}


@pytest.mark.parametrize(("expected", "got", "lines"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_is_not(expected: Any, got: Any, lines: list[str]) -> None:
    assert differences(expected, got) == lines

"""What looks at a large value needs no second one beside it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from aibro_jupyter.capturing.values.guards import Secrets
from aibro_jupyter.capturing.values.reach import reach
from aibro_jupyter.capturing.values.values import literal
from tests.capturing.kernel import Kernel

SIZE = 2**24
"""Bytes, or more, of each value."""


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    "value",
    [
        "a" * SIZE,
        "line\n" * (SIZE // 5),
        "\x00" * SIZE,
        "ä" * SIZE,
        b"\x00" * SIZE,
        ["a", "b" * SIZE],
        {"k": b"a" * SIZE},
    ],
    ids=["text", "lines", "escapes", "not ascii", "bytes", "in a list", "in a dict"],
)
def test_whether_a_value_is_a_literal_is_decided_by_its_size_first(value: object) -> None:
    assert _peak(lambda: literal(value)) < SIZE // 50
    assert _peak(lambda: reach("value", value, lambda _: False, Secrets({}), set())) < SIZE // 10


def test_a_literal_is_as_long_as_it_may_be_and_no_longer() -> None:
    for text in ("a" * 4094, b"a" * 4093, int("9" * 3600)):
        written = literal(text)
        assert written is not None
        assert eval(written.text) == text
    assert literal("a" * 4095) is None
    assert literal(10**5000) is None


@pytest.mark.parametrize(
    "value",
    [
        np.zeros((2048, 2048))[:, ::2],
        np.zeros((4, 2**20))[:, ::-1],
        [np.zeros((2048, 2048)).T[::2]],
        np.zeros(2**20, [("a", "f8"), ("b", "f8")])["a"],
    ],
    ids=["columns", "backwards", "in a list", "a field"],
)
def test_an_array_that_lies_apart_is_scanned_without_a_copy(value: object) -> None:
    found = []
    peak = _peak(lambda: found.append(reach("value", value, lambda _: False, Secrets({}), set())))
    assert peak < SIZE // 50
    assert any(name.partition(".")[0] == "numpy" for name in found[0].modules)


def test_what_refers_to_code_is_found_in_an_array_that_lies_apart() -> None:
    class Own:
        """A class of the notebook's."""

    objects = np.array([[Own(), 1], [2, 3]], dtype=object)[:, ::2]
    assert reach("value", objects, lambda one: one is Own, Secrets({}), set()).code == [Own]


def test_arrays_that_lie_apart_and_large_numbers_are_captured(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np\nweights = np.arange(20000.0).reshape(100, 200)[:, ::2]\nlarge = 10 ** 5000",
        "def predict(x):\n    return [float(weights[x, 3]), large % 7]",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told

"""Long lists and dicts of texts and numbers are JSON files: what is loaded is what was kept, in value and type."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.capturing.values.savers.jsontexts import JsonSaver
from aibro_jupyter.capturing.values.savers.saver import Unsuitable
from tests.capturing.kernel import Kernel

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)
_CONTAINERS = (
    st.lists(_VALUES, min_size=1)
    | st.lists(_VALUES, min_size=1).map(tuple)
    | st.lists(st.tuples(_SCALARS, _SCALARS), min_size=1)
    | st.lists(st.tuples(_SCALARS, _SCALARS), min_size=1).map(tuple)
    | st.dictionaries(st.text(), _VALUES, min_size=1)
    | st.dictionaries(st.integers() | st.booleans(), _VALUES, min_size=1)
    | st.sets(st.text() | st.integers(), min_size=1)
    | st.frozensets(st.floats(allow_nan=False), min_size=1)
)


def _shape(value: Any) -> Any:
    """Return a value with the type of everything in it, and the order of keys."""
    match value:
        case dict():
            return "dict", [(_shape(key), _shape(one)) for key, one in value.items()]
        case list() | tuple():
            return type(value).__name__, [_shape(one) for one in value]
        case set() | frozenset():
            return type(value).__name__, sorted(map(repr, value))
    return type(value).__name__, repr(value)


def _loaded(value: Any, folder: Path) -> Any:
    (folder / "model").mkdir()
    saved = JsonSaver().save(value, folder / "model" / "kept")
    scope: dict[str, Any] = {}
    here = Path.cwd()
    os.chdir(folder)
    try:
        exec("\n".join([*saved.imports, saved.load.replace("{name}", "made")]), scope)
    finally:
        os.chdir(here)
    return scope["made"]


@given(_CONTAINERS)
def test_what_is_loaded_is_what_was_kept(value: Any) -> None:
    with tempfile.TemporaryDirectory() as place:
        try:
            made = _loaded(value, Path(place))
        except Unsuitable:
            assert not list(Path(place, "model").iterdir())
            return
    assert _shape(made) == _shape(value)


class _Text(str):
    """A text of a class of its own."""


_TWICE = [1, 2]


@pytest.mark.parametrize(
    "value",
    [
        [float("nan")], [float("inf")], [b"a"], [1j], [_Text("a")], [{1: 2}], [(1, [(2,)])], [{1, 2}], {"a": (1,)},
        {None: 1}, {True: 3}, {1: 2, "1": 3}, {1: 2, 5: (6,)}, [10**5000], {10**5000: 1}, [_TWICE, _TWICE], ["\ud800"],
        {"a", 1}, {(1, 2)}, {None, "a"},
    ],
    ids=[f"{number}" for number in range(20)],
)  # fmt: skip
def test_what_json_would_change_is_left_to_others(value: Any, tmp_path: Path) -> None:
    with pytest.raises(Unsuitable):
        _loaded(value, tmp_path)
    assert not list((tmp_path / "model").iterdir())


def test_a_repo_with_long_texts_and_numbers_has_no_pickle(notebook: Kernel) -> None:
    notebook.run(
        """
        words = [f"word {n}" for n in range(2000)]
        index = {word: n for n, word in enumerate(words)}
        back = {n: word for word, n in index.items()}
        pairs = [(word, n / 3) for word, n in index.items()]
        stop = frozenset(words[:1500])
        names = tuple("é" * n for n in range(300))
        """,
        """
        def predict(n):
            return [words[n], index[words[n]], back[n], pairs[n], words[n] in stop, names[n], type(pairs[n]).__name__]
        """,
    )
    made = notebook.capture("predict, samples=[3, 299]")
    assert made.proved == 2
    loads = [line.split("  #")[0].strip() for line in made.predict.splitlines() if "read_text(" in line]
    assert loads == [
        'words = json.loads(Path("model/words.json").read_text())',
        'index = json.loads(Path("model/index.json").read_text())',
        'back = {int(key): value for key, value in json.loads(Path("model/back.json").read_text()).items()}',
        'pairs = [tuple(row) for row in json.loads(Path("model/pairs.json").read_text())]',
        'stop = frozenset(json.loads(Path("model/stop.json").read_text()))',
        'names = tuple(json.loads(Path("model/names.json").read_text(encoding="utf-8")))',
    ]
    assert "pickle" not in made.predict + made.warnings
    text = (notebook.folder / "aibro_repo/model/index.json").read_text()
    assert text.startswith('{\n"word 0": 0,\n"word 1": 1,\n')

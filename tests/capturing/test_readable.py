"""A captured repo reads as if its author had written it by hand."""

from __future__ import annotations

import pytest

from tests.capturing.kernel import Kernel


@pytest.mark.parametrize(
    ("made", "line"),
    [
        ("np.array([0.5, 0.25])", "value = np.array([0.5, 0.25])"),
        ("np.array(['cat', 'dog', 'cow'])", 'value = np.array(["cat", "dog", "cow"])'),
        ("np.array([1, 2], dtype='float32')", 'value = np.array([1.0, 2.0], dtype="float32")'),
        ("np.array([[True, False], [False, True]])", "value = np.array([[True, False], [False, True]])"),
    ],
)
def test_small_arrays_are_written_out(notebook: Kernel, made: str, line: str) -> None:
    notebook.run(
        "import numpy as np",
        f"value = {made}",
        "def predict(x):\n    return [str(value), str(getattr(value, 'dtype', ''))]",
    )
    captured = notebook.capture("predict, sample=1")
    assert captured.proved == 1, captured.told
    assert line in captured.predict
    assert not [name for name in captured.told["files"] if name.startswith("model/")]


@pytest.mark.parametrize("made", ["np.array([np.nan, 1.0])", "np.arange(400.0)", "np.array([b'a'])", "np.array(3.0)"])
def test_other_arrays_are_files(notebook: Kernel, made: str) -> None:
    notebook.run("import numpy as np", f"value = {made}", "def predict(x):\n    return [str(value), str(value.dtype)]")
    captured = notebook.capture("predict, sample=1")
    assert captured.proved == 1, captured.told
    assert "model/value.npy" in captured.told["files"]


def test_a_table_of_which_the_columns_are_read_is_one_line(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd\ntrain = pd.DataFrame({'km': range(5), 'brand': 'x'})",
        "def predict(rows):\n    return rows.reindex(columns=train.columns).notna().to_numpy().tolist()",
    )
    made = notebook.capture("predict, sample=train[['km']][:2]")
    assert made.proved == 1, made.told
    assert 'train = pd.DataFrame(columns=["km", "brand"])' in made.predict
    assert not [name for name in made.told["files"] if name.startswith("model/")]


def test_a_module_has_one_name(notebook: Kernel) -> None:
    notebook.run(
        "import joblib as jl, pickle as pk\nfrom sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1.0], [2.0]], [1, 2])",
        "class Own:\n    def __init__(self): self.k = 2\nown = Own()",
        "def predict(x):\n    return [jl.__version__, pk.HIGHEST_PROTOCOL, float(model.predict([[x]])[0]), own.k]",
    )
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1, made.told
    assert "import joblib as jl\n" in made.predict
    assert "import joblib\n" not in made.predict
    assert 'model = jl.load("model/model.joblib")' in made.predict
    assert "own = pk.load(file)" in made.predict


def test_a_large_pickle_is_compressed_where_that_pays(notebook: Kernel) -> None:
    notebook.run(
        "class Own:\n    def __init__(self): self.words = {f'word number {n}': n for n in range(9000)}\nown = Own()",
        "def predict(x):\n    return own.words['word number 7'] + x",
    )
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1, made.told
    assert 'with gzip.open("model/own.pkl.gz", "rb") as file:' in made.predict
    first = (notebook.folder / "aibro_repo/model/own.pkl.gz").read_bytes()
    assert len(first) < 80_000
    notebook.capture("predict, sample=1, out='again'")
    assert (notebook.folder / "again/model/own.pkl.gz").read_bytes() == first


def test_a_capture_as_a_cells_last_line_says_what_was_made(notebook: Kernel) -> None:
    notebook.run("def predict(x):\n    return x")
    told = notebook.run("from aibro_jupyter import capture\nprint(repr(capture(predict, sample=1)))")
    assert told.startswith("predict is captured in aibro_repo/ ("), told
    assert "1 of 1 sample got the notebook's answer in a clean process" in told
    assert "\n  predict.py\n" in told
    assert "aibro_jupyter.deploy(predict) makes it an API" in told
    told = notebook.run("print(repr(capture(lambda x: x, out='second')))")
    assert "there is no sample to compare" in told


def test_an_array_that_another_value_holds_stays_that_array(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np\nmean = np.array([1.0, 2.0])\nclass Own:\n    def __init__(self): self.mean = mean\nown = Own()",
        "def predict(x):\n    return [own.mean is mean, float(mean[0]) + x]",
    )
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1, made.told
    assert "mean = np.array" not in made.predict

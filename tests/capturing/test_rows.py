"""Rows of data do not leave unasked: what nobody reads stays behind, and what goes along is named."""

from __future__ import annotations

import pytest

from tests.capturing.kernel import Kernel


@pytest.mark.parametrize(
    ("made", "read", "told"),
    [
        ("np.arange(20000.0)", "value.mean()", "all 20000 rows of this ndarray"),
        ("[f'{n}@example.com' for n in range(3000)]", "len(value)", "all 3000 items of this list"),
        ("pd.Series(range(2000))", "value.sum()", "all 2000 rows of this Series"),
        ("{'train': pd.DataFrame({'a': range(2000)})}", "len(value)", "all 2000 rows of a DataFrame in it"),
        ("{n: str(n) for n in range(1500)}", "len(value)", "all 1500 items of this dict"),
        ("partial(max, list(range(1200)))", "value(5, key=str) is None", "all 1200 items of a list in it"),
        ("Holder()", "len(value.kept)", "all 1100 rows of a ndarray in it"),
        ("sparse.csr_matrix(np.eye(1300))", "value.sum()", "all 1300 rows of this csr_matrix"),
    ],
)
def test_every_sized_value_of_many_rows_is_named(notebook: Kernel, made: str, read: str, told: str) -> None:
    notebook.run(
        "import numpy as np, pandas as pd\nfrom scipy import sparse\nfrom functools import partial",
        "class Holder:\n    def __init__(self): self.kept = np.zeros(1100)",
        f"value = {made}",
        f"def predict(x):\n    return float({read}) + x"
        if "partial" not in made
        else "def predict(x):\n    return callable(value)",
    )
    captured = notebook.capture("predict, sample=1")
    assert captured.proved == 1, captured.told
    assert "value (In[" in captured.warnings
    assert f"{told} go into the repo; keep only what predict needs" in captured.warnings


def test_only_the_attributes_that_are_read_go_along(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np, pandas as pd\nfrom types import SimpleNamespace\nfrom sklearn.datasets import load_digits",
        "digits = load_digits()\nprices = pd.Series(range(5000), name='price')\npixels = np.zeros((4000, 7), 'float32')",
        "kept = SimpleNamespace(names=['a', 'b'], rows=list(range(5000)))",
        "def predict(x):\n    return [digits.target_names[x], prices.name, pixels.shape[1], str(pixels.dtype), kept.names]",
    )
    made = notebook.capture("predict, sample=3")
    assert made.proved == 1, made.told
    assert "go into the repo" not in made.warnings
    sizes = {name: (notebook.folder / "aibro_repo" / name).stat().st_size for name in made.told["files"]}
    assert all(size < 6000 for size in sizes.values()), sizes


@pytest.mark.parametrize(
    ("reads", "is_cut"),
    [
        ("digits['target_names'].tolist()[x]", True),
        ("[digits['target_names'][x], digits.feature_names[x]]", True),
        ("[digits['target_names'][x], len(digits)]", False),
        ("digits[['target_names', 'data'][x % 1]].tolist()[x]", False),
        ("[digits['target_names'][x], 'data' in digits]", False),
    ],
    ids=["an item", "item and attribute", "its length", "a computed key", "whether it has one"],
)
def test_of_a_bunch_only_the_items_that_are_read_go_along(notebook: Kernel, reads: str, is_cut: bool) -> None:
    notebook.run(
        "from sklearn.datasets import load_digits\ndigits = load_digits()", f"def predict(x):\n    return {reads}"
    )
    made = notebook.capture("predict, sample=3")
    assert made.proved == 1, made.told
    assert ("go into the repo" in made.warnings) is not is_cut
    size = sum((notebook.folder / "aibro_repo" / name).stat().st_size for name in made.told["files"])
    assert (size < 20_000) is is_cut, size


def test_what_a_model_learned_is_no_data(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np\nfrom sklearn.ensemble import RandomForestClassifier\nX = np.arange(6000.0).reshape(3000, 2)",
        "model = RandomForestClassifier(3).fit(X, X[:, 0] > 99)\ndef predict(x):\n    return model.predict(x)",
    )
    made = notebook.capture("predict, sample=X[:3]")
    assert made.proved == 1, made.told
    assert "rows" not in made.warnings

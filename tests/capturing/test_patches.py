"""What the notebook changed in libraries: what answering needs comes along, what only fitting needs does not."""

from __future__ import annotations

import pytest

from tests.capturing.kernel import Captured, Kernel

LEFT_OUT = "changed in the notebook alone, for no answer comes near it"
_FITTED = """
import sklearn.utils.validation, warnings
import numpy as np, pandas as pd
from sklearn.linear_model import LinearRegression
"""
_MODEL = """
df = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [0.0, 1.0, 1.0]})
model = LinearRegression().fit(df, [1.0, 2.0, 4.0])
"""
_PREDICT = "def predict(df):\n    return model.predict(df).tolist()"


def _left_out(made: Captured) -> str:
    return next((line for line in made.told["warnings"] if LEFT_OUT in line), "")


@pytest.mark.parametrize(
    ("patch", "undo", "target"),
    [
        (
            "_check = sklearn.utils.validation.check_X_y\n"
            "def mine(*a, **k):\n    return _check(*a, **k)\nsklearn.utils.validation.check_X_y = mine",
            "sklearn.utils.validation.check_X_y = _check",
            "sklearn.utils.validation.check_X_y",
        ),
        (
            "def plot2(self):\n    return self.plot()\npd.DataFrame.plot2 = plot2",
            "del pd.DataFrame.plot2",
            "pd.DataFrame.plot2",
        ),
        (
            "import functools, time\nspent = []\ndef timed(f):\n    @functools.wraps(f)\n"
            "    def inner(*a, **k):\n        began = time.time()\n        try:\n            return f(*a, **k)\n"
            "        finally:\n            spent.append(time.time() - began)\n    return inner\n"
            "_fit = LinearRegression.fit\nLinearRegression.fit = timed(LinearRegression.fit)",
            "LinearRegression.fit = _fit",
            "LinearRegression.fit",
        ),
    ],
    ids=["a function", "a new method", "a wrapped fit"],
)
def test_what_only_fitting_needs_is_left_out_and_named(notebook: Kernel, patch: str, undo: str, target: str) -> None:
    notebook.run(_FITTED, patch, _MODEL, _PREDICT)
    made = notebook.capture("predict, sample=df.head(2)")
    notebook.run(undo)
    assert made.proved == 1
    assert _left_out(made).startswith(f"{target} (In[")
    assert target.rpartition(".")[2] not in made.predict
    assert set(made.files) >= {"predict.py"}
    assert "notebook_code.py" not in made.files


def test_a_patch_that_the_answer_reaches_through_a_library_is_kept(notebook: Kernel) -> None:
    notebook.run(
        _FITTED + "from sklearn.linear_model._base import LinearModel",
        _MODEL,
        "_decide = LinearModel._decision_function\n"
        "def doubled(self, X):\n    return 2 * _decide(self, X)\nLinearModel._decision_function = doubled\n"
        "def fit2(self): ...\nLinearModel.fit2 = fit2",
        _PREDICT,
    )
    made = notebook.capture("predict, sample=df.head(2)")
    notebook.run("LinearModel._decision_function = _decide; del LinearModel.fit2")
    assert made.proved == 1
    assert "LinearModel._decision_function = doubled" in made.predict
    assert _left_out(made).startswith("LinearModel.fit2 (In[")


def test_a_patch_that_another_branch_may_reach_is_kept(notebook: Kernel) -> None:
    notebook.run(
        _FITTED + "from sklearn.linear_model._base import LinearModel",
        _MODEL,
        "_decide = LinearModel._decision_function\n"
        "def doubled(self, X):\n    return 2 * _decide(self, X)\nLinearModel._decision_function = doubled",
        "def predict(df):\n    if len(df) > 2:\n        return model.predict(df).tolist()\n    return []",
    )
    made = notebook.capture("predict, sample=df.head(2)")
    notebook.run("LinearModel._decision_function = _decide")
    assert made.proved == 1
    assert "LinearModel._decision_function = doubled" in made.predict
    assert not _left_out(made)


def test_code_for_errors_alone_is_no_other_branch(notebook: Kernel) -> None:
    notebook.run(
        _FITTED,
        "def plot2(self):\n    return self.plot()\npd.DataFrame.plot2 = plot2",
        _MODEL,
        """
        def checked(df):
            if df is None:
                raise ValueError(f"no rows: {df.shape}")
            return df

        def predict(df):
            rows = checked(df)
            if rows is None:
                return {"error": "empty"}
            return model.predict(rows).tolist()
        """,
    )
    made = notebook.capture("predict, sample=df.head(2)")
    notebook.run("del pd.DataFrame.plot2")
    assert _left_out(made).startswith("pd.DataFrame.plot2 (In[")


def test_a_constant_of_a_library_that_the_answer_reads_is_kept(notebook: Kernel) -> None:
    notebook.run(
        "import json, json.encoder",
        "json.encoder.INFINITY = 1e9\njson.encoder.c_make_encoder = None",
        "def predict(x):\n    return json.dumps({'x': x, 'top': float('1e9')})",
    )
    made = notebook.capture("predict, sample=1")
    notebook.run("json.encoder.INFINITY = float('inf'); import _json; json.encoder.c_make_encoder = _json.make_encoder")
    assert made.proved == 1
    assert "json.encoder.INFINITY = 1e9" in made.predict
    assert not _left_out(made)


def test_without_a_sample_every_patch_of_the_repos_libraries_is_kept(notebook: Kernel) -> None:
    notebook.run(
        _FITTED, "def plot2(self):\n    return self.plot()\npd.DataFrame.plot2 = plot2", _MODEL,
        "def predict(x):\n    return model.predict(pd.DataFrame(x)).tolist()",
    )  # fmt: skip
    made = notebook.capture("predict")
    notebook.run("del pd.DataFrame.plot2")
    assert "pd.DataFrame.plot2 = plot2" in made.predict


def test_a_patch_that_a_call_made_comes_along(notebook: Kernel) -> None:
    notebook.run(
        _FITTED,
        "def twice(f):\n    def inner(*a, **k):\n        return 2 * f(*a, **k)\n    return inner\n"
        "_predict = LinearRegression.predict\nLinearRegression.predict = twice(LinearRegression.predict)",
        _MODEL,
        _PREDICT,
    )
    made = notebook.capture("predict, sample=df.head(2)")
    notebook.run("LinearRegression.predict = _predict")
    assert made.proved == 1
    assert "LinearRegression.predict = twice(LinearRegression.predict)" in made.predict


def test_settings_of_what_only_shows_and_logs_stay_in_the_notebook(notebook: Kernel) -> None:
    notebook.run(
        _FITTED + "import logging\nimport matplotlib.pyplot as plt",
        "warnings.filterwarnings('ignore')\nplt.rcParams['figure.figsize'] = (4, 3)\n"
        "old = logging.Logger.makeRecord\nlogging.getLogger('x').setLevel('ERROR')\nlogging.Logger.makeRecord = old",
        _MODEL, _PREDICT,
    )  # fmt: skip
    made = notebook.capture("predict, sample=df.head(2)")
    assert made.proved == 1
    for name in ("warnings", "plt", "logging"):
        assert name not in made.predict


def test_a_patch_that_only_another_branch_names_is_kept(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd\ndef total(self):\n    return float(self.sum().sum())\npd.DataFrame.total = total",
        "def predict(df):\n    if len(df) > 2:\n        return df.total()\n    return 0.0",
    )
    made = notebook.capture("predict, sample=pd.DataFrame({'a': [1.0, 2.0]})")
    notebook.run("del pd.DataFrame.total")
    assert "pd.DataFrame.total = total" in made.predict
    assert not _left_out(made)


def test_a_patch_of_a_library_below_the_models_is_found(notebook: Kernel) -> None:
    """The repo's code names scikit-learn alone, and that calls SciPy."""
    notebook.run(
        "from sklearn.linear_model import LogisticRegression\nimport sklearn.linear_model._logistic as logistic",
        "model = LogisticRegression().fit([[0.0], [1.0], [3.0]], [0, 1, 2])",
        "import sklearn.utils.extmath\n_softmax = logistic.softmax\n"
        "def flat(X, copy=True):\n    return 0 * _softmax(X) + 0.5\nlogistic.softmax = flat",
        "def predict(x):\n    return model.predict_proba([[x]]).tolist()",
    )
    made = notebook.capture("predict, sample=2.0")
    notebook.run("logistic.softmax = _softmax")
    assert made.proved == 1
    assert "logistic.softmax = flat" in made.predict


def test_what_was_put_back_is_no_patch(notebook: Kernel) -> None:
    notebook.run(
        _FITTED,
        "before = LinearRegression.predict\nLinearRegression.predict = lambda self, X: [0]",
        "LinearRegression.predict = before",
        _MODEL,
        _PREDICT,
    )
    made = notebook.capture("predict, sample=df.head(2)")
    assert made.proved == 1
    assert "LinearRegression.predict" not in made.predict
    assert not _left_out(made)


def test_a_function_of_a_local_module_that_another_one_calls(notebook: Kernel) -> None:
    (notebook.folder / "patched_cfg.py").write_text("def scale(x):\n    return x\n")
    (notebook.folder / "patched_feats.py").write_text(
        "import patched_cfg\n\ndef f(x):\n    return patched_cfg.scale(x)\n"
    )
    notebook.run(
        "import patched_cfg as cfg\nfrom patched_feats import f",
        "def tenfold(x):\n    return 10 * x\ncfg.scale = tenfold",
        "def predict(x):\n    return f(x)",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "cfg.scale = tenfold" in made.predict

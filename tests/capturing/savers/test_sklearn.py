from __future__ import annotations

from tests.capturing.kernel import Kernel


def test_34_scorers_searches_transformers_and_output_settings(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np, pandas as pd\nfrom sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import FunctionTransformer, StandardScaler\nfrom sklearn.linear_model import Ridge\nfrom sklearn.model_selection import GridSearchCV\nfrom sklearn.metrics import make_scorer\nfrom sklearn.base import BaseEstimator, TransformerMixin",
        "SHIFT = 1.0\ndef closeness(a, b):\n    return -abs(a - b).mean()\ndef moved(frame):\n    return frame + SHIFT",
        "class Clip(TransformerMixin, BaseEstimator):\n    def __init__(self, top=2.0): self.top = top\n    def fit(self, X, y=None): return self\n    def transform(self, X): return X.clip(upper=self.top)\n    def get_feature_names_out(self, names=None): return names",
        "X = pd.DataFrame({'a': np.arange(30.0), 'b': np.arange(30.0)[::-1]})\ny = X.a * 2 + 1",
        "search = GridSearchCV(make_pipeline(FunctionTransformer(moved), FunctionTransformer(lambda d: d * 2), Clip(50.0), StandardScaler().set_output(transform='pandas'), Ridge()), {'ridge__alpha': [0.1, 1.0]}, scoring=make_scorer(closeness), cv=2).fit(X, y)",
        "def predict(rows):\n    return search.predict(rows), search.best_params_, search.feature_names_in_.tolist()",
    )
    made = notebook.capture("predict, sample=X[:3]")
    assert made.proved == 1, made.told
    assert {"closeness", "moved", "Clip"} <= {
        word.split("(")[0] for word in made.files["notebook_code.py"].replace("\n", " ").split(" ")
    }


def test_25_large_arrays_are_mapped_and_rows_inside_a_model_are_told(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np\nfrom sklearn.neighbors import KNeighborsRegressor\nX = np.random.RandomState(0).rand(20_000, 20)\nmodel = KNeighborsRegressor(3, algorithm='brute').fit(X, X[:, 0])",
        "def predict(rows):\n    return model.predict(np.asarray(rows))",
    )
    made = notebook.capture("predict, sample=[[0.5] * 20]")
    assert made.proved == 1, made.told
    assert 'mmap_mode="r"' in made.predict
    assert "holds all 20000 rows it was fitted on" in made.warnings


def test_36_a_vocabulary_in_hash_order_is_the_one_that_was_built(notebook: Kernel) -> None:
    notebook.run(
        "words = [f'w{i}' for i in range(2000)]\nvocab = {word: i for i, word in enumerate(set(words))}\nlabels = list({'red', 'green', 'blue', 'black'})",
        "def predict(word):\n    return vocab[word], labels",
    )
    made = notebook.capture("predict, sample='w77'")
    assert made.proved == 1, made.told
    assert int(notebook.run("print(vocab['w77'])")) == made.manifest["expected"][0]

"""Notebooks as people leave them, captured in a real kernel. The proof inside capture compares the answers."""

from __future__ import annotations

from tests.capturing.kernel import Kernel

FLOWERS = """
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
df = load_iris(as_frame=True).frame
df.columns = ["sl", "sw", "pl", "pw", "species"]
X, y = df.drop(columns="species"), df["species"]
"""


def test_a_redefined_helper_a_shadowing_local_and_cells_out_of_order(notebook: Kernel) -> None:
    notebook.run(
        FLOWERS,
        "def clean(d):\n    return d * 1000",
        """
        # answers with the name of the species
        def predict(X):
            df = clean(X)  # a local, not the 150 rows
            return [NAMES[i] for i in model.predict(df)]
        """,
        "NAMES = ['setosa', 'versicolor', 'virginica']\nmodel = LogisticRegression(max_iter=500).fit(X, y)",
        "def clean(d):\n    # the newer one\n    return d.clip(lower=0)",
    )
    made = notebook.capture("predict, sample=X[::40]")
    assert made.proved == 1, made.told
    assert "# the newer one" in made.predict
    assert "* 1000" not in made.predict
    assert "# answers with the name of the species\ndef predict(X):" in made.predict
    assert [name for name, _ in made.told["models"]] == ["model"]
    assert "NAMES = ['setosa', 'versicolor', 'virginica']  # In[" in made.predict
    assert made.files["requirements.txt"].count("==") == 4


def test_star_imports_and_submodules_become_explicit(notebook: Kernel) -> None:
    notebook.run(
        "from numpy import *\nfrom math import *\nimport xml.etree.ElementTree\nimport os.path as osp",
        """
        def predict(values):
            root = xml.etree.ElementTree.fromstring("<a><b/></a>")
            return {"m": float(mean(array(values))), "f": floor(2.5), "n": len(root), "b": osp.basename("/x/y")}
        """,
    )
    made = notebook.capture("predict, sample=[1.0, 2.0, 6.0]")
    assert made.proved == 1, made.told
    assert "from math import floor" in made.predict
    assert "from numpy import array" in made.predict
    assert "import xml.etree.ElementTree" in made.predict
    assert "*" not in made.predict


def test_a_module_beside_the_notebook_is_followed_and_copied(notebook: Kernel) -> None:
    (notebook.folder / "featurelib").mkdir()
    (notebook.folder / "featurelib" / "__init__.py").write_text("from .inner import double\n")
    (notebook.folder / "featurelib" / "inner.py").write_text(
        "import textlib\n\ndef double(x):\n    return textlib.two() * x\n"
    )
    (notebook.folder / "textlib.py").write_text("def two():\n    return 2\n")
    (notebook.folder / "words.txt").write_text("alpha beta")
    notebook.run(
        "import sys; sys.path.insert(0, '.')",
        "from featurelib import double as twice",
        "def predict(x):\n    return {'y': twice(x), 'words': open('words.txt').read().split()}",
    )
    made = notebook.capture("predict, sample=21")
    assert made.proved == 1, made.told
    assert "from featurelib import double as twice" in made.predict
    assert {"featurelib/inner.py", "textlib.py", "words.txt"} <= set(made.files)
    assert "words.txt" in made.warnings
    assert made.files["requirements.txt"] == ""


def test_a_pipeline_with_a_transformer_class_and_a_lambda_from_cells(notebook: Kernel) -> None:
    notebook.run(
        FLOWERS,
        """
        from sklearn.base import BaseEstimator, TransformerMixin
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer
        LIMIT = 4.5

        class Capper(BaseEstimator, TransformerMixin):
            '''Caps every value.'''
            def __init__(self, factor=1.0):
                self.factor = factor
            def fit(self, X, y=None):
                return self
            def transform(self, X):
                return X.clip(upper=LIMIT * self.factor)
        """,
        """
        def area(d):
            return d.assign(area=d["pl"] * d["pw"])
        pipe = make_pipeline(Capper(2.0), FunctionTransformer(area), FunctionTransformer(lambda d: d * 2),
                             LogisticRegression(max_iter=500)).fit(X, y)
        """,
        "def predict(X):\n    return {'p': pipe.predict_proba(X), 'capper': isinstance(pipe[0], Capper)}",
    )
    made = notebook.capture("predict, sample=X[:3]")
    assert made.proved == 1, made.told
    home = made.files["notebook_code.py"]
    assert "class Capper(BaseEstimator, TransformerMixin):" in home
    assert "LIMIT = 4.5" in home
    assert "def area(d):" in home
    assert "lambda_1 = lambda d: d * 2" in home
    assert "from notebook_code import Capper" in made.predict
    assert notebook.run(
        "print(Capper.__module__, area.__module__, 'notebook_code' in sys.modules if 'sys' in dir() else '')"
    ).split()[:2] == [
        "__main__",
        "__main__",
    ]


def test_a_text_classifier_whose_tokenizer_reads_a_global(notebook: Kernel) -> None:
    notebook.run(
        """
        import re
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.naive_bayes import MultinomialNB
        texts = ["good film", "great good plot", "bad film", "awful bad plot"] * 5
        labels = ["pos", "pos", "neg", "neg"] * 5
        STOP = {"film", "plot"}
        pattern = re.compile(r"[a-z]+", re.I)
        stems = {f"word{i}": f"w{i}" for i in range(900)}
        """,
        """
        def tokenize(text):
            return [stems.get(t, t) for t in pattern.findall(text.lower()) if t not in STOP]
        vec = CountVectorizer(tokenizer=tokenize, token_pattern=None)
        nb = MultinomialNB().fit(vec.fit_transform(texts), labels)
        """,
        "def classify(text: str) -> dict:\n    return {'label': nb.predict(vec.transform([text]))[0], 'tokens': tokenize(text)}",
    )
    made = notebook.capture("classify, sample='A GOOD plot'")
    assert made.proved == 1, made.told
    assert made.told["body"] == "A GOOD plot"
    assert made.told["content_type"].startswith("text/plain")
    assert 'STOP = {"film", "plot"}' in made.files["notebook_code.py"]
    assert 'pattern = re.compile("[a-z]+", re.IGNORECASE)' in made.files["notebook_code.py"]
    assert "tokenize" in made.predict


def test_feature_engineering_with_global_means_maps_and_categories(notebook: Kernel) -> None:
    notebook.run(
        """
        import numpy as np, pandas as pd
        train = pd.DataFrame({"age": [22.0, None, 35.0, 58.0] * 500, "city": ["Rome", "Oslo", None, "Rome"] * 500,
                              "when": pd.to_datetime(["2024-01-05", "2024-06-01", "2025-02-03", "2025-03-04"] * 500)})
        means = train[["age"]].mean()
        city_codes = {c: i for i, c in enumerate(train["city"].dropna().unique())}
        city_type = pd.CategoricalDtype(["Oslo", "Rome"])
        weights = {"age": np.array([0.5]), "city": np.array([2.0])}
        """,
        """
        def features(d):
            out = pd.DataFrame({"age": d["age"].fillna(means["age"])})
            out["city"] = d["city"].map(city_codes).fillna(-1)
            out["known"] = d["city"].astype(city_type).cat.codes
            out["year"] = d["when"].dt.year
            return out[[c for c in out if c in train.columns or c in ("known", "year")]]

        def score(d):
            f = features(d)
            return f.assign(score=f["age"] * weights["age"][0] + f["city"] * weights["city"][0])
        """,
        "score(train.head(2))",
    )
    made = notebook.capture("score")
    assert made.proved == 1, made.told
    assert "taken from the last call of score" in made.warnings
    assert "rows of this DataFrame" not in made.warnings  # only its columns are read, so only they went along
    assert 'city_codes = {"Rome": 0, "Oslo": 1}' in made.predict
    assert 'weights = dict(np.load("model/weights.npz"))' in made.predict
    kinds = {column["name"]: column["dtype"] for column in made.manifest["input"]["parameters"][0]["columns"]}
    assert kinds["when"].startswith("datetime64")


def test_a_numpy_model_in_a_class_of_the_notebook(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np\nfrom dataclasses import dataclass",
        """
        @dataclass
        class Layer:
            w: np.ndarray
            b: float = 0.5

        class Net:
            def __init__(self, layers): self.layers = layers
            def __call__(self, x):
                for layer in self.layers:
                    x = act(x @ layer.w + layer.b)
                return x
        """,
        "act = np.tanh\nnet = Net([Layer(np.eye(3)), Layer(np.ones((3, 2)), 0.1)])",
        "def predict(x):\n    return net(x)",
    )
    made = notebook.capture("predict, sample=np.array([[1.0, 2.0, 3.0]])")
    assert made.proved == 1, made.told
    assert made.manifest["input"]["parameters"][0]["shape"] == [None, 3]
    made = notebook.capture("net, sample=np.array([[1.0, 2.0, 3.0]]), out='direct'")
    assert made.proved == 1, made.told


def test_partial_lambda_and_bound_method_as_targets(notebook: Kernel) -> None:
    notebook.run(
        FLOWERS,
        """
        from functools import partial, lru_cache
        clf = LogisticRegression(max_iter=500).fit(X, y)
        def score(rows, model, threshold=0.5):
            return (model.predict_proba(rows) > threshold).tolist()
        loose = partial(score, model=clf, threshold=0.2)
        best = lambda rows: int(clf.predict_proba(rows).max() * 100)
        @lru_cache(maxsize=10)
        def doubled(n):
            return n * 2
        """,
    )
    for call, expected in {
        "clf.predict, sample=X[:2], out='bound'": "return model.predict(data)",
        "loose, sample=X[:2], out='partial'": "return model(data, model=clf, threshold=threshold)",
        "best, sample=X[:2], out='lam'": "best = lambda rows: int(",
        "doubled, sample=4, out='cached'": "@lru_cache(maxsize=10)\ndef doubled(n):",
    }.items():
        made = notebook.capture(call)
        assert made.proved == 1, made.told
        assert expected in made.predict, made.predict


def test_parameters_that_are_globals_are_bound_to_them(notebook: Kernel) -> None:
    notebook.run(
        FLOWERS,
        "from sklearn.feature_extraction import DictVectorizer\ndv = DictVectorizer(sparse=False).fit([{'a': 1.0, 'b': 2.0}])",
        "model = LogisticRegression().fit([[0, 0], [1, 2], [3, 3]], [0, 1, 1])",
        "def predict_single(customer, dv, model):\n    return model.predict_proba(dv.transform([customer]))[0, 1]",
    )
    made = notebook.capture("predict_single, sample={'a': 1.0, 'b': 2.0}")
    assert made.proved == 1, made.told
    assert "return model(data, dv, model)" not in made.predict
    assert made.manifest["input"]["whole"] is True


def test_several_parameters_come_as_one_json_object(notebook: Kernel) -> None:
    notebook.run("def price(km, age=3, *, brand):\n    return {'eur': 20000 - km * 0.1 - age * 500, 'brand': brand}")
    made = notebook.capture("price, sample={'km': 1000, 'brand': 'x'}")
    assert made.proved == 1, made.told
    assert made.manifest["input"]["whole"] is False
    assert made.told["body"] == '{"km": 1000, "brand": "x"}'


def test_a_hand_written_run_is_shipped_as_it_is(notebook: Kernel) -> None:
    notebook.run(
        FLOWERS,
        "model = LogisticRegression(max_iter=500).fit(X, y)",
        "def run(model, data):\n    return {'species': model.predict(pd.DataFrame(data)).tolist()}",
    )
    made = notebook.capture("run, name='iris', sample=X[:2].to_dict('records')")
    assert made.proved == 1, made.told
    assert "def run(model, data):\n    return {'species': model.predict" in made.predict
    assert made.predict.count("def run(") == 1
    (notebook.folder / "data").mkdir()
    (notebook.folder / "data" / "rows.json").write_text('[{"sl": 1, "sw": 2, "pl": 3, "pw": 4}]')
    notebook.run(
        "import json\ndef run(model):\n    return model.predict(pd.DataFrame(json.load(open('data/rows.json')))).tolist()"
    )
    made = notebook.capture("run, name='iris'")
    assert "data/rows.json" in made.files
    assert "input" not in made.manifest


def test_names_reached_only_through_text_are_found_by_the_proof(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd\nthreshold = 2\nfactor = 10",
        "def predict(d):\n    return len(d.query('a > @threshold')) * eval('factor')",
    )
    made = notebook.capture("predict, sample=pd.DataFrame({'a': [1, 2, 3, 4]})")
    assert made.proved == 1, made.told
    assert "threshold: read only through text" in made.warnings
    assert "factor = 10" in made.predict


def test_magics_decorators_and_definitions_inside_blocks(notebook: Kernel) -> None:
    notebook.run(
        "import functools\ncalls = []",
        """
        def logged(f):
            @functools.wraps(f)
            def inner(*args):
                calls.append(f.__name__)
                return f(*args)
            return inner
        """,
        "%%time\ndef base(x):\n    return x + 1",
        """
        %precision 4
        if True:
            try:
                @logged
                def predict(x):
                    print("seen", x)
                    return base(x) * SCALE
            except NameError:
                pass
        SCALE = 3
        """,
    )
    made = notebook.capture("predict, sample=4")
    assert made.proved == 1, made.told
    assert "\n@logged\ndef predict(x):" in made.predict
    assert "precision" not in made.predict
    assert "def base(x):" in made.predict
    assert notebook.run("print(calls)").strip() == "[]"  # the live call left no trace


def test_closures_lambdas_in_values_and_shared_objects(notebook: Kernel) -> None:
    notebook.run(
        FLOWERS,
        """
        def scaled(k):
            def inner(x):
                return x * k
            return inner
        times3 = scaled(3)
        steps = {"half": lambda v: v / 2, "third": lambda v: v / 3}
        clf = LogisticRegression(max_iter=500).fit(X, y)
        from sklearn.pipeline import Pipeline
        pipe = Pipeline([("clf", clf)])
        """,
        "def predict(x):\n    return [times3(x), steps['half'](x), steps['third'](x), pipe[-1] is clf]",
    )
    made = notebook.capture("predict, sample=6")
    assert made.proved == 1, made.told
    assert made.manifest["expected"][3] is True
    assert "k = 3" in made.predict

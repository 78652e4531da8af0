"""State of a live notebook: what is kept, what is warned of, what stays as it was."""

from __future__ import annotations

from tests.capturing.kernel import Kernel


def test_capture_leaves_the_notebook_as_it_was(notebook: Kernel) -> None:
    notebook.run(
        "import random, numpy as np\nrandom.seed(1); np.random.seed(1)\nrng = np.random.default_rng(7)\nseen = {'n': 0}\ncount = 0",
        """
        def predict(x, calls=[]):
            global count
            calls.append(x)
            count += 1
            seen['n'] += 1
            x.append(4)
            return [sum(x), int(rng.integers(1000)), count, seen['n']]
        """,
    )
    state = "print(predict.__defaults__, count, seen, rng.bit_generator.state['state'], random.getstate()[1][:3], np.random.get_state()[1][:3])"
    before = notebook.run(state)
    made = notebook.capture("predict, sample=[1, 2], namespace=get_ipython().user_ns")
    assert "two runs on the same sample differ: answer[1]" in made.warnings, made.told
    assert notebook.run(state) == before
    assert "count = 0" in made.predict


def test_a_class_defined_again_after_its_instance_was_made(notebook: Kernel) -> None:
    notebook.run(
        "class Scaler:\n    def __init__(self, k): self.k = k\n    def go(self, x): return x * self.k",
        "scaler = Scaler(3)",
        "class Scaler:\n    def __init__(self, k): self.k = k\n    def go(self, x): return x * self.k + 100",
        "def predict(x):\n    return scaler.go(x)",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "was defined again afterwards" in made.warnings
    assert "+ 100" not in made.files["notebook_code.py"]
    assert notebook.run("print(Scaler.__module__, type(scaler).__module__, type(scaler).__qualname__)").split() == [
        "__main__", "__main__", "Scaler",
    ]  # fmt: skip


def test_large_frames_are_warned_of_and_literals_keep_their_types(notebook: Kernel) -> None:
    notebook.run(
        """
        import math, datetime, decimal
        from pathlib import Path
        import numpy as np, pandas as pd
        table = pd.DataFrame({"a": range(2000)})
        odd = {1: "one", (1, 2): None, "nan": float("nan"), "s": {"b", "a"}, "np": np.float64(0.25), "f": frozenset()}
        day, path, price = datetime.date(2024, 1, 2), Path("a") / "b", decimal.Decimal("1.10")
        text = '''Dear {name},
        your score is {score} and "this" keeps its lines together here'''
        """,
        """
        def predict(x):
            types = [type(v).__name__ for v in [*odd.values(), day, path, price]]
            return [int(table.a.sum()), types, math.isnan(odd["nan"]), odd[(1, 2)], day, path, price, text.format(name=x, score=1)]
        """,
    )
    made = notebook.capture("predict, sample='x'")
    assert made.proved == 1, made.told
    assert "all 2000 rows of this DataFrame" in made.warnings
    assert 'path = Path("a/b")' in made.predict


def test_async_generators_and_display(notebook: Kernel) -> None:
    notebook.run(
        "import asyncio\nasync def slow(x):\n    await asyncio.sleep(0)\n    display(x)\n    return x * 2",
        "def several(n):\n    for i in range(n):\n        yield i * i",
    )
    made = notebook.capture("slow, sample=4, out='slow'")
    assert made.proved == 1, made.told
    assert "def display(" in made.predict
    made = notebook.capture("several, sample=3, out='several'")
    assert made.proved == 1, made.told
    assert made.manifest["expected"] == [0, 1, 4]


def test_names_that_predict_py_needs_itself(notebook: Kernel) -> None:
    notebook.run(
        "weights = list(range(3000))\ndef load_model():\n    return weights",
        "def run(x):\n    return load_model()[x]",
        "def predict(x):\n    return run(x) + 1\nmodel = 5\ndata = 7\ndef other(x):\n    return model + data + x",
    )
    made = notebook.capture("predict, sample=10, out='first'")
    assert made.proved == 1, made.told
    made = notebook.capture("other, sample=10, out='second'")
    assert made.proved == 1, made.told


def test_definition_time_names_and_inheritance_across_cells(notebook: Kernel) -> None:
    notebook.run(
        "from enum import Enum\nfrom typing import NamedTuple, Optional\nimport abc\nSIZES = {'s': 1, 'm': 2}",
        "class Base(abc.ABC):\n    table = {k: v * 10 for k, v in SIZES.items()}\n    @abc.abstractmethod\n    def go(self): ...",
        "class Size(Enum):\n    SMALL = SIZES['s']\n    BIG = 9",
        "class Row(NamedTuple):\n    a: int\n    size: Optional[Size] = Size.SMALL",
        "class Child(Base):\n    def go(self):\n        return super().__class__.__name__, self.table['m']",
        "def register(f):\n    f.tag = DEFAULT\n    return f\nDEFAULT = 'tagged'",
        "row = Row(3)\nchild = Child()",
        "@register\ndef predict(x, size=Size.BIG):\n    return [row.a + x, row.size.name, size.value, child.go(), predict.tag, isinstance(child, Base)]",
    )
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1, made.told


def test_without_a_sample_it_loads_and_says_so(notebook: Kernel) -> None:
    notebook.run("def predict(x):\n    return x")
    made = notebook.capture("predict")
    assert made.told["proof"]["samples"] == 0
    assert "no sample" in made.warnings
    assert made.told["body"] == ""


def test_a_closure_that_counts_settings_and_other_literals(notebook: Kernel) -> None:
    notebook.run(
        "def make():\n    n = 10\n    def bump(x):\n        nonlocal n\n        n += x\n        return n\n    return bump",
        "bump = make(); bump(5)",
        "import logging, threading\nfrom typing import Optional\nlog = logging.getLogger('mine'); lock = threading.Lock()\nMaybe = Optional[int]",
        "import sklearn, pandas as pd\nfrom sklearn.preprocessing import StandardScaler\nsklearn.set_config(transform_output='pandas')",
        "frame = pd.DataFrame({'a': [1.0, 2.0, 4.0]})\nscaler = StandardScaler().fit(frame)",
        """
        def predict(d) -> Maybe:
            with lock:
                log.info("asked")
                return {"n": len(scaler.transform(d).columns)}
        """,
    )
    made = notebook.capture("predict, sample=frame")
    assert made.proved == 1, made.told
    assert "sklearn.set_config(transform_output='pandas')" in made.predict
    assert "log = logging.getLogger('mine')" in made.predict
    assert "Maybe = typing.Optional[int]" in made.predict
    made = notebook.capture("bump, sample=1, out='bump'")
    assert "n = 15" in made.predict, made.told
    assert "    global n\n" in made.predict
    assert notebook.run("print(bump(0))").strip() == "15"


def test_a_bound_method_a_saved_model_file_and_any_arguments(notebook: Kernel) -> None:
    notebook.run(
        "import joblib, pickle\nfrom sklearn.linear_model import LinearRegression",
        "joblib.dump(LinearRegression().fit([[0], [1], [2]], [1, 3, 5]), 'line.pkl', compress=3)",
        "def from_file(x):\n    line = joblib.load('line.pkl')\n    return line.predict([[x]])[0]",
        "class Model:\n    def __init__(self): self.k = 2\n    def predict(self, x): return x * self.k\nmine = Model()",
        "def timed(f):\n    def inner(*a, **k):\n        return f(*a, **k)\n    return inner\n@timed\ndef wrapped(x):\n    return x + 1",
    )
    made = notebook.capture("from_file, sample=4, out='file'")
    assert made.proved == 1, made.told
    assert "scikit-learn==" in made.files["requirements.txt"]
    made = notebook.capture("mine.predict, sample=21, out='method'")
    assert made.proved == 1, made.told
    assert "return model.predict(data)" in made.predict
    made = notebook.capture("wrapped, sample=21, out='wrapped'")
    assert made.proved == 1, made.told
    assert made.manifest["expected"] == 22


def test_a_row_a_stateful_object_and_imports_on_both_sides(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np, pandas as pd, re\nrows = pd.DataFrame({'a': [1.5, 2.0], 'b': ['x', 'y']})",
        """
        class Layer:
            def __init__(self): self.w = np.eye(2)
            def forward(self, x): self.out = np.asarray(x) @ self.w
        net = {"layers": [Layer(), Layer()]}
        word = re.compile(r"\\w+")
        """,
        "def by_row(row):\n    return row['a'] * 2, word.findall(row['b'])",
        "def predict(x):\n    for layer in net['layers']:\n        layer.forward(x)\n        x = layer.out\n    return np.sum(x)",
    )
    made = notebook.capture("by_row, sample=rows.iloc[0], out='row'")
    assert made.proved == 1, made.told
    assert made.told["body"] == '{"a": 1.5, "b": "x"}'
    assert 'word = re.compile(r"\\w+")' in made.predict
    made = notebook.capture("predict, sample=[[1.0, 2.0]]")
    assert made.proved == 1, made.told
    assert "import numpy as np" in made.predict
    assert "from notebook_code import np" not in made.predict
    assert notebook.run("print(hasattr(net['layers'][0], 'out'))").strip() == "False"


def test_objects_inside_several_values_stay_the_same_object(notebook: Kernel) -> None:
    notebook.run(
        "from sklearn.linear_model import Ridge\nmodels = {n: Ridge().fit([[1.0], [2.0]], [1, 2]) for n in 'ab'}\npairs = [('a', models['a'])]",
        "def predict(x):\n    return pairs[0][1] is models['a'], models['b'].predict([[x]])",
    )
    made = notebook.capture("predict, sample=3")
    assert made.proved == 1, made.told
    assert "models, pairs = joblib.load(" in made.predict or "pairs, models = joblib.load(" in made.predict


def test_a_decorator_that_is_a_class_and_a_class_run_again_unchanged(notebook: Kernel) -> None:
    notebook.run(
        "class Memo:\n    def __init__(self, f): self.f = f; self.seen = {}\n    def __call__(self, x):\n        return self.seen.setdefault(x, self.f(x))",
        "@Memo\ndef predict(x):\n    return x + 1",
        "class C:\n    def go(self): return 1",
        "c = C()",
        "class C:\n    def go(self): return 1",
        "def both(x):\n    return c.go() + C().go()",
    )
    made = notebook.capture("predict, sample=3")
    assert made.proved == 1, made.told
    assert "@Memo\ndef predict(x):" in made.predict
    made = notebook.capture("both, sample=3, out='both'")
    assert made.proved == 1, made.told


def test_randomness_is_warned_of_and_the_rest_still_compared(notebook: Kernel) -> None:
    notebook.run(
        "import random, string\nvars(string)['digits'] = 'changed'\ndef predict(x):\n    return {'x': x, 'r': random.random(), 'd': string.digits}"
    )
    made = notebook.capture("predict, sample=3")
    notebook.run("string.digits = '0123456789'")
    assert "answer['d']" in made.told["details"], made.told
    notebook.run("def predict(x):\n    return {'x': x, 'r': random.random()}")
    made = notebook.capture("predict, sample=3")
    assert "answer['r']" in made.warnings
    assert made.told["proof"]["differs"] == []


def test_two_closures_of_one_factory(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np\nk = 'a global of that name'",
        "def scale(k, w):\n    def f(x):\n        return x * k + float(w.sum())\n    return f",
        "def power(n):\n    return lambda x: x ** n",
        "def counter(start):\n    def step(x):\n        nonlocal start\n        start += x\n        return start\n    return step",
        "a, b = scale(2, np.ones(2)), scale(3, np.ones(3))\nsq, cube = power(2), power(3)\nup, other = counter(1), counter(100)\nup(1)",
        "def predict(x):\n    return [k, a(x), b(x), sq(x), cube(x), up(x), other(x)]",
    )
    made = notebook.capture("predict, sample=5")
    assert made.told.get("proof", {}).get("differs") == [], made.told
    assert "two runs on the same sample differ: answer[5]" in made.warnings
    assert "def make_b(k, w):\n    def f(x):" in made.predict
    assert notebook.run("print(up(0), other(0))").split() == ["2", "100"]


def test_a_cached_function_inside_a_value(notebook: Kernel) -> None:
    notebook.run(
        "from functools import lru_cache\nfrom sklearn.feature_extraction.text import CountVectorizer",
        "@lru_cache(None)\ndef tokens(text):\n    return text.split()",
        "vec = CountVectorizer(tokenizer=tokens, token_pattern=None).fit(['a b', 'c'])",
        "def predict(text):\n    return vec.transform([text]).toarray()",
    )
    made = notebook.capture("predict, sample='a c c'")
    assert made.proved == 1, made.told
    assert "@lru_cache(None)\ndef tokens(text):" in made.files["notebook_code.py"]
    assert notebook.run("print(tokens.__module__, tokens.__qualname__)").split() == ["__main__", "tokens"]

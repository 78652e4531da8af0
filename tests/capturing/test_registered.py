"""What nobody reads by name comes along: registries, subclasses, accessors, dispatch; and what lives on is told."""

from __future__ import annotations

import pytest

from tests.capturing.kernel import Kernel

STEP = "STEPS = {}\ndef step(f):\n    STEPS[f.__name__] = f\n    return f"


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        ([STEP, "@step\ndef lower(t):\n    return t.lower()", "@step\ndef strip(t):\n    return t.strip(' !')",
          "def predict(text):\n    for f in STEPS.values():\n        text = f(text)\n    return text"],
         ["STEPS = {}", "@step\ndef lower(t):"]),
        (["STEPS = []", "def listed(f):\n    STEPS.append(f)\n    return f\n@listed\ndef lower(t):\n    return t.lower()",
          "def predict(text):\n    return [f(text) for f in STEPS]"], ["STEPS = []", "@listed\ndef lower(t):"]),
        (["BY = {'plain': len}\ndef named(name):\n    def outer(f):\n        BY[name] = f\n        return f\n    return outer",
          "@named('low')\ndef lower(t):\n    return t.lower()", "def predict(text):\n    return [BY['low'](text), BY['plain'](text)]"],
         ['BY = {"plain": len}', "@named('low')\ndef lower(t):"]),
        (["META = {}\ndef meta(**more):\n    def outer(f):\n        META[f.__name__] = {'f': f, **more}\n        return f\n    return outer",
          "@meta(weight=2)\ndef up(t):\n    return t.upper()", "def predict(text):\n    return META['up']['f'](text) * META['up']['weight']"],
         ["META = {}", "@meta(weight=2)\ndef up(t):"]),
        (["import functools\nRAW = []\ndef counted(f):\n    RAW.append(f)\n    @functools.wraps(f)\n    def inner(*a):\n        return f(*a)\n    return inner",
          "@counted\ndef strip(t):\n    return t.strip()", "def predict(text):\n    return [f(text) for f in RAW]"],
         ["RAW = []", "@counted\ndef strip(t):"]),
        (["class Base:\n    kinds = {}\n    def __init_subclass__(cls):\n        Base.kinds[cls.__name__] = cls",
          "class One(Base):\n    def go(self, x):\n        return x + '1'", "def predict(text):\n    return [k().go(text) for k in Base.kinds.values()]"],
         ["class One(Base):"]),
        (["class Shape:\n    def area(self, x):\n        return x", "class Square(Shape):\n    def area(self, x):\n        return x + x",
          "def predict(text):\n    return sorted(cls().area(text) for cls in Shape.__subclasses__())"], ["class Square(Shape):"]),
        (["from functools import singledispatch\n@singledispatch\ndef feat(v):\n    return 0",
          "@feat.register\ndef _(v: str):\n    return len(v)", "@feat.register(list)\ndef _(v):\n    return sum(map(len, v))",
          "def predict(text):\n    return [feat(text), feat([text, text]), feat(1)]"],
         ["@feat.register\ndef _(v: str):", "@feat.register(list)\ndef _(v):"]),
        (["_ = lambda text: {'hi': 'salut'}.get(text, text)", "class Out(dict):\n    def ok(self):\n        return {**self, 'ok': True}",
          "def exit(x):\n    return [x]", "def predict(text):\n    return [_(text), Out(a=1).ok(), exit(text)]"],
         ["class Out(dict):", "def exit(x):", "_ = lambda text:"]),
        (["import pandas as pd\n@pd.api.extensions.register_dataframe_accessor('geo')\nclass Geo:\n    def __init__(self, frame):\n"
          "        self.frame = frame\n    def total(self):\n        return int(self.frame['a'].sum()) * SCALE", "SCALE = 3",
          "def doubled(self):\n    return self * 2\npd.DataFrame.doubled = doubled\npd.Series.half = lambda self: self / 2",
          "def predict(text):\n    frame = pd.DataFrame({'a': [len(text)]})\n    return [frame.doubled().geo.total(), float(frame['a'].half().sum())]"],
         ["class Geo:", "pd.DataFrame.doubled = doubled\npd.Series.half = lambda self: self / 2"]),
        (["import numpy as np\nfrom joblib import Parallel, delayed\nW = np.arange(3.0)\ndef score(t):\n    return len(t) + float(W.sum())",
          "def predict(text):\n    return Parallel(n_jobs=2)(delayed(score)(t) for t in [text, text])"], ['\n\nW = np.array([0.0, 1.0, 2.0])']),
        (["import numpy as np\nfrom concurrent.futures import ProcessPoolExecutor\nW = np.arange(3.0)\ndef score(t):\n    return len(t) + float(W.sum())",
          "def predict(text):\n    with ProcessPoolExecutor(2) as pool:\n        return list(pool.map(score, [text]))"], ['\n\nW = np.array([0.0, 1.0, 2.0])']),
        (["class A:\n    k = 1\n    table = {}\n    def go(self, x):\n        return [x * self.k, len(self.table), self.extra]",
          "A.k = 2\nA.table['m'] = 3\nA.extra = 'e'", "def predict(text):\n    return A().go(text)"],
         ['A.k = 2\nA.table["m"] = 3\nA.extra = "e"']),
        (["class B:\n    def go(self, x):\n        return x\n    def stay(self, x):\n        return x + '!'",
          "END = '.'\ndef better(self, x):\n    return self.stay(x) * 2\nB.go = better\nB.more = lambda self, x: x + END",
          "def predict(text):\n    return [B().go(text), B().more(text)]"],
         ["B.go = better\nB.more = lambda self, x: x + END"]),
    ],
)  # fmt: skip
def test_it_comes_along_as_the_notebook_has_it(notebook: Kernel, cells: list[str], kept: list[str]) -> None:
    notebook.run(*cells)
    made = notebook.capture("predict, sample='hi'")
    notebook.run("import builtins\nfor _name in ('_', 'exit', 'Out'):\n    globals().pop(_name, None)")
    assert made.proved == 1, made.told
    for text in kept:
        assert text in made.predict, made.predict


def test_a_value_that_holds_a_function_from_under_its_decorator_is_refused(notebook: Kernel) -> None:
    notebook.run(
        "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def inner(x):\n        return f(f(x))\n    return inner",
        "@twice\ndef more(x):\n    return x + 1",
        "PLAIN = {'more': more.__wrapped__}",
        "def predict(x):\n    return PLAIN['more'](x)",
    )
    made = notebook.capture("predict, sample=1")
    assert "it holds more() as it was before its decorator" in made.refused, made.told
    assert made.told["fix"] == "give the plain more a name of its own"


def test_state_that_lives_between_requests_is_named(notebook: Kernel) -> None:
    notebook.run(
        "last_seen = None\nHISTORY = []\nCOUNTS = {}\nREAD = {'a': 1}",
        "class Meter:\n    total = 0",
        "def predict(x):\n    global last_seen\n    before, last_seen = last_seen, x\n    HISTORY.append(x)\n"
        "    COUNTS[x] = COUNTS.get(x, 0) + 1\n    Meter.total += x\n    local = []\n    local.append(READ['a'])\n"
        "    return [len(local), x]",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    told = [line for line in made.warnings.splitlines() if "the next request reads what one leaves" in line]
    assert [line.partition(" ")[0] for line in told] == ["last_seen", "HISTORY", "COUNTS", "Meter"], told
    assert "predict() rebinds it" in told[0]
    assert "predict() changes it" in told[1]


METHODS = """
class Counter:
    def __init__(self): self.n, self.seen = 0, {"a": []}
    def hit(self):
        self._note()
        return 1
    def _note(self): self.seen["a"].append(1)
    def fit(self): self.n = 5; return self
    def __call__(self): return self.n
counter = Counter().fit()
"""


@pytest.mark.parametrize(
    ("body", "warned"), [("counter.hit()", "its _note() changes it"), ("counter()", ""), ("counter.n", "")]
)
def test_an_object_that_its_methods_change_is_named(notebook: Kernel, body: str, warned: str) -> None:
    notebook.run(METHODS, f"def predict(x): return {body} + x")
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1, made.told
    told = [line for line in made.told["warnings"] if "the next request reads what one leaves" in line]
    assert bool(told) == bool(warned)
    assert warned in " ".join(told)


def test_what_a_decorator_fills_once_is_no_state_between_requests(notebook: Kernel) -> None:
    notebook.run(STEP, "@step\ndef lower(t):\n    return t.lower()", "def predict(t):\n    return STEPS['lower'](t)")
    assert "the next request" not in notebook.capture("predict, sample='A'").warnings

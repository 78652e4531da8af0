"""Hard cases 1-19: code. Each runs in a kernel; capture's proof compares a clean process with it."""

from __future__ import annotations

import pytest

from tests.capturing.kernel import Captured, Kernel


def held(made: Captured) -> str:
    """Return both modules' text, when the clean process answered as the notebook does."""
    assert made.proved >= 1, made.told
    return made.files.get("notebook_code.py", "") + made.predict


def test_case_01_a_helper_redefined_in_later_cells(notebook: Kernel) -> None:
    notebook.run("def tax(x): return x * 1.1", "def predict(x): return tax(x)", "def tax(x): return x * 1.2  # new")
    text = held(notebook.capture("predict, sample=10"))
    assert "1.2  # new" in text
    assert "1.1" not in text


def test_case_02_cells_out_of_order_edited_and_deleted(notebook: Kernel) -> None:
    notebook.run("def predict(x): return half(x) + k", "k = 5", "def half(x): return x / 2", "k = 7")
    notebook.run("del In[1:]", "import linecache")  # the cells are gone from the history, their text is not
    made = notebook.capture("predict, sample=10")
    assert "def half(x): return x / 2" in held(made)
    assert made.manifest["cells"]["predict"].startswith("In[")


def test_case_02_a_value_changed_by_a_later_cell_is_told(notebook: Kernel) -> None:
    notebook.run(
        "codes = {'a': 1}\nplain = {'z': 1}", "def predict(x): return [codes[x], len(plain)]", "codes['b'] = 2"
    )
    made = notebook.capture("predict, sample='b'")
    assert "codes = {'a': 1, 'b': 2}" in held(made).replace('"', "'")
    assert "codes (In[" in made.warnings
    assert "changed by In[" in made.warnings
    assert "plain (" not in made.warnings


def test_case_03_definitions_inside_blocks(notebook: Kernel) -> None:
    notebook.run(
        "if __name__ == '__main__':\n    def a(x):\n        '''doc\n        more'''\n        return x + 1",
        "try:\n    def b(x): return a(x) * 2\nfinally:\n    pass",
        "import contextlib\nwith contextlib.suppress(Exception):\n    for i in range(3):\n        def c(x):\n            return b(x) + OFFSET",
        "while True:\n    OFFSET = 4\n    break",
    )
    text = held(notebook.capture("c, sample=10"))
    assert "\ndef c(x):\n    return b(x) + OFFSET" in text
    assert "__main__" not in text


def test_case_04_globals_read_by_class_bodies(notebook: Kernel) -> None:
    notebook.run(
        "n_class, m = 4, 2",
        "import numpy as np\nclass Net:\n    table = np.arange(n_class * m).reshape(n_class, m)\n    def go(self, i, scale=m): return self.table[i] * scale",
        "net = Net()\ndef predict(i): return net.go(i)",
    )
    text = held(notebook.capture("predict, sample=3"))
    assert "n_class = 4" in text or "n_class, m = 4, 2" in text


def test_case_05_lambdas(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd",
        "up, down = lambda x: x + STEP, lambda x: x - STEP",
        "table = {'a': lambda x: x * 2, 'b': [lambda x: x * 3, max]}",
        "STEP = 2\nbest = lambda x: [up(x), down(x), table['a'](x), table['b'][0](x), table['b'][1](x, 3),\n    pd.DataFrame({'v': [x]}).apply(lambda row: row['v'] * STEP, axis=1).tolist()]",
    )
    text = held(notebook.capture("best, sample=10"))
    assert "up = lambda x: x + STEP" in text


def test_case_06_closures(notebook: Kernel) -> None:
    notebook.run(
        "from sklearn.linear_model import LinearRegression\ndef build(model, start):\n    count = start\n    def ask(x):\n        nonlocal count\n        count += 1\n        return [float(model.predict([[x]])[0]), count]\n    def seen():\n        return count\n    return ask, seen",
        "ask, seen = build(LinearRegression().fit([[1.0], [2.0]], [2.0, 4.0]), 5)\nask(1)",
        "def predict(x):\n    before = seen()\n    ask(x)\n    return seen() - before, ask(x)[0]",
    )
    text = held(notebook.capture("predict, sample=3"))
    assert "count = 6" in text
    assert notebook.run("print(seen())").strip() == "6"


def test_case_06_two_closures_that_share_a_cell_and_a_third_that_does_not(notebook: Kernel) -> None:
    notebook.run(
        "def counter(n):\n    def up(k):\n        nonlocal n\n        n += k\n        return n\n    def now():\n        return n\n    return up, now",
        "up, now = counter(10)\nup2, now2 = counter(100)",
        "def predict(k):\n    a = now(), now2()\n    up(k), up2(k * 2)\n    return now() - a[0], now2() - a[1]",
    )
    held(notebook.capture("predict, sample=3"))


@pytest.mark.parametrize("target", ["partial", "clf.predict", "thing", "Tool.make", "Tool.plain", "tool.own"])
def test_case_07_callables_of_every_kind(notebook: Kernel, target: str) -> None:
    notebook.run(
        "import functools, numpy as np\nfrom sklearn.tree import DecisionTreeClassifier\nclf = DecisionTreeClassifier(random_state=0).fit([[0], [1]], ['no', 'yes'])",
        "def score(rows, model, t=0.5): return (model.predict_proba(rows)[:, 1] > t).tolist()\npartial = functools.partial(score, model=clf, t=0.3)",
        "class Thing:\n    def __init__(self, k): self.k = k\n    def __call__(self, x): return len(x) * self.k\nthing = Thing(3)",
        "class Tool:\n    size = 2\n    @classmethod\n    def make(cls, x): return [cls.size] + list(x[0])\n    @staticmethod\n    def plain(x): return len(x)\n    def own(self, x): return self.size * len(x)\ntool = Tool()",
    )
    held(notebook.capture(f"{target}, sample=[[1]]"))


def test_case_08_decorators(notebook: Kernel) -> None:
    notebook.run(
        "import functools\nLIMIT = 100",
        "def clipped(limit):\n    def wrap(f):\n        @functools.wraps(f)\n        def inner(*a, **k):\n            return min(f(*a, **k), limit)\n        return inner\n    return wrap",
        "def bare(f):\n    def inner(x):\n        return f(x) + 1\n    return inner",
        "class memo:\n    def __init__(self, f): self.f, self.n = f, 0\n    def __call__(self, x): return self.f(x)",
        "@functools.lru_cache(maxsize=None)\ndef slow(x): return x * 2",
        "@functools.singledispatch\ndef kind(x): return 'object'\n@kind.register\ndef _kind_int(x: int): return 'int'",
        "@memo\ndef third(x): return x * 3",
        "@clipped(LIMIT)\n@bare\ndef predict(x): return slow(x) + third(x) + (kind(x) == 'int')",
    )
    text = held(notebook.capture("predict, sample=10"))
    assert "@clipped(LIMIT)\n@bare\ndef predict(x)" in text
    assert "@functools.lru_cache(maxsize=None)\ndef slow(x)" in text


def test_case_09_imports(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np, os.path as osp\nfrom collections import OrderedDict as OD, Counter\nimport xml.etree.ElementTree\nimport sklearn.metrics",
        "try:\n    import ujson_is_not_there as json\nexcept ImportError:\n    import json",
        "from math import floor as rounded\nfrom math import ceil as rounded",
        "def predict(x):\n    from itertools import accumulate\n    import statistics as st\n    tree = xml.etree.ElementTree.fromstring('<a><b/></a>')\n    return [list(accumulate(x)), st.mean(x), osp.basename('/a/b'), len(tree), rounded(2.2), OD(a=1), json.loads('[1]'), Counter(x)[1],\n            float(sklearn.metrics.mean_squared_error([1], [2])), float(np.linalg.norm(x))]",
    )
    text = held(notebook.capture("predict, sample=[1, 2]"))
    for line in (
        "import os.path as osp",
        "from math import ceil as rounded",
        "import xml.etree.ElementTree",
        "import numpy as np",
    ):
        assert line in text
    assert "OrderedDict as OD" in text


def test_case_10_star_imports(notebook: Kernel) -> None:
    notebook.run(
        "from numpy import *\nfrom math import *\nfrom statistics import *",
        "pi = 3",
        "def predict(x): return [float(mean(array(x))), sqrt(4), pi, median(x), floor(2.5)]",
    )
    text = held(notebook.capture("predict, sample=[1.0, 4.0]"))
    assert "pi = 3" in text
    assert "*" not in text.replace("**", "")


def test_case_11_shadowed_names(notebook: Kernel) -> None:
    notebook.run(
        "import json as xgb, pandas as pd\ndef model(x): return 0",
        "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])\nxgb = {'depth': 3}",
        "df = pd.DataFrame({'a': range(5000)})\nlist = (1, 2)\nsum = lambda v: 42",
        "def predict(x):\n    df = pd.DataFrame({'a': [x]})\n    return [df['a'].tolist(), xgb['depth'], list, sum([x]), float(model.predict([[x]])[0])]",
    )
    made = notebook.capture("predict, sample=2")
    text = held(made)
    assert "json" not in text
    assert [name for name, _ in made.told["models"]] == ["model"]


def test_case_12_all_kinds_of_functions(notebook: Kernel) -> None:
    notebook.run(
        "def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)",
        "def fact(n): return 1 if n < 2 else n * fact(n - 1)",
        "def spread(n):\n    yield from range(n)\n    yield RATE",
        "RATE = 1.5\ndef price(a, b=RATE, /, c=2, *rest, d, e=RATE * 2, **more): return [a, b, c, list(rest), d, e, more]",
        "async def fetch(n):\n    return fact(n)\nasync def stream(n):\n    for i in range(n):\n        yield i",
        "async def predict(n):\n    return [even(n), fact(n), list(spread(n)), price(1, 2, 3, 4, d=n, z=1), await fetch(n), [i async for i in stream(2)]]",
        "def walk(n):\n    for i in range(n):\n        yield {'i': i}",
        "RATE = RATE",
    )
    held(notebook.capture("predict, sample=4"))
    assert notebook.capture("walk, sample=3, out='gen'").manifest["expected"] == [{"i": 0}, {"i": 1}, {"i": 2}]


def test_case_12_a_default_keeps_the_value_of_its_time(notebook: Kernel) -> None:
    notebook.run(
        "k = 1",
        "def predict(x, k=k, seen=[]):\n    seen.append(x)\n    return x + k + len(seen)",
        "k = 5",
        "predict(3)",
    )
    made = notebook.capture("predict, sample=1")
    assert "def predict(x, k=1, seen=[3]):" in made.predict
    assert "two runs on the same sample differ" in made.warnings  # it counts its calls
    notebook.run("fs = [lambda x, i=i: x + i for i in range(3)]")
    assert "lambda x, i=2: x + i" in held(notebook.capture("fs[2], sample=1, out='lambda'"))


def test_case_13_classes_of_every_kind(notebook: Kernel) -> None:
    notebook.run(
        "import abc, enum\nfrom dataclasses import dataclass, field\nfrom typing import NamedTuple, TypedDict, ClassVar",
        "@dataclass(order=True)\nclass Size:\n    w: int\n    tags: list = field(default_factory=list)\n    UNIT: ClassVar[str] = 'cm'\n    def __post_init__(self): self.area = self.w ** 2",
        "class Color(enum.Enum):\n    RED = 'r'\n    BLUE = 'b'\nclass Flag(enum.IntFlag):\n    A = 1\n    B = 2",
        "class Row(NamedTuple):\n    a: int\n    b: str = 'x'\nclass Info(TypedDict, total=False):\n    n: int",
        "class Plural(type):\n    def __new__(m, name, bases, space, suffix='s'):\n        made = super().__new__(m, name, bases, space)\n        made.plural = name.lower() + suffix\n        return made\n    def __init__(cls, *a, **k): super().__init__(*a)\nclass Cat(metaclass=Plural, suffix='z'): pass",
        "class Base(abc.ABC):\n    __slots__ = ('v',)\n    def __init__(self, v): self.v = v\n    @abc.abstractmethod\n    def go(self): ...\n    @property\n    def double(self): return self.v * 2\n    @double.setter\n    def double(self, v): self.v = v / 2",
        "class Mid(Base):\n    class Inner:\n        z = 9\n    def go(self): return self.v + self.Inner.z\nclass Leaf(Mid):\n    def go(self): return super().go() * 2",
        "leaf, size, color, row, flag = Leaf(3), Size(2, ['t']), Color.RED, Row(1), Flag.A | Flag.B",
        "def predict(x):\n    info: Info = {'n': x}\n    return [leaf.go(), leaf.double, size.area, size.tags, size < Size(5), color is Color.RED, color.value, row.b, Cat.plural, int(flag), info, Size.UNIT]",
    )
    text = held(notebook.capture("predict, sample=1"))
    assert "class Leaf(Mid):" in text


def test_case_13_classes_made_by_code(notebook: Kernel) -> None:
    notebook.run(
        "from collections import namedtuple\nimport enum\nPair = namedtuple('Pair', 'a b')\nLevel = enum.Enum('Level', ['LOW', 'HIGH'])",
        "class A:\n    def go(self): return 1\nclass B:\n    def stop(self): return 2",
        "bases = (A, B)\nclass M(*bases):\n    k = 3",
        "def make(base, n):\n    class Local(base):\n        extra = n\n        def all(self): return self.go() + self.extra\n    return Local\nKind = make(A, 10)\nobj = Kind()",
        "m, pair, level = M(), Pair(1, 2), Level.HIGH",
        "Dyn = type('Dyn', (A,), {'size': 4})\ndyn = Dyn()",
        "def predict(x): return [m.go(), m.stop(), m.k, pair.a, list(pair), level.name, level is Level.HIGH, obj.all(), isinstance(obj, Kind), dyn.go() + dyn.size]",
    )
    held(notebook.capture("predict, sample=1"))


def test_case_14_a_class_run_again_after_the_fit(notebook: Kernel) -> None:
    notebook.run(
        "class Scaler:\n    def fit(self, x):\n        self.k = max(x)\n        return self\n    def go(self, x): return x / self.k",
        "scaler = Scaler().fit([1, 2])",
        "class Scaler:\n    def fit(self, x):\n        self.k = max(x)\n        return self\n    def go(self, x): return x / self.k",
        "def predict(x): return scaler.go(x)",
    )
    made = notebook.capture("predict, sample=4")
    held(made)
    assert "again" not in made.warnings  # the same source
    notebook.run("class Scaler:\n    def go(self, x): return -1", "def predict(x): return scaler.go(x)")
    made = notebook.capture("predict, sample=4, out='differs'")
    assert "return x / self.k" in held(made)
    cells = [
        word
        for word in made.warnings.replace(",", " ").replace(")", " ").replace("(", " ").split()
        if word.startswith("In[")
    ]
    assert len(set(cells)) >= 2, made.warnings  # both cells are told


def test_case_15_a_module_reloaded_after_its_object_was_made(notebook: Kernel) -> None:
    (notebook.folder / "fifteen.py").write_text("class Model:\n    def go(self, x): return x + 1\n")
    notebook.run(
        "import sys, importlib\nsys.dont_write_bytecode = True\nsys.path.insert(0, '.')\nimport fifteen\nfrom fifteen import Model\nmodel = Model()",
        "open('fifteen.py', 'a').write('# a comment\\n')\nimportlib.invalidate_caches()\nimportlib.reload(fifteen)",
        "def predict(x): return model.go(x)",
    )
    held(notebook.capture("predict, sample=4"))
    notebook.run(
        "open('fifteen.py', 'w').write('class Model:\\n    def go(self, x): return x + 100000\\n')\nimportlib.reload(fifteen)"
    )
    made = notebook.capture("predict, sample=4, out='differs'")
    assert "reloaded" in made.told.get("details", ""), made.told
    notebook.run("sys.path.remove('.'); del sys.modules['fifteen']; sys.dont_write_bytecode = False")


def test_case_16_magics(notebook: Kernel) -> None:
    notebook.run(
        "%%time\n# timed\ndef base(x):\n    return x + 1",
        "%%capture out\nimport json\nRATE = 3\ndef more(x): return base(x) * RATE",
        "%precision 3\n!true\n%load_ext autoreload\nimport math\nmath.floor?",
        "files = !echo one\n%time value = 5\ndef predict(x): return more(x) + value + len(files)",
    )
    text = held(notebook.capture("predict, sample=1"))
    assert not {"%", "!", "?"} & set(text.partition('"""\n')[2])
    notebook.run("def broken(x):\n    y = !ls\n    return x", "def timed(x):\n    %time z = 1\n    return x")
    for name in ("broken", "timed"):
        made = notebook.capture(f"{name}, sample=1, out='{name}'")
        assert "In[" in made.refused
        assert "!commands, %magics" in made.told["fix"]


def test_case_17_run_writefile_and_exec(notebook: Kernel) -> None:
    (notebook.folder / "other_script.py").write_text(
        "LIMIT = 7\n\n# from a script\ndef from_script(x):\n    return min(x, LIMIT)\n"
    )
    notebook.run(
        "%run other_script.py",
        "%%writefile written_mod.py\ndef from_written(x):\n    return x * 2",
        "import sys; sys.path.insert(0, '.')\nimport written_mod",
        "exec('def made(x, k=3):\\n    return x + k + LIMIT')",
        "exec(''.join(['def lost(x, k=4', '):\\n    return x * k * LIMIT']))",
        "def predict(x): return [from_script(x), written_mod.from_written(x), made(x), lost(x)]",
    )
    made = notebook.capture("predict, sample=10")
    text = held(made)
    assert "# from a script\ndef from_script(x):" in text
    assert "written_mod.py" in made.files
    assert "def made(x, k=3):" in text
    assert "lost (" in made.warnings
    assert "Python 3." in made.warnings
    notebook.run("sys.path.remove('.')")


def test_case_18_a_missing_name(notebook: Kernel) -> None:
    notebook.run(
        "Z = 1", "def score(x):\n    return x + Z", "def predict(x):\n    return score(x) if x > 100 else 0", "del Z"
    )
    made = notebook.capture("predict, sample=1")
    assert "'Z'" in made.refused, made.told
    assert "score()" in made.refused
    assert "In[" in made.refused


def test_case_19_names_reached_only_at_run_time(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd, math\nthr, factor, hidden = 2, 10, 'x'\ndef by_name(x): return x * factor",
        "def predict(x):\n    d = pd.DataFrame({'a': [1, 2, 3, x]})\n    return [len(d.query('a > @thr')), eval('factor') + x, globals()['by_' + 'name'](x), getattr(math, 'floor')(2.5)]",
    )
    made = notebook.capture("predict, sample=5")
    held(made)
    assert "thr: read only through text" in made.warnings

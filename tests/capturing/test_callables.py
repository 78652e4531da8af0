"""Functions, methods and small values of libraries under a name of the notebook's are lines, not pickles."""

from __future__ import annotations

import re

import pytest

from tests.capturing.kernel import Captured, Kernel

IMPORTS = """
import collections, datetime, enum, functools, ipaddress, itertools, json, operator, pathlib, string, struct, types, uuid
import decimal, fractions
import re as regex
import numpy as np, pandas as pd
from collections import Counter, defaultdict, namedtuple
from sklearn.linear_model import LinearRegression
from types import MappingProxyType
"""
OWN = """
P = namedtuple("P", "a b")
class Model:
    def __init__(self, k):
        self.k = k
    @classmethod
    def from_dict(cls, d):
        return cls(d["k"])
    @staticmethod
    def plus(a):
        return a + 1
    def go(self, x):
        return self.k * x
class Access(enum.Flag):
    READ = 1
    WRITE = 2
def f(a, b=1):
    return a * b
CONFIG = {"a": 1}
line = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
W = 3
"""
LINES = [
    ("make = P._make", "make([1, x]).b"),
    ("from_dict = Model.from_dict", "from_dict({'k': x}).k"),
    ("plus = Model.plus", "plus(x)"),
    ("go = Model.go", "go(Model(2), x)"),
    ("_orig = pd.DataFrame.head", "len(_orig(pd.DataFrame({'a': [x, x]}), 1))"),
    ("norm = np.linalg.norm", "float(norm([3, 4 * x]))"),
    ("lower = str.lower", "lower('A')"),
    ('up = "x".upper', "up()"),
    ('joined = ", ".join', "joined(['a', 'b'])"),
    ("get = CONFIG.get", "get('a')"),
    ("score = line.predict", "score([[x]]).tolist()"),
    ("part = functools.partial(f, 2)", "part(x)"),
    ("clip = functools.partial(np.clip, a_min=0, a_max=1)", "int(clip(x))"),
    ('picked = operator.itemgetter("a", 1)', "picked({'a': x, 1: 2})"),
    ('real = operator.attrgetter("real")', "real(x)"),
    ('split = operator.methodcaller("split", ",", maxsplit=1)', "split('a,b,c')"),
    (r'words = regex.compile(r"\w+", regex.IGNORECASE)', "words.findall('a b')"),
    ('digits = regex.compile("[0-9]+").findall', "digits('a1')"),
    ("added = np.add", "int(added(x, 1))"),
    ("summed = np.add.reduce", "int(summed([x, 1]))"),
    ("each = np.vectorize(f)", "each([1, 2], x).tolist()"),
    ("F32 = np.float32", "float(F32(x))"),
    ('wanted = np.dtype("float32")', "str(wanted)"),
    ("UTC = datetime.timezone.utc", "str(UTC)"),
    (
        "start = datetime.datetime(2020, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)",
        "start.isoformat()",
    ),
    ("noon = datetime.time(12, 0)", "noon.isoformat()"),
    ('packed = struct.Struct("<I")', "packed.pack(x).hex()"),
    ('unpack = struct.Struct("<I").unpack', "unpack(bytes(4))"),
    ('told = string.Template("$a b")', "told.substitute(a=x)"),
    ("access = Access.READ | Access.WRITE", "access.value"),
    ('counts = Counter({"a": 2, "b": 1})', "counts['a']"),
    ("zero = defaultdict(lambda: 0, {\"a\": 1})", "zero['none']"),
    ('lists = defaultdict(list, {"a": [1]})', "lists['b']"),
    ("third = fractions.Fraction(1, 3)", "str(third)"),
    ('price = decimal.Decimal("1.10")', "str(price)"),
    ('place = pathlib.PurePosixPath("a/b")', "place.name"),
    ('key = uuid.UUID("00000000-0000-0000-0000-000000000003")', "key.int"),
    ('net = ipaddress.IPv4Network("10.0.0.0/8")', "net.prefixlen"),
    ('some = types.SimpleNamespace(a=1, b="x")', "[some.a, some.b, str(some)]"),
    ('fixed = MappingProxyType({"a": 1})', "fixed['a']"),
    ('day = pd.Timestamp("2020-01-01 00:00:00")', "day.isoformat()"),
    (
        'OPS = {"+": operator.add, "neg": np.negative, "low": str.lower}',
        "[OPS['+'](x, 1), int(OPS['neg'](x)), OPS['low']('A')]",
    ),
    ('TIMES = {"two": lambda x: 2 * x, "w": lambda x: W * x}', "[TIMES['two'](x), TIMES['w'](x)]"),
    ("flat = itertools.chain.from_iterable", "list(flat([[x], [2]]))"),
    ("Problem = ValueError", "str(Problem(x))"),
    ("dumps = json.dumps", "dumps([x])"),
    ("MISSING = object()", "CONFIG.get('z', MISSING) is MISSING"),
]  # fmt: skip


def _pickles(made: Captured) -> list[str]:
    return [name for name in made.told["files"] if re.search(r"\.pkl|\.joblib", name)]


def test_each_is_the_line_that_the_notebook_has(notebook: Kernel) -> None:
    notebook.run(IMPORTS, OWN, "\n".join(made for made, _ in LINES))
    notebook.run("def predict(x):\n    return [" + ", ".join(used for _, used in LINES) + "]")
    made = notebook.capture("predict, samples=[1, 3]")
    assert made.proved == 2, made.told
    assert _pickles(made) == ["model/line.joblib"]
    for line, _ in LINES:
        assert re.search(rf"^ *{re.escape(line)}  # In\[", made.predict, re.MULTILINE), f"{line}\n{made.predict}"
    assert "notebook_code.py" not in made.files


ALONE = ("make", "plus", "_orig", "norm", "get", "score", "clip", "digits", "summed", "each", "start", "zero", "TIMES")


@pytest.mark.parametrize(
    ("line", "used"), [pair for pair in LINES if pair[0].startswith(ALONE)], ids=lambda text: text.partition(" ")[0]
)
def test_each_stands_alone(notebook: Kernel, line: str, used: str) -> None:
    """With nothing else in the notebook that has the same imports, it brings along what it names."""
    notebook.run(IMPORTS, OWN, line, f"def predict(x):\n    return {used}")
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1, made.told
    assert f"{line}  # In[" in made.predict


def test_a_librarys_own_function_under_another_name_where_the_notebook_changed_it_since(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd\n_head = pd.DataFrame.head\n"
        "def head(self, n=1):\n    return _head(self, n)\npd.DataFrame.head = head",
        "def predict(df):\n    return df.head().to_dict('records')",
    )
    made = notebook.capture("predict, sample=pd.DataFrame({'a': [1, 2]})")
    notebook.run("pd.DataFrame.head = _head")
    assert made.proved == 1
    assert re.search(
        r"_head = pd\.DataFrame\.head .*^pd\.DataFrame\.head = head$", made.predict, re.DOTALL | re.MULTILINE
    )


def test_a_method_of_a_model_stands_behind_the_model(notebook: Kernel) -> None:
    notebook.run(
        "from sklearn.linear_model import LinearRegression\nline = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])",
        "score = line.predict\nagain = score\nscorers = {'line': score}",
        "def predict(x):\n    return [score([[x]])[0], again([[x]])[0], scorers['line']([[x]])[0]]",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1
    assert _pickles(made) == ["model/line.joblib"]
    tail = made.predict.partition("line = joblib.load")[2]
    for line in (
        "    score = line.predict  # In[",
        "    again = score\n",
        '    scorers = {"line": line.predict}  # In[',
    ):
        assert line in tail


def test_a_value_that_a_definition_needs_is_there_in_time(notebook: Kernel) -> None:
    notebook.run(
        "from sklearn.linear_model import LinearRegression\nline = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])",
        "score = line.predict",
        "def predict(x, by=score):\n    return by([[x]])[0]",
    )
    made = notebook.capture("predict, sample={'x': 2}")
    assert made.proved == 1, made.told
    assert "\nscore = line.predict  # In[" in made.predict


def test_an_enum_member_and_a_date_where_a_module_has_that_name(notebook: Kernel) -> None:
    notebook.run(
        "import datetime\nfrom http import HTTPStatus\nsince = datetime.datetime(2020, 1, 2)\nOK = HTTPStatus.OK",
        "def predict(x):\n    return [since.year + x, OK.value]",
    )
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1
    assert "since = datetime.datetime(2020, 1, 2, 0, 0)  # In[" in made.predict
    assert "OK = HTTPStatus.OK  # In[" in made.predict


def test_names_that_the_notebook_uses_for_something_else(notebook: Kernel) -> None:
    notebook.run(
        "import collections as c\nfrom decimal import Decimal as D",
        "class Counter:\n    pass\nclass partial:\n    pass\n",
        "counts, price = c.Counter('aab'), D('1.10')\nimport functools\nfrom functools import partial as bound",
        "two = bound(max, 2)\ndel c, functools",
        "def predict(x):\n    return [counts['a'], str(price), two(x), Counter.__name__, partial.__name__]",
    )
    made = notebook.capture("predict, sample=3")
    assert made.proved == 1, made.told
    assert 'price = D("1.10")  # In[' in made.predict
    assert "two = bound(max, 2)  # In[" in made.predict


@pytest.mark.parametrize(("read", "told"), [("gone_now", "no such variable now"), ("get_ipython", "only inside")])
def test_a_lambda_in_a_dict_that_reads_what_is_not_there(notebook: Kernel, read: str, told: str) -> None:
    notebook.run(f"STEPS = {{'a': lambda x: x, 'b': lambda x: {read}(x)}}", "def predict(x):\n    return STEPS['a'](x)")
    made = notebook.capture("predict, sample=2")
    assert read in made.refused
    assert told in made.refused


def test_a_lambda_in_a_dict_that_reads_what_the_notebook_put_over_a_builtin(notebook: Kernel) -> None:
    notebook.run(
        "def sum(values):\n    return 7\nSTEPS = {'a': lambda x: sum([x]), 'b': lambda x: max(x, 0)}",
        "def predict(x):\n    return [STEPS['a'](x), STEPS['b'](x)]",
    )
    made = notebook.capture("predict, sample=2")
    notebook.run("del sum")
    assert made.proved == 1
    assert 'STEPS = {"a": lambda x: sum([x]), "b": lambda x: max(x, 0)}' in made.predict

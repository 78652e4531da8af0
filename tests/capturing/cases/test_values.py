"""Hard cases 20-28, 33-36, 39 and 40: state."""

from __future__ import annotations

import pytest

from tests.capturing.cases.test_code import held
from tests.capturing.kernel import Kernel

SECRET = "tz81-Qw9xLk20vNn4PpR7s"


@pytest.mark.parametrize(
    "cell",
    [
        "class Flow: pass\nv = Flow(); v.api_key = SECRET_\ndef predict(x): return len(v.api_key)",
        "v = [{'deep': {('k',): SECRET_}}]\ndef predict(x): return len(v)",
        "v = {SECRET_: 1}\ndef predict(x): return len(v)",
        "def outer(v):\n    def predict(x): return len(v)\n    return predict\npredict = outer(SECRET_)",
        "def predict(x, v=SECRET_): return len(v)",
        "import functools\ndef f(x, v): return len(v)\npredict = functools.partial(f, v=SECRET_)",
    ],
)  # fmt: skip
def test_case_20_secrets_anywhere(notebook: Kernel, cell: str) -> None:
    notebook.run(f"import os; os.environ['SERVICE_TOKEN'] = SECRET_ = '{SECRET}'", cell)
    made = notebook.capture("predict, sample=1")
    notebook.run("del os.environ['SERVICE_TOKEN']")
    assert made.refused, made.told
    assert "os.environ[" in made.told["fix"], made.told
    assert SECRET not in str(made.told)


def test_case_20_a_secret_in_a_file_that_is_read(notebook: Kernel) -> None:
    (notebook.folder / "keys.json").write_text('{"key": "AKIA' + 'IOSFODNN7EXAMPLE"}')
    notebook.run("import json", "def predict(x): return len(json.load(open('keys.json')))")
    made = notebook.capture("predict, sample=1")
    assert "in keys.json" in made.refused, made.told
    assert "IOSFODNN7" not in str(made.told)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("import threading\nv = threading.Thread(target=print)", "thread"),
        ("import socket\nv = socket.socket()", "connection"),
        ("import sqlite3\nv = sqlite3.connect(':memory:')", "database"),
        ("v = iter([1, 2, 3]); next(v)", "iterator"),
        ("v = (i for i in range(3))", "generator"),
        ("import ssl\nv = ssl.create_default_context()", "connection"),
        ("import asyncio\nv = asyncio.Queue()", ""),
        ("import subprocess\nv = subprocess.Popen(['true'])", "process"),
        ("import concurrent.futures\nv = concurrent.futures.ThreadPoolExecutor()", ""),
        ("import weakref\nclass K: pass\nk = K(); v = weakref.ref(k)", ""),
        ("import queue\nv = [queue.Queue()]", ""),
    ],
)  # fmt: skip
def test_case_21_things_bound_to_the_process(notebook: Kernel, cell: str, told: str) -> None:
    notebook.run(cell, "def predict(x): return str(type(v))")
    made = notebook.capture("predict, sample=1")
    assert made.refused.startswith("cannot deploy 'predict': it uses 'v' (In["), made.told
    assert told in made.refused
    assert "inside" in made.told["fix"] or "list" in made.told["fix"]


def test_case_21_an_open_lock_is_made_again(notebook: Kernel) -> None:
    notebook.run(
        "import threading\nlock = threading.Lock()\nclass Safe:\n    def __init__(self): self.v = 2\nsafe = Safe()",
        "def predict(x):\n    with lock:\n        return x + safe.v",
    )
    assert "lock = threading.Lock()" in held(notebook.capture("predict, sample=1"))


def test_case_22_an_open_file(notebook: Kernel) -> None:
    notebook.run(
        "open('labels.txt', 'w').write('a b')\nhandle = open('labels.txt')", "def predict(x): return handle.read()"
    )
    made = notebook.capture("predict, sample=1")
    notebook.run("handle.close()")
    assert "'handle' (In[" in made.refused
    assert "labels.txt" in made.told["fix"]


def test_case_23_files_read_by_predict(notebook: Kernel) -> None:
    outside = notebook.folder / "outside"
    (notebook.folder / "nb" / "lexicon" / "deep").mkdir(parents=True)
    outside.mkdir()
    (outside / "far.csv").write_text("a,b\n1,2\n")
    (notebook.folder / "nb" / "labels.txt").write_text("cat dog")
    (notebook.folder / "nb" / "lexicon" / "one.txt").write_text("uno")
    (notebook.folder / "nb" / "lexicon" / "deep" / "two.txt").write_text("due")
    (notebook.folder / "nb" / "abs.json").write_text("[3]")
    notebook.run(
        "import os, json, glob\nos.chdir('nb')\nimport pandas as pd\nfrom pathlib import Path\nFOLDER = 'lexicon'",
        f"def predict(i):\n    words = open('labels.txt').read().split()\n    table = pd.read_csv('../outside/far.csv')\n"
        f"    names = sorted(os.listdir(FOLDER))\n    deep = [Path(p).read_text() for p in sorted(glob.glob('lexicon/*/*.txt'))]\n"
        f"    number = json.load(open('{notebook.folder}/nb/abs.json'))\n"
        "    return [words[i], int(table['b'][0]), names, deep, number]",
    )
    made = notebook.capture("predict, sample=1")
    text = held(made)
    assert str(notebook.folder) not in text
    assert {"labels.txt", "lexicon/deep/two.txt", "abs.json"} <= set(made.files)
    notebook.run("def gone(i): return open('nowhere.txt').read()")
    assert "nowhere.txt" in str(notebook.capture("gone, sample=1, out='gone'").told)


def test_case_24_large_data_leaking_in(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd, numpy as np\ntrain = pd.DataFrame({'a': np.arange(50000.0), 'b': 1})\nX = train.copy()",
        "def predict(x): return [list(X.columns), str(X.dtypes['a']), X.shape[1], len(X.columns)]",
        "def leaky(x): return float(train['a'].mean()) + x",
    )
    made = notebook.capture("predict, sample=1")
    held(made)
    assert sum(size for _, size in made.told["models"]) < 20_000
    assert "rows" not in made.warnings
    made = notebook.capture("leaky, sample=1, out='leaky'")
    held(made)
    assert "train (In[" in made.warnings
    assert "all 50000 rows" in made.warnings


def test_case_25_sizes(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np\nfrom aibro_jupyter.capturing.values import guards\nbefore = guards.WARN_BYTES, guards.REFUSE_BYTES, guards.REPO_BYTES\nguards.WARN_BYTES, guards.REFUSE_BYTES = 50_000, 500_000",
        "small, big, huge = np.ones(1000), np.ones(10_000), np.ones(100_000)\nfrom sklearn.neighbors import KNeighborsClassifier\nknn = KNeighborsClassifier().fit(np.random.rand(2000, 3), np.zeros(2000))",
        "def predict(x): return float(small.sum() + big.sum())\ndef too_much(x): return float(huge.sum())\ndef near(x): return knn.predict([[x, x, x]])",
    )
    made = notebook.capture("predict, sample=1")
    assert "big (In[" in made.warnings
    assert "small (In[" not in made.warnings
    made = notebook.capture("too_much, sample=1, out='o2'")
    assert "'huge' (In[" in made.refused, made.told
    assert "800 KB, more than 500 KB" in made.refused
    assert "--allow-large" in made.told["fix"]
    assert not (notebook.folder / "o2").exists()
    made = notebook.capture("too_much, sample=1, out='o2', allow_large=True")
    assert made.proved == 1
    assert "huge (In[" in made.warnings
    assert 'np.load("model/huge.npy", mmap_mode="c")' in made.predict
    made = notebook.capture("near, sample=1, out='o3'")
    assert "2000 rows it was fitted on" in made.warnings
    notebook.run("guards.REPO_BYTES = 20_000")
    made = notebook.capture("predict, sample=1, out='o4'")
    assert "together" in made.refused, made.told
    assert "--allow-large" in made.told["fix"]
    assert notebook.capture("predict, sample=1, out='o4', allow_large=True").proved == 1
    notebook.run("guards.WARN_BYTES, guards.REFUSE_BYTES, guards.REPO_BYTES = before")


def test_case_26_two_names_of_one_object(notebook: Kernel) -> None:
    notebook.run(
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\nfrom sklearn.linear_model import Ridge\nimport numpy as np",
        "pipe = make_pipeline(StandardScaler(), Ridge()).fit([[1.0], [2.0]], [1, 2])\nlast = pipe[-1]\nagain = pipe\nshared = np.zeros(3)\nbox = {'s': shared}\nlog = []\nalso = log",
        "def predict(x):\n    shared[0] = x\n    also.append(1)\n    return [last is pipe[-1], again is pipe, float(box['s'][0]), len(log) == len(also), log is also]",
    )
    made = notebook.capture("predict, sample=3")
    held(made)
    assert made.manifest["expected"][:3] == [True, True, 3.0]


def test_case_27_arrays_of_every_kind(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np\nbase = np.arange(2000.0).reshape(40, 50)\nview, turned = base[::2, ::-1], base.T\nread_only = np.arange(600); read_only.flags.writeable = False",
        "np.save('mapped.npy', base)\nmapped = np.load('mapped.npy', mmap_mode='r')\nobjects = np.array([{'a': 1}, 'x', None] * 200, dtype=object)",
        "masked = np.ma.masked_array(np.arange(500.0), mask=np.arange(500) % 2)\nstructured = np.zeros(300, dtype=[('x', 'f4'), ('n', 'i8')])\nhalf = np.ones(900, dtype='float16')\ntimes = np.array(['2024-01-01', 'NaT'], dtype='datetime64[D]')\ntexts = np.array(['ab', 'c'] * 300)\nrec = np.rec.array([(1, 2.0)] * 3, dtype=[('a', 'i4'), ('b', 'f8')])\nzero = np.array(5)\nbig_endian = np.arange(700, dtype='>i4')",
        "from scipy import sparse\nsp, spa = sparse.eye(500, format='csr'), sparse.csc_array(np.eye(400))",
        "def predict(i):\n    return [view.sum(), view[1, 1], turned.shape, bool(turned.flags.f_contiguous), int(read_only[i]), float(mapped[2, 3]), objects[:3].tolist(), float(masked.sum()), masked.mask[:3].tolist(), structured.dtype.names, str(half.dtype), times, texts[1], int(rec.a[0]), int(zero), int(big_endian[5]), sp.sum(), spa.shape, type(spa).__name__]",
    )
    held(notebook.capture("predict, sample=1"))


def test_case_27_frames_of_every_kind(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd, numpy as np",
        "f = pd.DataFrame({'tz': pd.date_range('2024-01-01', periods=4, tz='Europe/Rome'), 'cat': pd.Categorical(['a', 'b', None, 'a'], categories=['b', 'a'], ordered=True), 'int': pd.array([1, None, 3, 4], dtype='Int64'), 'band': pd.cut([1, 2, 3, 4], 2), 'ok': pd.array([True, None, False, True], dtype='boolean'), 's': pd.Series(['x', None, 'z', 'w'], dtype='string'), 'span': pd.to_timedelta([1, 2, 3, 4], unit='h'), 'p': pd.period_range('2024', periods=4, freq='M')})",
        "f.attrs['unit'] = 'cm'\nm = f.set_index(['cat', 'int']).sort_index()\nwide = pd.DataFrame(np.eye(3), columns=pd.MultiIndex.from_tuples([('a', 1), ('a', 2), ('b', 1)]))\nsparse_frame = pd.DataFrame({'v': pd.arrays.SparseArray([0, 0, 1])})\nser, idx, na = f['band'], pd.IntervalIndex.from_breaks([0, 1, 2]), pd.NA\nstamp, delta, off = pd.Timestamp('2024-01-01', tz='UTC'), pd.Timedelta('1h'), pd.offsets.MonthEnd(2)",
        "def predict(i):\n    return [[str(t) for t in f.dtypes], f.attrs, str(f['tz'][i]), f['cat'].cat.codes.tolist(), f['int'].isna().tolist(), m.index.names, wide[('a', 2)].tolist(), str(sparse_frame.dtypes['v']), idx.get_indexer([0.5]).tolist(), pd.isna(na), str(stamp + delta), str(stamp + off), str(ser[0]), f.equals(f.copy())]",
    )
    held(notebook.capture("predict, sample=1"))


def test_case_33_random_state(notebook: Kernel) -> None:
    notebook.run(
        "import random, numpy as np\nrng = np.random.RandomState(3); own = random.Random(4); gen = np.random.default_rng(5)\nrng.rand(); own.random(); gen.random()",
        "def steady(x):\n    a = np.random.default_rng(0).random()\n    np.random.seed(1)\n    return [a, np.random.rand(), rng.get_state()[2], own.getstate()[1][0]]",
        "def first(x): return [rng.rand(), own.random(), gen.random()]",
        "def loose(x): return [x, np.random.rand(), random.random()]",
    )
    held(notebook.capture("steady, sample=1"))
    made = notebook.capture("first, sample=1, out='first'")
    assert made.told["proof"]["differs"] == [], made.told
    assert "two runs on the same sample differ" in made.warnings
    made = notebook.capture("loose, sample=1, out='loose'")
    assert "two runs on the same sample differ: answer[1]" in made.warnings


def test_case_34_sklearn_with_code_from_cells(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np, pandas as pd, sklearn\nfrom sklearn.pipeline import Pipeline, FeatureUnion, make_pipeline\nfrom sklearn.compose import ColumnTransformer\nfrom sklearn.preprocessing import FunctionTransformer, StandardScaler, OneHotEncoder\nfrom sklearn.feature_extraction.text import TfidfVectorizer\nfrom sklearn.linear_model import LogisticRegression\nfrom sklearn.model_selection import GridSearchCV\nfrom sklearn.metrics import make_scorer\nfrom sklearn.base import BaseEstimator, TransformerMixin, ClassifierMixin",
        "class Nlp:\n    def __init__(self): self.stop = {'the'}\n    def __call__(self, t): return [w for w in t.lower().split() if w not in self.stop]\nnlp = Nlp()\ndef tok(text): return nlp(text)",
        "class Log(BaseEstimator, TransformerMixin):\n    def fit(self, X, y=None): return self\n    def transform(self, X): return np.log1p(X) * FACTOR\n    def get_feature_names_out(self, names=None): return names\nFACTOR = 2",
        "sklearn.set_config(transform_output='pandas')\ndf = pd.DataFrame({'n': [1.0, 2.0, 3.0, 4.0] * 5, 'k': ['a', 'b'] * 10, 't': ['the good', 'bad one', 'good', 'the bad'] * 5})\ny = np.array(['no', 'yes'] * 10)",
        "pre = ColumnTransformer([('n', make_pipeline(Log(), StandardScaler()), ['n']), ('k', OneHotEncoder(sparse_output=False), ['k']), ('f', FunctionTransformer(lambda d: d * 2, feature_names_out='one-to-one'), ['n'])])\nsearch = GridSearchCV(make_pipeline(pre, LogisticRegression()), {'logisticregression__C': [0.1, 1.0]}, scoring=make_scorer(lambda a, b: (a == b).mean()), cv=2).fit(df, y)\nsklearn.set_config(transform_output='default')\nvec = TfidfVectorizer(tokenizer=tok, token_pattern=None).fit(df['t'])\nsklearn.set_config(transform_output='pandas')",
        "def predict(d): return {'label': search.predict(d), 'p': search.predict_proba(d), 'cols': list(pre.fit_transform(d).columns), 'w': sorted(vec.vocabulary_), 't': tok('The x')}",
    )
    made = notebook.capture("predict, sample=df.head(4)")
    notebook.run("sklearn.set_config(transform_output='default')")
    assert 'sklearn.set_config(transform_output="pandas")' in held(made).replace("'", '"')


def test_case_35_settings_that_change_answers(notebook: Kernel) -> None:
    notebook.run(
        "import decimal, os, locale, string\nimport numpy as np, pandas as pd\nfrom decimal import Decimal",
        "decimal.getcontext().prec = 5\npd.set_option('display.precision', 2)\npd.options.display.max_columns = 3\nold = np.seterr(divide='raise')\nnp.set_printoptions(precision=2)",
        "os.environ['MODE_OF_35'] = 'fast'\nnp.float_ = np.float64\nstring.digits = '01'\ndef patched(self): return 'patched'\npd.Series.shout = patched",
        "def predict(x):\n    try:\n        np.array([1.0]) / np.array([0.0])\n        divided = True\n    except FloatingPointError:\n        divided = False\n    return [str(Decimal(1) / Decimal(3)), divided, str(np.array([1.23456])), str(pd.DataFrame({'a': [1.23456]})), os.environ['MODE_OF_35'], str(np.float_), string.digits, pd.Series([1]).shout()]",
    )
    made = notebook.capture("predict, sample=1")
    notebook.run(
        "decimal.getcontext().prec = 28\npd.reset_option('display.precision'); pd.reset_option('display.max_columns'); np.seterr(**old); np.set_printoptions(precision=8); del np.float_, pd.Series.shout; string.digits = '0123456789'; del os.environ['MODE_OF_35']"
    )
    text = held(made)
    for line in ("decimal.getcontext().prec = 5", "np.float_ = np.float64", "os.environ"):
        assert line in text
    assert "string.digits" in made.warnings
    assert "MODE_OF_35" in made.warnings


def test_case_36_an_order_that_hashes_chose(notebook: Kernel) -> None:
    notebook.run(
        "words = 'the quick brown fox jumps over the lazy dog again and again'.split()\nvocab = list(set(words))\nindex = {w: i for i, w in enumerate(set(words))}\npool = {'b', 'a'}",
        "def predict(text): return [[index[w] for w in text.split()], vocab, sorted(pool)]",
    )
    held(notebook.capture("predict, sample='fox over dog'"))


def test_case_39_values_nested_too_deeply(notebook: Kernel) -> None:
    notebook.run(
        "class Node:\n    def __init__(self, rest): self.rest = rest\ndef chain(n):\n    node = None\n    for _ in range(n): node = Node(node)\n    return node\nlong, endless = chain(3000), [1]\nendless.append(endless)",
        "def predict(x):\n    n, node = 0, long\n    while node is not None: n, node = n + 1, node.rest\n    return n, endless[1] is endless",
    )
    held(notebook.capture("predict, sample=1"))
    notebook.run("long = chain(300_000)", "def predict(x): return long is None")
    made = notebook.capture("predict, sample=1, out='deep'")
    assert "nested too deeply" in made.refused, made.told
    notebook.run("while long is not None: long = long.rest")


@pytest.mark.parametrize("module", ["boto3", "openai", "redis", "requests.sessions"])
def test_case_40_remote_clients(notebook: Kernel, module: str) -> None:
    notebook.run(
        f"Client = type('Client', (), {{'__module__': '{module}'}})\nclient = Client()",
        "def predict(x): return str(client is None)",
    )
    made = notebook.capture("predict, sample=1")
    assert "'client' (In[" in made.refused, made.told
    assert "inside the function" in made.told["fix"]

"""A capture, whether it succeeds or is refused, leaves every live object of the notebook as it was."""

from __future__ import annotations

import re

import pytest

from tests.capturing.kernel import Kernel

KINDS = {
    "dict": ("{'a': 1, 'b': 2}", "value.pop('a', 0); value['c'] = x", "list(value.items())"),
    "order of a dict": ("{'a': 1, 'b': 2}", "value['a'] = value.pop('a')", "list(value.items())"),
    "list": ("[1, [2]]", "value.append(x); value[1].append(x)", "value"),
    "set": ("{1, 2}", "value.add(x)", "sorted(value)"),
    "bytearray": ("bytearray(b'ab')", "value.append(x)", "value"),
    "array": ("array.array('d', [1.0, 2.0])", "value.append(x)", "value"),
    "deque": ("collections.deque([1, 2], maxlen=2)", "value.append(x)", "value"),
    "ordered dict": ("collections.OrderedDict(a=1, b=2)", "value.move_to_end('a')", "value"),
    "default dict": ("collections.defaultdict(list)", "value[x].append(x)", "value"),
    "counter": ("collections.Counter('ab')", "value.update([x, x])", "value"),
    "chain of maps": ("collections.ChainMap({'a': 1}, {'b': 2})", "value['a'] = x", "value"),
    "user dict": ("collections.UserDict(a=1)", "value['a'] = x", "value"),
    "namespace": ("types.SimpleNamespace(a=1)", "value.a = x; value.b = x", "value"),
    "own object": ("Own()", "value.seen.append(x); value.count += 1", "vars(value)"),
    "own slots": ("Slotted()", "value.count += 1; value.late = 1", "(value.count, hasattr(value, 'late'))"),
    "own dict": ("Guarded(a=1)", "dict.__setitem__(value, 'b', x)", "dict(value)"),
    "own list": ("Closed([1])", "list.append(value, x)", "list(value)"),
    "class": ("Own", "value.total += 1; value.shared.append(x)", "(value.total, value.shared)"),
    "function": ("helper", "value.calls = getattr(value, 'calls', 0) + 1", "vars(value)"),
    "cached function": ("cached", "value(x)", "value.cache_info()"),
    "local module": ("local_state", "value.count += 1; value.seen.append(x)", "(value.count, value.seen)"),
    "bytes in memory": ("io.BytesIO(b'abcdef')", "value.read(2); value.write(b'x')", "(value.tell(), value.getvalue())"),
    "text in memory": ("io.StringIO('abc')", "value.read(1)", "(value.tell(), value.getvalue())"),
    "count": ("itertools.count(5)", "next(value)", "value"),
    "random": ("random.Random(1)", "value.random()", "value.getstate()"),
    "numpy generator": ("np.random.default_rng(1)", "value.random()", "value.bit_generator.state"),
    "numpy's older generator": ("np.random.RandomState(1)", "value.rand()", "value.get_state()[2:]"),
    "ndarray": ("np.arange(4.0)", "value[0] = 9", "value.tolist()"),
    "table": ("pd.DataFrame({'a': [1, 2]})", "value['b'] = x", "value.to_dict()"),
    "column": ("pd.Series([1, 2])", "value.iloc[0] = 9", "value.tolist()"),
    "learner": ("SGDRegressor(random_state=1).fit([[1.0], [2.0]], [1.0, 2.0])", "value.partial_fit([[9.0]], [9.0])", "(value.coef_.tolist(), value.t_, value.intercept_.tolist())"),
    "learners in a pipeline": ("make_pipeline(StandardScaler(), SGDRegressor(random_state=1)).fit([[1.0], [2.0]], [1.0, 2.0])", "value[0].partial_fit([[9.0]])", "(value[0].mean_.tolist(), value[0].n_samples_seen_)"),
}  # fmt: skip
"""Name -> what is made, what a call does to it, what shows its state."""

START = """
import array, collections, functools, io, itertools, logging, os, random, sys, types, warnings, decimal
import numpy as np, pandas as pd, matplotlib, matplotlib.pyplot as plt
from sklearn.linear_model import SGDRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
open('local_state.py', 'w').write('count = 0\\nseen = []\\n')
sys.modules.pop('local_state', None)
sys.path.insert(0, os.getcwd())
import local_state
sys.path.pop(0)
class Own:
    total, shared = 0, []
    def __init__(self): self.seen, self.count = [], 0
class Slotted:
    __slots__ = ('count', 'late')
    def __init__(self): self.count = 0
class Guarded(dict):
    def clear(self): raise ValueError('it keeps books')
    def update(self, *others): raise ValueError('it keeps books')
class Closed(list):
    def clear(self): raise ValueError('it keeps books')
def helper(x): return x
@functools.lru_cache
def cached(x): return x
"""


NAMES = {"function": "helper", "local module": "local_state"}
"""What is known by a name of its own."""


def _under(name: str, kind: str) -> list[str]:
    return [re.sub(r"\bvalue\b", name, text) for text in KINDS[kind]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_live_object_is_after_a_capture_what_it_was(notebook: Kernel, kind: str) -> None:
    made, does, shows = _under(NAMES.get(kind, "value"), kind)
    notebook.run(START, f"value = {made}", f"def predict(x):\n    {does}\n    return x")
    before = notebook.run(f"print({shows}, id(value), type(value))")
    captured = notebook.capture("predict, sample=3")
    assert captured.proved == 1, captured.told
    assert notebook.run(f"print({shows}, id(value), type(value))") == before
    assert notebook.run(f"_ = predict(3)\nprint({shows}, id(value), type(value))") != before, "a call shows"


def test_all_of_them_are_after_a_refused_capture_what_they_were(notebook: Kernel) -> None:
    numbered = [_under(NAMES.get(kind, f"value_{number}"), kind) for number, kind in enumerate(KINDS)]
    notebook.run(
        START,
        "\n".join(f"value_{number} = {made}" for number, (made, _, _) in enumerate(numbered)),
        "\n    ".join(["def predict(x):", *(does for _, does, _ in numbered), "raise RuntimeError('no')"]),
    )
    state = "\n".join(f"print({shows})" for _, _, shows in numbered)
    before = notebook.run(state)
    assert "it raises RuntimeError on the sample" in notebook.capture("predict, sample=3").refused
    assert notebook.run(state) == before


AROUND = {
    "random numbers": ("random.random()", "random.getstate()"),
    "numpy's random numbers": ("np.random.rand()", "np.random.get_state()[1:]"),
    "folder": ("os.chdir('/')", "os.getcwd()"),
    "environment": ("os.environ['SEEN_BY_A_CALL'] = 'x'", "dict(os.environ)"),
    "import path": ("sys.path.append('nowhere')", "sys.path"),
    "warnings": ("warnings.simplefilter('ignore')", "warnings.filters"),
    "warnings shown": ("warnings.warn('once', UserWarning)", "globals().get('__warningregistry__')"),
    "logging": ("logging.getLogger().setLevel('ERROR')", "logging.getLogger().level"),
    "a logger's handlers": ("logging.getLogger('mine').addHandler(logging.NullHandler())", "logging.getLogger('mine').handlers"),
    "numpy's settings": ("np.set_printoptions(precision=2); np.seterr(all='ignore')", "(np.get_printoptions(), np.geterr())"),
    "pandas' settings": ("pd.set_option('display.max_rows', 7)", "pd.get_option('display.max_rows')"),
    "matplotlib's settings": ("matplotlib.rcParams['lines.linewidth'] = 9", "matplotlib.rcParams['lines.linewidth']"),
    "figures": ("plt.figure(7)", "plt.get_fignums()"),
    "decimals": ("decimal.getcontext().prec = 5", "decimal.getcontext().prec"),
    "depth": ("sys.setrecursionlimit(5000)", "sys.getrecursionlimit()"),
    "a global": ("total += x", "total"),
}  # fmt: skip
"""What surrounds a notebook -> what a call does to it, what shows it."""


@pytest.mark.parametrize("end", ["return x", "raise RuntimeError('no')"], ids=["captured", "refused"])
def test_what_surrounds_the_notebook_is_after_a_capture_what_it_was(notebook: Kernel, end: str) -> None:
    notebook.run(
        START,
        "matplotlib.use('agg'); logging.getLogger('mine').handlers.clear(); total = 0",
        "\n    ".join(["def predict(x):", "global total", *(does for does, _ in AROUND.values()), end]),
    )
    state = "\n".join(f"print({part!r}, {shows})" for part, (_, shows) in AROUND.items())
    before = notebook.run(state)
    captured = notebook.capture("predict, sample=3")
    assert bool(captured.refused) is end.startswith("raise"), captured.told
    assert notebook.run(state) == before
    notebook.run("try: _ = predict(3)\nexcept RuntimeError: pass")
    assert notebook.run(state) != before
    notebook.run(f"import os, sys; os.chdir({str(notebook.folder)!r}); sys.setrecursionlimit(3000)")


def test_a_library_s_own_container_is_not_touched_though_a_call_changed_it(notebook: Kernel) -> None:
    """A container that keeps books of its content, as those of Keras do, refuses to be filled again."""
    (notebook.folder / "site-packages").mkdir()
    (notebook.folder / "site-packages" / "tracked.py").write_text(
        "class Tracked(list):\n"
        "    def __init__(self, *parts): super().__init__(parts); self.locked = True\n"
        "    def extend(self, parts): raise ValueError('cannot add to what is built')\n"
        "    def note(self, part): self.append(part)\n"
    )
    notebook.run(
        "import sys, os; sys.path.insert(0, os.path.abspath('site-packages'))\nimport tracked\nsys.path.pop(0)",
        "class Net:\n    def __init__(self): self.parts, self.calls = tracked.Tracked(1, 2), 0",
        "net = Net()\ndef predict(x):\n    net.parts.note(x); net.calls += 1\n    return len(str(x))",
    )
    notebook.capture("predict, sample=3")
    assert notebook.run("print(net.parts[:2], net.calls)") == "[1, 2] 0\n"

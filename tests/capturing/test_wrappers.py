"""Functions that a call made of others are written as the notebook has them: the assignment, at its place."""

from __future__ import annotations

import pytest

from tests.capturing.kernel import Kernel

TIMING = """
    %%writefile timing.py
    import functools

    def timed(f):
        @functools.wraps(f)
        def inner(*args, **kwargs):
            return f(*args, **kwargs)
        return inner

    class Counted:
        def __init__(self, f):
            functools.update_wrapper(self, f)
            self.f = f

        def __call__(self, x):
            return self.f(x)
"""
RETRY = """
    import functools

    def retry(times):
        def outer(f):
            @functools.wraps(f)
            def inner(*args):
                for _ in range(times):
                    try:
                        return f(*args)
                    except ValueError:
                        continue
                return -1
            return inner
        return outer
"""


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["from functools import lru_cache\ndef fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)",
          "fib = lru_cache(None)(fib)", "def predict(n):\n    return fib(n)"],
         ["def fib(n):", "\n\n\nfib = lru_cache(None)(fib)\n"]),
        (["from functools import lru_cache\ndef slow(n):\n    return n + 1\nquick = lru_cache(maxsize=8)(slow)",
          "def predict(n):\n    return quick(n) + slow(n)"], ["quick = lru_cache(maxsize=8)(slow)"]),
        ([TIMING, "from timing import timed\nW = 3\ndef score(n):\n    return n * W\nfast = timed(score)",
          "def predict(n):\n    return fast(n)"], ["from timing import timed", "fast = timed(score)", "W = 3"]),
        ([TIMING, "import timing\ndef score(n):\n    return n * 2\nscore = timing.timed(score)",
          "def predict(n):\n    return score(n)"], ["def score(n):", "score = timing.timed(score)"]),
        ([TIMING, "from timing import timed\n@timed\ndef score(n):\n    return n * 2",
          "def predict(n):\n    return score(n)"], ["@timed\ndef score(n):"]),
        ([RETRY, "def parse(n):\n    return int(n)\nparse = retry(3)(parse)\nsafe = retry(2)(parse)",
          "def predict(n):\n    return [parse(n), safe(n)]"], ["parse = retry(3)(parse)", "safe = retry(2)(parse)"]),
        ([TIMING, "from timing import timed\ndef predict(n):\n    return n + 1\npredict = timed(predict)"],
         ["def predict(n):", "predict = timed(predict)"]),
        ([TIMING, "from timing import timed\ndef half(n):\n    return n / 2\nfast = timed(half)",
          "def half(n):\n    return n / 2 + 100", "def predict(n):\n    return [fast(n), half(n)]"],
         ["def half(n):\n    return n / 2\n\n\nfast = timed(half)", "return n / 2 + 100"]),
        (["from functools import cache\nsquare = cache(lambda n: n * n)", "def plus(n):\n    return n + 1",
          "noted: object = cache(plus)", "first = second = cache(plus)", "if True:\n    inner = cache(plus)",
          "def predict(n):\n    return [square(n), noted(n), first(n), second(n), inner(n)]"],
         ["square = cache(lambda n: n * n)", "noted = cache(plus)", "first = cache(plus)", "second = first", "inner = cache(plus)"]),
        ([TIMING, "from timing import Counted\ndef plus(n):\n    return n + 1\ncounted = Counted(plus)",
          "def predict(n):\n    return counted(n)"], ["counted = Counted(plus)"]),
        (["from contextlib import contextmanager\ndef five():\n    yield 5\nfive = contextmanager(five)",
          "def predict(n):\n    with five() as more:\n        return n + more"], ["five = contextmanager(five)"]),
        (["import functools\ncaching = functools.lru_cache(maxsize=4)\n@caching\ndef plus(n):\n    return n + 1",
          "def predict(n):\n    return plus(n)"], ["caching = functools.lru_cache(maxsize=4)", "@caching\ndef plus(n):"]),
        (["def g(n):\n    return n / 10", "_old = g\ndef g(n):\n    return 1 - _old(n)", "def predict(n):\n    return g(n)"],
         ["    return n / 10\n\n\n_old = g\n", "return 1 - _old(n)"]),
        (["def g(n):\n    return n / 10", "first = g\ndef g(n):\n    return 1 - first(n)",
          "second = g\ndef g(n):\n    return 2 * second(n)", "def predict(n):\n    return g(n)"],
         ["first = g", "second = g"]),
    ],
)  # fmt: skip
def test_what_a_call_wrapped_is_wrapped_in_the_repo_too(notebook: Kernel, cells: list[str], kept: list[str]) -> None:
    notebook.run(*cells)
    made = notebook.capture("predict, sample=20")
    assert made.proved == 1, made.told
    for text in kept:
        assert text in made.predict, made.predict
    assert not {name for name in made.files if name.startswith("model/")}


def test_a_wrapper_inside_a_value_is_found_under_its_name(notebook: Kernel) -> None:
    notebook.run(
        TIMING,
        "from timing import timed\ndef score(n):\n    return n * 2\nfast = timed(score)\nSTEPS = {'fast': fast, 'n': 2}",
        "def predict(n):\n    return STEPS['fast'](n)",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "fast = timed(score)" in made.predict


def test_a_wrapper_without_a_name_is_refused_never_dropped(notebook: Kernel) -> None:
    notebook.run(
        "from functools import cache\ndef halved(n):\n    return n / 2\nF = {'half': cache(halved), 'n': 1}",
        "def predict(n):\n    return F['half'](n)",
    )
    made = notebook.capture("predict, sample=2")
    assert "it was made of halved(), and no cell says how" in made.refused, made.told
    assert made.told["fix"].startswith("give what was made of it a name of its own in a cell")
    notebook.run("cached = cache(halved)\nF = {'half': cached, 'n': 1}")  # as the fix says
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "cached = cache(halved)" in made.predict


def test_a_wrapper_that_no_cell_explains_any_more_is_refused_in_its_own_words(notebook: Kernel) -> None:
    notebook.run(
        TIMING,
        "from timing import timed\ndef tripled(n):\n    return n * 3\nmade = [timed(tripled)]\nfast, = made",
        "def predict(n):\n    return fast(n)",
    )
    made = notebook.capture("predict, sample=2")
    assert "it was made of tripled(), and no cell says how" in made.refused, made.told
    assert made.told["fix"] == "write fast = ... at the top level of a cell and run that cell"
    notebook.run("fast = timed(tripled)")  # as the fix says
    assert notebook.capture("predict, sample=2").proved == 1


def test_a_wrapper_is_made_again_of_the_values_it_was_made_of_or_not_at_all(notebook: Kernel) -> None:
    notebook.run(
        "import functools\ndef scaled(f, by):\n    @functools.wraps(f)\n    def inner(n):\n"
        "        return f(n) * by\n    return inner",
        "by_now = 3\ndef score(n):\n    return n + 1\nfast = scaled(score, by_now)",
        "by_now = 5",
        "def predict(n):\n    return fast(n)",
    )
    made = notebook.capture("predict, sample=2")
    assert made.refused or made.proved == 1, made.told
    notebook.run("fast = scaled(score, by_now)")
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "fast = scaled(score, by_now)" in made.predict


def test_an_answer_that_takes_far_longer_than_in_the_notebook_is_told(notebook: Kernel) -> None:
    notebook.run(
        "import os, time\nHERE = os.environ.get('JPY_PARENT_PID', '')",
        "def predict(n):\n    if 'JPY_PARENT_PID' not in os.environ:\n        time.sleep(1.5)\n    return n",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "in a clean process and " in made.warnings
    assert "a cache or a compiled form is missing there" in made.warnings
    notebook.run("def predict(n):\n    time.sleep(0.7)\n    return n")
    assert "in a clean process and " not in notebook.capture("predict, sample=2").warnings

from __future__ import annotations

import textwrap

import pytest

from aibro_jupyter.capturing.session.names import bound, uses

CASES = {
    "a local is not a global": ("def f(X):\n    df = clean(X)\n    return df", [], ["clean"]),
    "decorators, defaults, annotations run early": (
        "@deco(K)\ndef f(x: T = D) -> R:\n    return later",
        ["deco", "K", "D", "T", "R"],
        ["later"],
    ),
    "class bodies run early, methods late": (
        "class A(Base, metaclass=M):\n    n = size\n    m = n\n    def go(self):\n        return other",
        ["Base", "M", "size"],
        ["other"],
    ),
    "inner functions and comprehensions": (
        "def f(rows):\n    g = lambda r: scale(r)\n    return [g(r) + k for r in rows]",
        [],
        ["scale", "k"],
    ),
    "a comprehension in a class body runs early": ("class A:\n    t = [v for v in TABLE]", ["TABLE"], []),
    "an import inside shadows": ("def f():\n    import json\n    return json.dumps(1)", [], []),
}


@pytest.mark.parametrize(("text", "early", "later"), CASES.values(), ids=CASES.keys())
def test_uses(text: str, early: list[str], later: list[str]) -> None:
    found = uses(compile(text, "cell", "exec", dont_inherit=True))
    assert sorted(set(found.early) - {"__name__"}) == sorted(early)
    assert sorted(set(found.later) - set(found.early)) == sorted(later)


def test_attribute_chains_and_rebound_names() -> None:
    text = "def f(x):\n    global n\n    n = 1\n    return np.linalg.norm(x), X.columns, len(X), np"
    found = uses(compile(textwrap.dedent(text), "cell", "exec"))
    assert found.chains["np"] == {"linalg.norm", ""}
    assert found.chains["X"] == {"columns", ""}
    assert found.rebound == {"n"}


def test_bound() -> None:
    assert bound(compile("import a.b as c\nx, y = 1, 2\nfor i in []: pass\ndef f(): z = 1", "cell", "exec")) == {
        "c", "x", "y", "i", "f",
    }  # fmt: skip

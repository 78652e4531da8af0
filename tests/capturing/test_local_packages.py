"""Of a local package what the code reaches comes along, and no more; where imports do not tell, all of it."""

from __future__ import annotations

from tests.capturing.kernel import Kernel

PACKAGE = {
    "__init__.py": "VERSION = '1'\n",
    "net.py": "from . import layers\nfrom .words import table\n\ndef go(x):\n    from .late import later\n    return layers.two(x) + len(table()) + later()\n",
    "layers/__init__.py": "from .dense import two\n",
    "layers/dense.py": "def two(x): return 2 * x\n",
    "layers/conv.py": "import scipy.signal\n",
    "words.py": "import json\nfrom pathlib import Path\n\ndef table():\n    return json.loads((Path(__file__).parent / 'tables' / 'words.json').read_text())\n",
    "late.py": "def later(): return 3\n",
    "tables/words.json": '{"a": 1}',
    "plots/style.css": "x",
    "train.py": "import sklearn.svm\n",
    "tests/test_net.py": "import pytest\n",
    "README.md": "how to\n",
}


def _write(notebook: Kernel, root: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        place = notebook.folder / root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def test_only_what_is_reached_comes_along(notebook: Kernel) -> None:
    _write(notebook, "mine81", PACKAGE)
    notebook.run("import sys; sys.path.insert(0, '.')\nfrom mine81.net import go", "def predict(x): return go(x)")
    made = notebook.capture("predict, sample=1")
    notebook.run("sys.path.pop(0)")
    assert made.proved == 1, made.told
    assert {name for name in made.files if name.startswith("mine81/")} == {
        "mine81/__init__.py", "mine81/net.py", "mine81/layers/__init__.py", "mine81/layers/dense.py", "mine81/words.py",
        "mine81/late.py", "mine81/tables/words.json",
    }  # fmt: skip
    assert made.files["requirements.txt"] == ""


def test_a_class_inside_a_pickle_brings_its_module(notebook: Kernel) -> None:
    _write(
        notebook,
        "mine82",
        {**PACKAGE, "deep/__init__.py": "", "deep/kinds.py": "class Kind:\n    def __init__(self): self.k = 4\n"},
    )
    notebook.run(
        "import sys; sys.path.insert(0, '.')\nfrom mine82.deep.kinds import Kind\nkept = {'k': Kind()}\ndel Kind",
        "def predict(x): return kept['k'].k + x",
    )
    made = notebook.capture("predict, sample=1")
    notebook.run("sys.path.pop(0)")
    assert made.proved == 1, made.told
    assert {name for name in made.files if name.startswith("mine82/")} == {
        "mine82/__init__.py", "mine82/deep/__init__.py", "mine82/deep/kinds.py",
    }  # fmt: skip


def test_a_package_that_imports_by_name_comes_whole(notebook: Kernel) -> None:
    plugins = {
        "__init__.py": "import importlib\n\ndef load(name):\n    return importlib.import_module(f'{__name__}.plug.{name}')\n",
        "plug/__init__.py": "",
        "plug/one.py": "K = 1\n",
        "plug/two.py": "K = 2\n",
    }
    _write(notebook, "mine83", plugins)
    notebook.run("import sys; sys.path.insert(0, '.')\nimport mine83", "def predict(x): return mine83.load(x).K")
    made = notebook.capture("predict, sample='one'")
    notebook.run("sys.path.pop(0)")
    assert made.proved == 1, made.told
    assert {"mine83/plug/one.py", "mine83/plug/two.py"} <= set(made.files)


def test_a_module_that_only_the_kernel_had_imported_comes_too(notebook: Kernel) -> None:
    _write(notebook, "mine84", {"__init__.py": "", "extra.py": "K = 5\n", "unused.py": ""})
    notebook.run(
        "import sys; sys.path.insert(0, '.')\nimport mine84\n__import__('mine84.' + 'extra')",
        "def predict(x):\n    __import__('mine84.' + 'extra')\n    return mine84.extra.K + x",
    )
    made = notebook.capture("predict, sample=1")
    notebook.run("sys.path.pop(0)")
    assert made.proved == 1, made.told
    assert {name for name in made.files if name.startswith("mine84/")} == {"mine84/__init__.py", "mine84/extra.py"}

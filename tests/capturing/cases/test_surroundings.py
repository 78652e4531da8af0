"""Hard cases 41-54: modules, packages, folders, texts and the repo itself."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from tests.capturing.cases.test_code import held
from tests.capturing.kernel import Kernel


def test_case_41_local_modules_and_their_resources(notebook: Kernel) -> None:
    for name, text in {
        "lib41/deep41/__init__.py": "from . import words\nfrom .words import load\n",
        "lib41/deep41/words.py": "from pathlib import Path\nimport tiny41\n\ndef load():\n    return (Path(__file__).parent / 'res' / 'w.txt').read_text() + tiny41.END\n",
        "lib41/deep41/res/w.txt": "words",
        "lib41/deep41/.gitignore": "scratch/\n*.log\n",
        "lib41/deep41/scratch/x.txt": "no",
        "lib41/deep41/run.log": "no",
        "lib41/tiny41.py": "END = '!'\n",
        "lib41/unused41.py": "raise RuntimeError\n",
        "nb/single41.py": "def one(): return 1\n",
    }.items():
        (notebook.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (notebook.folder / name).write_text(text)
    (notebook.folder / "lib41/deep41/large.bin").write_bytes(b"0" * (11 * 2**20))
    notebook.run(
        "import os, sys; os.chdir('nb'); sys.path += ['../lib41', '.']",
        "from single41 import one\nimport deep41",
        "def predict(x): return [one(), deep41.load(), deep41.words.load()]",
    )
    made = notebook.capture("predict, sample=1")
    notebook.run("sys.path = sys.path[:-2]")
    held(made)
    assert {"single41.py", "deep41/words.py", "deep41/res/w.txt", "tiny41.py"} <= set(made.files)
    strange = ("unused41.py", "deep41/large.bin", "deep41/scratch/x.txt", "deep41/run.log")
    assert not set(strange) & set(made.files)


def test_case_42_editable_and_path_installs(notebook: Kernel) -> None:
    place = notebook.folder / "project" / "src" / "pkg42"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("from pkg42.inner import go\n")
    (place / "inner.py").write_text("def go(x): return x + 42\n")
    site = notebook.folder / "site"
    info = site / "pkg42-0.1.dist-info"
    info.mkdir(parents=True)
    (site / "__editable__.pkg42.pth").write_text(str(place.parent) + "\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pkg42\nVersion: 0.1\n")
    (info / "top_level.txt").write_text("pkg42\n")
    (info / "RECORD").write_text("__editable__.pkg42.pth,,\n")
    (info / "direct_url.json").write_text(json.dumps({"url": place.as_uri(), "dir_info": {"editable": True}}))
    notebook.run(
        f"import sys, site; kept = list(sys.path); site.addsitedir({str(site)!r})\nimport pkg42",
        "def predict(x): return pkg42.go(x)",
    )
    made = notebook.capture("predict, sample=1")
    notebook.run("sys.path[:] = kept")
    held(made)
    assert "pkg42/inner.py" in made.files
    assert "pkg42" not in made.files["requirements.txt"]


def test_case_43_chdir_in_a_cell(notebook: Kernel) -> None:
    (notebook.folder / "inside" / "conf").mkdir(parents=True)
    (notebook.folder / "inside" / "conf" / "c.json").write_text('{"k": 4}')
    notebook.run(
        "import os, json\nos.chdir('inside')",
        "PATH = os.path.join('conf', 'c.json')\ndef predict(x): return json.load(open(PATH))['k'] + x",
    )
    made = notebook.capture("predict, sample=1")
    held(made)
    assert made.told["path"].endswith("inside/aibro_repo")
    assert "conf/c.json" in made.files


def test_case_44_distributions_of_other_names(notebook: Kernel) -> None:
    notebook.run(
        "import sklearn.preprocessing, dateutil.parser, zmq\nfrom importlib import metadata",
        "def predict(x):\n    import jupyter_client.session as s\n    return [sklearn.preprocessing.normalize([[x]]), str(dateutil.parser.parse('2024-01-02')), zmq.PUB, s.__name__]",
    )
    made = notebook.capture("predict, sample=3")
    held(made)
    names = {line.partition("==")[0] for line in made.files["requirements.txt"].splitlines()}
    assert {"scikit-learn", "python-dateutil", "pyzmq", "jupyter_client"} <= names


def test_case_45_a_package_upgraded_after_its_import(notebook: Kernel) -> None:
    site = notebook.folder / "site-packages"
    info = site / "pkg45-2.0.dist-info"
    info.mkdir(parents=True)
    (site / "pkg45.py").write_text("__version__ = '1.0'\ndef go(x): return x + 45\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pkg45\nVersion: 2.0\n")
    (info / "RECORD").write_text("pkg45.py,,\npkg45-2.0.dist-info/RECORD,,\n")
    told = notebook.run(
        f"import sys; sys.path.append({str(site)!r})\nimport pkg45",
        "from aibro_jupyter.capturing.writing.requirements import requirements_of\nprint(requirements_of(['pkg45']))\nsys.path.pop()",
    )
    assert "pkg45: 2.0 is installed, but the kernel still runs 1.0" in str(told), told


def test_case_46_the_python_of_the_kernel_is_asked_for(notebook: Kernel) -> None:
    notebook.run("exec(''.join(['def made(x', '): return x + 46']))", "def predict(x): return made(x)")
    made = notebook.capture("predict, sample=1")
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert made.files["runtime.txt"] == f"python-{minor}\n"
    assert made.manifest["python"] == minor
    assert f"Python {minor}" in made.warnings
    assert f"Python {minor}" in held(made)  # another Python says so while it imports, not at the first request


def test_case_47_names_and_texts_that_are_awkward(notebook: Kernel) -> None:
    notebook.run(
        "größe, 名 = 2, 'name'\ndata, model, run_, load_model, predict_ = 5, {'m': 1}, 6, 7, 8\nHOME = 'h'; file = 'f'; _private = 1; __dunder = 2",
        "def tabbed(x):\r\n\tif x:\r\n\t\treturn x + größe\r\n\treturn 0\r\n",
        "def fed(x):\n    a = 1\n\x0c\n    return a + x",
        "joblib = 'mine'; np = 'mine too'; pickle = None\nimport numpy\nfrom sklearn.tree import DecisionTreeRegressor\ntree = DecisionTreeRegressor().fit([[0], [1]], [0.0, 1.0])\narr = numpy.ones(900)",
        "def run(x): return [tabbed(x), fed(x), 名, data, model['m'], run_, load_model, predict_, HOME, file, _private, __dunder, joblib, np, pickle, float(tree.predict([[x]])[0]), arr.sum()]",
    )
    text = held(notebook.capture("run, sample=1, name='café 47'"))
    assert "größe" in text


@pytest.mark.parametrize("module", ["predict", "data", "model", "notebook_code"])
def test_case_47_modules_of_the_repos_own_names(notebook: Kernel, module: str) -> None:
    (notebook.folder / f"{module}.py").write_text("def go(x): return x + 47\n")
    notebook.run(
        f"import sys, importlib; sys.path.insert(0, '.'); sys.modules.pop({module!r}, None); importlib.invalidate_caches()",
        f"import {module} as other\ndef answer(x): return other.go(x)",
    )
    made = notebook.capture("answer, sample=1")
    notebook.run(f"sys.path.remove('.'); del sys.modules[{module!r}]")
    if made.refused:
        assert "rename the module" in made.told["fix"], made.told
        assert f"'{module}'" in made.refused
    else:
        held(made)


def test_case_48_type_hints(notebook: Kernel) -> None:
    notebook.run(
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING, Optional\nif TYPE_CHECKING:\n    from nowhere import Thing\ndef later(x: Thing, y: Undefined = None) -> list[Nothing]:\n    return [x, y]",
        "from typing import Dict, List\nimport numpy as np\nRow = Dict[str, float]\nclass Node:\n    def link(self, other: 'Node') -> 'Missing': return other\ndef typed(x: List[int], f: np.ndarray = None) -> Optional[Row]:\n    v: 'Unknown' = {'a': x}\n    return v",
        "node = Node()\nT = __import__('typing').TypeVar('T')\ndef generic(x: T) -> T: return x\ndef predict(x: float) -> 'pd.DataFrame': return [later(x), typed(x), node.link(generic(x))]",
    )
    text = held(notebook.capture("predict, sample=1"))
    assert "from __future__ import annotations" in text
    assert "nowhere" not in text


def test_case_49_prints_widgets_and_results_that_are_no_json(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np, pandas as pd, datetime, decimal, uuid, enum\nfrom pathlib import Path\nfrom IPython.display import display, clear_output, HTML\nimport ipywidgets as w\nclass E(enum.Enum):\n    A = 'a'",
        "def predict(x):\n    print('seen', x)\n    display(HTML('<b>x</b>'))\n    clear_output()\n    bar = w.IntProgress(max=3)\n    display(bar)\n    bar.value += 1\n    return {'a': np.arange(3), 'f': pd.DataFrame({'k': [1]}), 's': np.float32(1.5), 'nan': float('nan'), 'b': b'raw', 'd': datetime.datetime(2024, 1, 2), 'n': decimal.Decimal('1.5'), 'set': {2, 1}, 'e': E.A, 'p': Path('a'), 't': pd.NaT}",
    )
    made = notebook.capture("predict, sample=1")
    held(made)
    assert made.manifest["expected"]["a"] == [0, 1, 2]
    assert made.manifest["expected"]["nan"] is None


def test_case_50_a_terminal_ipython_without_a_kernel(notebook: Kernel) -> None:
    script = """
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        def run(text):
            shell.run_cell(text, store_history=True).raise_error()
        run("k = 3\\ndef helper(x): return x * k")
        run("%precision 3\\ndef predict(x):\\n    # as typed\\n    return helper(x)")
        run("from aibro_jupyter.capturing import capture\\nmade = capture(predict, sample=2)")
        made = shell.user_ns["made"]
        print(made.proof.equal, "# as typed" in (made.path / "predict.py").read_text())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=notebook.folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split()[-2:] == ["1", "True"], done.stderr


def test_case_51_capture_changes_nothing(notebook: Kernel) -> None:
    notebook.run(
        "import sys, os, random, warnings, numpy as np, pandas as pd, sklearn, decimal, gc\nfrom sklearn.linear_model import LinearRegression",
        "class Wrap:\n    def __init__(self): self.n, self.m = 0, LinearRegression().fit([[1.0], [2.0]], [1, 2])\n    def go(self, x):\n        self.n += 1\n        return float(self.m.predict([[x]])[0])\nwrap = Wrap()\nframe = pd.DataFrame({'a': [1, 2]})",
        "def predict(x):\n    np.random.rand(); random.random()\n    frame.loc[len(frame)] = x\n    pd.set_option('display.precision', 3)\n    os.environ['LEFT'] = 'x'\n    return [wrap.go(x), len(frame)]",
        "def state():\n    return [random.getstate()[1][:5], np.random.get_state()[1][:5].tolist(), wrap.n, Wrap.__module__, Wrap.__qualname__, predict.__module__, frame.shape, pd.get_option('display.precision'), os.environ.get('LEFT'), os.getcwd(), sys.path, 'notebook_code' in sys.modules, 'predict' in sys.modules, sklearn.get_config(), np.geterr(), decimal.getcontext().prec, len(warnings.filters), sys.stdout is None, sys.getrecursionlimit(), sorted(k for k in globals() if not k.startswith('_'))]",
    )
    before = notebook.run("print(state())")
    made = notebook.capture("predict, sample=1.0")
    assert made.told.get("proof") or made.refused
    assert notebook.run("print(state())") == before
    assert {path.name for path in notebook.folder.iterdir()} <= {"aibro_repo"}
    first = notebook.capture("wrap.go, sample=1.0, out='one'")
    second = notebook.capture("wrap.go, sample=1.0, out='two'")
    assert first.files == second.files
    for name in first.told["files"]:
        assert (notebook.folder / "one" / name).read_bytes() == (notebook.folder / "two" / name).read_bytes(), name


def test_case_52_a_small_edit_gives_a_small_difference(notebook: Kernel) -> None:
    notebook.run(
        "A = 1\nB = [1, 2]  # a pair",
        "def one(x):\n    return x + A",
        "def two(x):\n    return one(x) * B[1]",
        "def predict(x):\n    return two(x)",
    )
    before = notebook.capture("predict, sample=1").predict.splitlines()
    notebook.run("def one(x):\n    return x + A + 100", "A = 2")
    after = notebook.capture("predict, sample=1").predict.splitlines()
    assert len(before) == len(after)
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert len(changed) <= 3, changed  # the line, its cell's number, and the constant
    repo = notebook.folder / "aibro_repo"
    (repo / "predict.py").write_text((repo / "predict.py").read_text() + "# mine\n")
    assert "edited by hand" in notebook.capture("predict, sample=1").refused
    assert (repo / "predict.py").read_text().endswith("# mine\n")


def test_case_52_a_swap_cut_short_is_put_right_by_the_next_capture(notebook: Kernel) -> None:
    notebook.run("def predict(x): return x + 1")
    notebook.capture("predict, sample=1")
    repo = notebook.folder / "aibro_repo"
    (repo / "README.md").write_text("mine")
    hidden = notebook.folder / ".aibro_repo.k1ll9" / "old"
    hidden.parent.mkdir()
    repo.rename(hidden)  # what a kill -9 between the two renames leaves
    notebook.run("def predict(x): return x + 2")
    made = notebook.capture("predict, sample=1")
    assert "x + 2" in held(made)
    assert (repo / "README.md").read_text() == "mine"
    assert [path.name for path in notebook.folder.iterdir()] == ["aibro_repo"]


def test_case_53_the_sample_of_the_last_call(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd\ndf = pd.DataFrame({'a': range(50), 'b': 'x'})",
        "def predict(rows, k=1): return (rows['a'] * k).tolist()\ndef two(a, b): return a + b",
        "for i in range(2):\n    out = predict(df[10:40], k=3)",
        "two(b=5, a=7);",
    )
    made = notebook.capture("predict")
    held(made)
    assert made.manifest["expected"] == [30, 33, 36, 39, 42]
    assert json.loads(made.files["data/data.json"])["rows"][0] == {"a": 10, "b": "x"}
    assert "taken from the last call of predict in In[" in made.warnings
    made = notebook.capture("two, out='two'")
    assert json.loads(made.told["body"]) == {"a": 7, "b": 5}


def test_case_54_parameters_that_are_globals(notebook: Kernel) -> None:
    notebook.run(
        "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression().fit([[1.0], [2.0]], [2.0, 4.0])\ndv = {'km': 10}",
        "def predict(df, dv, model): return float(model.predict([[df['km'] / dv['km']]])[0])",
        "def several(km, age, brand='x'): return [km, age, brand]\ndef nothing(): return float(model.coef_[0])\ndef missing(a, b, c): return a",
        "predict({'km': 30}, dv, model)",
    )
    held(notebook.capture("predict"))
    made = notebook.capture("several, sample={'km': 1, 'age': 2}, out='several'")
    held(made)
    assert made.manifest["input"]["whole"] is False
    assert notebook.capture("nothing, samples=[{}], out='nothing'").told
    made = notebook.capture("missing, sample={'a': 1}, out='missing'")
    assert "'b'" in made.refused
    assert "missing(a, b, c)" in made.refused + made.told["fix"]

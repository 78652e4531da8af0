"""Every refusal's advice is about its fault: it is followed here, and then the capture holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.capturing.kernel import Kernel


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Cells that are refused, what is said, and the cells that follow the advice."""

    cells: tuple[str, ...]
    said: str
    fix: str
    followed: tuple[str, ...]
    call: str = "predict, sample=1"
    again: str = ""
    """The call of the second capture, if that follows the advice too."""
    files: tuple[tuple[str, str], ...] = ()


TABLE = {
    "deleted": Refusal(
        cells=("W1 = [1, 2]", "def predict(x): return W1[0] + x", "del W1"),
        said="deleted it after In[",
        fix="run In[",
        followed=("W1 = [1, 2]",),
    ),
    "made and deleted": Refusal(
        cells=("for W2 in [1]: pass\ndel W2", "def predict(x): return W2 + x"),
        said="makes and deletes it",
        fix="take `del W2` out of In[",
        followed=("for W2 in [1]: pass",),
    ),
    "not come to": Refusal(
        cells=("if list():\n    W3 = 1", "def predict(x): return W3 + x"),
        said="did not come to that line",
        fix="to its end",
        followed=("if not list():\n    W3 = 1",),
    ),
    "inside a function": Refusal(
        cells=("def train():\n    W4 = 3\n    return None\ntrain()", "def predict(x): return W4 + x"),
        said="it is a variable inside train(), In[",
        fix="have train() return it, and keep it: W4 = train(...)",
        followed=("def train():\n    W4 = 3\n    return W4\nW4 = train()",),
    ),
    "misspelt": Refusal(
        cells=("weights = [1]", "def predict(x): return wieghts[0] + x"),
        said="there is 'weights'",
        fix="write weights, if that is meant",
        followed=("def predict(x): return weights[0] + x",),
    ),
    "never defined": Refusal(
        cells=("def predict(x): return QQ + x",),
        said="no such variable now, used in predict()",
        fix="run the cell that defines 'QQ'",
        followed=("QQ = 1",),
    ),
    "lock": Refusal(
        cells=("import threading\nlock = threading.Lock(); held = lock.acquire()", "def predict(x):\n    with lock: return x"),
        said="a lock cannot be saved",
        fix="create it inside the function",
        followed=("lock.release()", "def predict(x):\n    with threading.Lock(): return x"),
    ),
    "database": Refusal(
        cells=("import sqlite3\ndb = sqlite3.connect(':memory:')", "def predict(x): return db.execute('select 1').fetchone()"),
        said="an open database cannot be saved",
        fix="connect inside the function",
        followed=("def predict(x): return sqlite3.connect(':memory:').execute('select 1').fetchone()",),
    ),
    "generator": Refusal(
        cells=("rows = (n for n in range(3))", "def predict(x): return next(rows) + x"),
        said="a generator half-way through",
        fix="keep its values in a list",
        followed=("rows = list(n for n in range(3))", "def predict(x): return rows[0] + x"),
    ),
    "iterator": Refusal(
        cells=("rows = iter([1, 2])", "def predict(x): return next(rows) + x"),
        said="an iterator half-way through",
        fix="keep its values in a list",
        followed=("rows = [1, 2]", "def predict(x): return rows[0] + x"),
    ),
    "open file": Refusal(
        cells=("words = open('words.txt')", "def predict(x): return words.read()"),
        said="an open file cannot be saved",
        fix='open("words.txt") inside the function; then the file comes along',
        followed=("words.close()", "def predict(x): return open('words.txt').read()"),
        files=(("words.txt", "a b"),),
    ),
    "stale default": Refusal(
        cells=("k = [object()]\ndef predict(x, k=k): return len(k)", "k = 5"),
        said="its default k=k holds an earlier value of 'k'",
        fix="run its cell again, or write the value out",
        followed=("k = [1]\ndef predict(x, k=k): return len(k)",),
    ),
    "magic": Refusal(
        cells=("def predict(x):\n    !ls\n    return x",),
        said="it exists only inside a notebook",
        fix="take !commands, %magics and get_ipython() out of the function",
        followed=("def predict(x):\n    return x",),
    ),
    "secret": Refusal(
        cells=("API_KEY = 'hunter22'", "def predict(x): return len(API_KEY) + x"),
        said="API_KEY has a secret written out",
        fix="--secret API_KEY delivers it",
        followed=("import os\ndef predict(x): return len(os.environ['API_KEY']) + x",),
        again="predict, sample=1, secrets={'API_KEY': 'hunter22'}",
    ),
    "environment": Refusal(
        cells=("import os\nos.environ.update(RATE9='3')\ndef predict(x): return x * int(os.environ['RATE9'])",),
        said="KeyError: 'RATE9'",
        fix="--secret RATE9 delivers it",
        followed=("del os.environ['RATE9']",),
        again="predict, sample=1, secrets={'RATE9': '3'}",
    ),
    "order": Refusal(
        cells=(
            "import numpy as np\nW16 = np.arange(5000)\ndef weight(): return int(eval('W16').sum())",
            "def weighed(f):\n    f.k = weight()\n    return f\n@weighed\ndef predict(x): return predict.k + x",
        ),
        said="name 'W16' is not defined",
        fix="give it there as a default, def weight(…, W16=W16)",
        followed=("def weight(W16=W16): return int(W16.sum())", "@weighed\ndef predict(x): return predict.k + x"),
    ),
    "what JSON changes": Refusal(
        cells=("asked = {True: 1}\ndef predict(d): return list(d.values())",),
        said="'d' has the key True, and it becomes text in JSON",
        fix="let the function take JSON values",
        followed=("asked = {'yes': 1}",),
        call="predict, sample=asked",
    ),
    "an answer with two levels of columns": Refusal(
        cells=("import pandas as pd\ndef predict(v): return pd.DataFrame({'a': v, 'v': v}).groupby('a').agg({'v': ['sum']})",),
        said="its answer cannot be JSON: answer[0] has a key that is no text, number or date",
        fix="tables whose columns have one name each (.reset_index(), .to_dict())",
        followed=("def predict(v): return pd.DataFrame({'a': v, 'v': v}).groupby('a')['v'].sum().reset_index()",),
        call="predict, sample=[1, 1, 2]",
    ),
    "outside": Refusal(
        cells=("import os\nos.chdir('nb')\ndef predict(x): return open(os.path.join('..', x)).read()",),
        said="FileNotFoundError",
        fix="lies outside of the notebook's folder: move it there, and open it by its name from there",
        followed=("import shutil\nshutil.move('../up.txt', 'up.txt')\ndef predict(x): return open(x).read()",),
        call="predict, sample='up.txt'",
        files=(("up.txt", "a"), ("nb/x", "")),
    ),
    "data folder": Refusal(
        cells=("def predict(x): return open('data/words.txt').read()",),
        said="data/words.txt lies in data/, where a request's body goes",
        fix="move the file to another folder",
        followed=("import os\nos.rename('data', 'words')\ndef predict(x): return open('words/words.txt').read()",),
        files=(("data/words.txt", "a"),),
    ),
    "name of the repo's own": Refusal(
        cells=("def predict(x): return open('requirements.txt').read()",),
        said="requirements.txt is a name of the repo's own",
        fix="rename the file",
        followed=("import os\nos.rename('requirements.txt', 'wanted.txt')\ndef predict(x): return open('wanted.txt').read()",),
        files=(("requirements.txt", "a"),),
    ),
    "no file of that name": Refusal(
        cells=("def predict(x): return x",),
        said="--file nothing/*: what it names is not there",
        fix="name files below the notebook's folder",
        followed=(),
        call="predict, sample=1, files='nothing/*'",
        again="predict, sample=1, files='some/*'",
        files=(("some/a.txt", "a"),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(TABLE))
def test_advice_that_is_followed_works(notebook: Kernel, kind: str) -> None:
    refusal = TABLE[kind]
    for name, text in refusal.files:
        (notebook.folder / name).parent.mkdir(parents=True, exist_ok=True)
        Path(notebook.folder / name).write_text(text)
    notebook.run(*refusal.cells)
    made = notebook.capture(refusal.call)
    told = made.refused + made.told.get("details", "")
    assert made.refused, made.told
    assert refusal.said in told
    assert refusal.fix in made.told["fix"]
    assert made.told["fix"]
    notebook.run(*refusal.followed)
    made = notebook.capture(refusal.again or refusal.call)
    assert made.proved == 1, made.told

"""Refusals of values that cannot leave the kernel as they are."""

from __future__ import annotations

from tests.capturing.advice.refusal import Refusal

TABLE = {
    "lock": Refusal(
        at="gathering/collect.py _hold",
        cells=("import threading\nlock = threading.Lock(); held = lock.acquire()", "def predict(x):\n    with lock: return x"),
        said="a lock cannot be saved",
        fix="create it inside the function",
        followed=("lock.release()", "def predict(x):\n    with threading.Lock(): return x"),
    ),
    "database": Refusal(
        at="values/guards.py bound_to_process",
        cells=("import sqlite3\ndb = sqlite3.connect(':memory:')", "def predict(x): return db.execute('select 1').fetchone()"),
        said="an open database cannot be saved",
        fix="connect inside the function",
        followed=("def predict(x): return sqlite3.connect(':memory:').execute('select 1').fetchone()",),
    ),
    "generator": Refusal(
        at="values/guards.py bound_to_process",
        cells=("rows = (n for n in range(3))", "def predict(x): return next(rows) + x"),
        said="a generator half-way through",
        fix="keep its values in a list",
        followed=("rows = list(n for n in range(3))", "def predict(x): return rows[0] + x"),
    ),
    "iterator": Refusal(
        at="values/guards.py bound_to_process",
        cells=("rows = iter([1, 2])", "def predict(x): return next(rows) + x"),
        said="an iterator half-way through",
        fix="keep its values in a list",
        followed=("rows = [1, 2]", "def predict(x): return rows[0] + x"),
    ),
    "open file": Refusal(
        at="values/guards.py bound_to_process",
        cells=("words = open('words.txt')", "def predict(x): return words.read()"),
        said="an open file cannot be saved",
        fix='open("words.txt") inside the function; then the file comes along',
        followed=("words.close()", "def predict(x): return open('words.txt').read()"),
        files=(("words.txt", "a b"),),
    ),
    "thread": Refusal(
        at="values/guards.py bound_to_process", cells=("import threading\nbell = threading.Thread(target=print)", "def predict(x): return bell.is_alive() + x"),
        said="a thread's", fix="start it inside the function",
        followed=("def predict(x):\n    bell = threading.Thread(target=print)\n    bell.start()\n    bell.join()\n    return bell.is_alive() + x",),
    ),
    "socket": Refusal(
        at="values/guards.py bound_to_process", cells=("import socket\nline = socket.socket()", "def predict(x): return line.proto + x"),
        said="an open connection cannot be saved", fix="connect inside the function",
        followed=("line.close()", "def predict(x):\n    with socket.socket() as line: return line.proto + x"),
    ),
    "process": Refusal(
        at="values/guards.py bound_to_process", cells=("import subprocess\nrunning = subprocess.Popen(['true'])", "def predict(x): return running.wait() + x"),
        said="a running process cannot be saved", fix="start it inside the function",
        followed=("_ = running.wait()", "def predict(x): return subprocess.Popen(['true']).wait() + x"),
    ),
    "frame": Refusal(
        at="values/guards.py bound_to_process", cells=("import sys\nwhere = sys._getframe()", "def predict(x): return where.f_lineno + x"),
        said="a part of a running program cannot be saved", fix="keep only the values you need",
        followed=("line_number = where.f_lineno", "def predict(x): return line_number + x"),
    ),
    "module inside a value": Refusal(
        at="values/guards.py bound_to_process", cells=("import math\nholder = {'m': [math], 'n': object()}", "def predict(x): return holder['m'][0].floor(x)"),
        said="a module inside a value", fix="refer to the module by name", followed=("def predict(x): return math.floor(x)",),
    ),
    "file that is written": Refusal(
        at="values/guards.py bound_to_process", cells=("log9 = open('log9.txt', 'w')", "def predict(x): return log9.write(str(x))"),
        said="an open file cannot be saved", fix='open("log9.txt", "w") inside the function; what is written is lost when an instance ends',
        followed=("log9.close()", "def predict(x):\n    with open('log9.txt', 'w') as log9: return log9.write(str(x))"),
    ),
    "cookie": Refusal(
        at="values/guards.py bound_to_process",
        cells=("import requests\ns9 = requests.Session()\n_ = s9.cookies.set('sessionid', 'abc123')", "def predict(x): return len(s9.headers) + x"),
        said="its cookie sessionid is somebody's way in", fix="make the connection inside the function",
        followed=("def predict(x): return len(requests.Session().headers) + x",),
    ),
    "remote connection": Refusal(
        at="values/guards.py bound_to_process", cells=("import ssl\nsafe = ssl.create_default_context()", "def predict(x): return safe.verify_mode.value + x"),
        said="a remote connection cannot be saved", fix="build it inside the function",
        followed=("def predict(x): return ssl.create_default_context().verify_mode.value + x",),
    ),
    "inside a value": Refusal(
        at="values/contents.py scan", cells=("import threading\nclass Box: pass\nbox = Box(); box.lock = threading.Lock(); _ = box.lock.acquire()", "def predict(x): return box.lock.locked() + x"),
        said="a lock cannot be saved", fix="create it inside the function",
        followed=("def predict(x):\n    box.lock = threading.Lock()\n    return box.lock.locked() + x\nbox = Box()",),
    ),
    "what pickle refuses": Refusal(
        at="values/contents.py scan", cells=("import struct\nclass Shut:\n    def __reduce__(self): raise TypeError('it will not')\nshut = Shut()", "def predict(x): return bool(shut) + x"),
        said="it cannot be saved: it will not", fix="make it inside the function", followed=("def predict(x): return bool(Shut()) + x",),
    ),
    "of a class before a reload": Refusal(
        at="values/contents.py _moved",
        cells=(
            "import sys, importlib, pathlib; sys.path.insert(0, '.')\nimport kinds80\nk80 = kinds80.K(2)",
            "_ = pathlib.Path('kinds80.py').write_text('class K:\\n    def __init__(self, n): self.n, self.m = n, 1\\n    def go(self): return self.n\\n')\nimportlib.invalidate_caches()\n_ = importlib.reload(kinds80)\nsys.path.pop(0)",
            "def predict(x): return k80.n + x",
        ),
        said="was reloaded since, and its class K is another one by now", fix="run the cell that makes k80 again",
        followed=("k80 = kinds80.K(2)",), files=(("kinds80.py", "class K:\n    def __init__(self, n): self.n = n\n"),),
    ),
    "what fails while it is saved": Refusal(
        at="values/store.py save_values",
        cells=("calls = []\nclass Once:\n    def __reduce__(self):\n        calls.append(1)\n        if len(calls) > 1: raise TypeError('not twice')\n        return Once, ()\nonce = Once()", "def predict(x): return bool(once) + x"),
        said="it cannot be saved: not twice", fix="make it inside the function", followed=("def predict(x): return bool(Once()) + x",),
    ),
    "too large": Refusal(
        at="values/store.py _weigh", cells=("import numpy as np\nW9 = np.zeros(63_000_000)", "def predict(x): return float(W9[x])"),
        said="it takes 504 MB, more than 500 MB", fix="keep only what the function needs in a smaller variable",
        followed=("small9 = W9[:10].copy(); del W9", "def predict(x): return float(small9[x])"),
    ),
    "too large, and taken along": Refusal(
        at="values/store.py _weigh", cells=("import numpy as np\nW9 = np.zeros(63_000_000)", "def predict(x): return float(W9[x])"),
        said="it takes 504 MB, more than 500 MB", fix="or take it along with --allow-large (in Python allow_large=True)",
        followed=(), again="predict, sample=1, allow_large=True",
    ),
    "all together": Refusal(
        at="writing/build.py _weighed",
        cells=(
            "import numpy as np\nW9 = np.zeros(5000)\nwith open('big9.bin', 'wb') as _file: _ = _file.truncate(2_100_000_000)",
            "def predict(x):\n    with open('big9.bin', 'rb') as file: return float(W9[x]) + len(file.read(1))",
        ),
        said="more than 2 GB", fix="keep only what the function needs, or take it along with --allow-large",
        followed=("with open('big9.bin', 'wb') as _file: _ = _file.truncate(10)",),
    ),
    "a model that writes to its weights": Refusal(
        at="proving/prove.py _check_unwritten",
        cells=(
            "import numpy as np\nW9 = np.zeros(2_500_000)",
            "def predict(x):\n    with open('/'.join(['model', 'W9.npy']), 'r+b') as file: file.write(b'\\x93')\n    return float(W9[x])",
        ),
        said="it wrote to model/W9.npy, which all its processes share", fix="let it write to a file of its own",
        followed=("def predict(x):\n    with open('own.bin', 'wb') as file: file.write(b'\\x93')\n    return float(W9[x])",),
        files=(("model/W9.npy", "x"),),
    ),
}  # fmt: skip

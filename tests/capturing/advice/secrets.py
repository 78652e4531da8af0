"""Refusals of what would give a secret away."""

from __future__ import annotations

from tests.capturing.advice.refusal import Refusal

TOKEN = "ghp_" + "a1B2c3D4e5" * 4
READS = "import os\ndef predict(x): return len(os.environ['{}']) + x"


def _variable(name: str) -> dict[str, object]:
    """Return the advice of reading an environment variable, and what follows it."""
    return {
        "fix": f'read os.environ["{name}"] inside the function; --secret {name} delivers it',
        "followed": (READS.format(name),),
        "again": f"predict, sample=1, secrets={{'{name}': 'hunter22hunter'}}",
    }


def _refusal(at: str, cells: tuple[str, ...], said: str, name: str, **more: object) -> Refusal:
    return Refusal(at=at, cells=cells, said=said, **{**_variable(name), **more})  # type: ignore[arg-type]


TABLE = {
    "the value of a delivered secret": _refusal(
        "values/guards.py why", ("pin = 'abcd1234'", "def predict(x): return len(pin) + x"),
        "it holds the value of the environment variable pin", "pin",
        call="predict, sample=1, secrets={'pin': 'abcd1234'}",
    ),
    "the value of a variable": _refusal(
        "values/guards.py why",
        ("import os\nos.environ['SVC_TOKEN'] = 'plain words here'\ntext = 'plain words here'", "def predict(x): return len(text) + x"),
        "it holds the value of the environment variable SVC_TOKEN", "SVC_TOKEN",
    ),
    "a token": _refusal(
        "values/guards.py why", (f"mine = '{TOKEN}'", "def predict(x): return len(mine) + x"),
        "it looks like an access token", "MINE",
    ),
    "a random text": _refusal(
        "values/guards.py why",
        ("auth = {'api_keys': ['Zk3-9fjQ-20vNn4P-pR7s-11xT']}\nkey = ['secret', 'Zk3-9fjQ-20vNn4P-pR7s-11xT']", "def predict(x): return len(key[1]) + x"),
        "its name and its randomness are those of a secret", "SECRET",
    ),
    "a variable": _refusal(
        "values/guards.py under", ("API_KEY = 'hunter22'", "def predict(x): return len(API_KEY) + x"),
        "API_KEY has a secret written out", "API_KEY",
    ),
    "a list": _refusal(
        "values/guards.py under", ("API_KEYS = ['hunter2', 'hunter22']", "def predict(x): return len(API_KEYS) + x"),
        "API_KEYS has secrets written out", "API_KEYS",
    ),
    "a header": _refusal(
        "values/guards.py under", ("HEAD = [('X-Api-Key', 'abc123')]", "def predict(x): return len(HEAD) + x"),
        'its "X-Api-Key" has a secret written out', "X_API_KEY",
    ),
    "a key": _refusal(
        "values/guards.py under", ("cfg = {'db': {'pwd': b'hunter2'}}", "def predict(x): return len(cfg) + x"),
        'under "pwd" it has a secret written out', "PWD",
    ),
    "a variable's value in code": _refusal(
        "values/guards.py inside",
        ("import os\nos.environ['SVC_TOKEN'] = 'plain words here'", "def predict(x): return len('plain words here') + x"),
        "in its source, it holds the value of the environment variable SVC_TOKEN", "SVC_TOKEN",
    ),
    "a token in code": _refusal(
        "values/guards.py inside", (f"def predict(x): return len('{TOKEN}') + x",),
        "in its source, it holds something that looks like an access token", "TOKEN",
    ),
    "an assignment in code": _refusal(
        "values/guards.py in_code", ("def predict(x):\n    password = 'hunter2'\n    return len(password) + x",),
        "in its source, line 2 has a secret written out (password)", "PASSWORD",
    ),
    "a definition": _refusal(
        "gathering/collect.py _define", ("def predict(x, password='hunter2'): return len(password) + x",),
        "in its source, line 1 has a secret written out (password)", "PASSWORD",
    ),
    "a setting of a file": _refusal(
        "values/guards.py in_file", ("def predict(x): return len(open('conf.yaml').read()) + x",),
        'in conf.yaml, which it reads, under "password" it has a secret written out', "PASSWORD",
        files=(("conf.yaml", "user: bob\npassword: hunter2\n"),),
    ),
    "a file that is read": _refusal(
        "writing/beside.py _copy", ("def predict(x): return len(open('notes.txt').read()) + x",),
        "in notes.txt, which it reads, it holds something that looks like an access token", "TOKEN",
        files=(("notes.txt", TOKEN),),
    ),
    "a local module": _refusal(
        "writing/beside.py bring_along",
        ("import sys; sys.path.insert(0, '.')\nimport mine78\nsys.path.pop(0)", "def predict(x): return len(mine78.PASSWORD) + x"),
        "in mine78.py, line 1 has a secret written out (PASSWORD)", "PASSWORD",
        files=(("mine78.py", "PASSWORD = 'hunter2'\n"),),
    ),
    "a change of a library": _refusal(
        "gathering/patches.py changes_of",
        ("import string\nstring.password = 'hunter2'", "def predict(x): return len(string.password) + x"),
        "line 1 has a secret written out (password)", "PASSWORD",
        followed=("del string.password", READS.format("PASSWORD")),
    ),
    "a change of a local module": _refusal(
        "gathering/drifted.py _mend",
        (
            "import sys; sys.path.insert(0, '.')\nimport mine79\nsys.path.pop(0)",
            f"mine79.LINE = '{TOKEN}'\ndef predict(x): return len(mine79.LINE) + x",
        ),
        "it holds something that looks like an access token", "TOKEN", files=(("mine79.py", "LINE = ''\n"),),
        followed=("mine79.LINE = ''", READS.format("TOKEN")),
    ),
    "a delivered secret in any file": _refusal(
        "values/leaks.py leaks", ("def predict(x): return len(open('words.txt').read()) + x",),
        "it would hold the value of PIN", "PIN", files=(("words.txt", "one abcd1234 two"),),
        call="predict, sample=1, secrets={'PIN': 'abcd1234'}",
    ),
    "a file asked for": Refusal(
        at="values/leaks.py _refuse_private", cells=("def predict(x): return x",),
        said="files of that name hold credentials", call="predict, sample=1, files='some/.env'",
        fix="read what it needs from os.environ; --secret NAME delivers each value",
        followed=(READS.format("TOKEN"),), again="predict, sample=1, secrets={'TOKEN': 'hunter22hunter'}",
        files=(("some/.env", "A=1"),),
    ),
    "a variable that the notebook misses": Refusal(
        at="proving/verify.py _expected",
        cells=("import os\ndef predict(x): return x * int(os.environ['RATE10'])",),
        said="KeyError: 'RATE10'", fix="--secret RATE10 delivers it", followed=(),
        again="predict, sample=1, secrets={'RATE10': '3'}",
    ),
    "a variable that the clean process misses": Refusal(
        at="proving/verify.py _fix",
        cells=("import os\nos.environ.update(RATE9='3')\ndef predict(x): return x * int(os.environ['RATE9'])",),
        said="KeyError: 'RATE9'", fix="--secret RATE9 delivers it", followed=("del os.environ['RATE9']",),
        again="predict, sample=1, secrets={'RATE9': '3'}",
    ),
    "an attribute that a cell gave a class": _refusal(
        "values/leaks.py leaks",
        ("class Client88:\n    password = None", "Client88.password = 'hunter2'\ndef predict(x): return len(Client88.password) + x"),
        "has a secret written out (password)", "PASSWORD",
    ),
}  # fmt: skip

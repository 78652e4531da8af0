"""A secret that is written out anywhere is refused, by the name it stands under; words that only look alike pass."""

from __future__ import annotations

import json

import pytest

from tests.capturing.kernel import Kernel

LEAKED = ("s3cretpw", "hunter2", "abc123")


@pytest.mark.parametrize(
    ("cells", "culprit", "variable"),
    [
        (['DB_PASSWORD = "s3cretpw!"', "def predict(x):\n    return len(DB_PASSWORD) + x"], "DB_PASSWORD", "DB_PASSWORD"),
        (["def predict(x):\n    password = 'hunter2'\n    return len(password) + x"], "predict", "PASSWORD"),
        (["def predict(x, password='hunter2'):\n    return len(password) + x"], "predict", "PASSWORD"),
        (["def login(**kw): return len(kw)\ndef predict(x):\n    return login(api_key='hunter2') + x"], "predict", "API_KEY"),
        (["cfg = dict(user='bob', password='hunter2')", "def predict(x):\n    return len(cfg) + x"], "cfg", "PASSWORD"),
        (["cfg = {'db': {'pwd': b'hunter2'}}", "def predict(x):\n    return len(cfg) + x"], "cfg", "PWD"),
        (["class Client:\n    token = 'abc123'\n    def go(self, x): return x", "def predict(x):\n    return Client().go(x)"], "Client", "TOKEN"),
        (["class Client:\n    def __init__(self): self.secret_key = 'a'.join(['hunter2', ''])\nclient = Client()", "def predict(x):\n    return len(client.secret_key) + x"], "client", "SECRET_KEY"),
        (["DSN = 'postgresql://bob:hunter2@db.example/prices'", "def predict(x):\n    return len(DSN) + x"], "DSN", "DSN"),
        (["DSN = 'host=db;user=bob;password=hunter2'", "def predict(x):\n    return len(DSN) + x"], "DSN", "DSN"),
        (["def predict(x):\n    headers = {'Authorization': 'Bearer abc123'}\n    return len(headers) + x"], "predict", "AUTHORIZATION"),
        (["import os\ndef predict(x):\n    return len(os.environ.get('DB_PASSWORD', 'hunter2')) + x"], "predict", "DB_PASSWORD"),
        (["API_KEYS = ['hunter2', 'hunter22']", "def predict(x):\n    return len(API_KEYS) + x"], "API_KEYS", "API_KEYS"),
        (["def predict(x):\n    # password = 'hunter2'\n    return x"], "predict", "PASSWORD"),
        (["import requests\ns = requests.Session()\ns.headers['X-Api-Key'] = 'abc123'", "def predict(x):\n    return len(s.headers) + x"], "s", "X_API_KEY"),
        (["import requests\ns = requests.Session()\ns.auth = ('bob', 'hunter2')", "def predict(x):\n    return len(s.headers) + x"], "s", "AUTH"),
        (["import functools\ndef ask(token, x): return x\npredict = functools.partial(ask, token='abc123')", "1"], "predict", "TOKEN"),
    ],
)  # fmt: skip
def test_a_secret_that_is_written_out_is_refused_by_name(
    notebook: Kernel, cells: list[str], culprit: str, variable: str
) -> None:
    notebook.run(*cells)
    made = notebook.capture("predict, sample=1")
    assert f"'{culprit}'" in made.refused, made.told
    assert f"--secret {variable} " in made.told["fix"]
    assert not any(one in json.dumps(made.told) for one in LEAKED)
    assert not list(notebook.folder.glob("*aibro_repo*"))


def test_an_address_with_a_password_is_called_that(notebook: Kernel) -> None:
    notebook.run("DSN = 'postgresql://bob:hunter2@db.example/prices'", "def predict(x):\n    return len(DSN) + x")
    assert "it is an address with a password in it" in notebook.capture("predict, sample=1").refused
    notebook.run("def predict(x):\n    return len('postgresql://bob:hunter2@db.example/prices') + x")
    made = notebook.capture("predict, sample=1")
    assert "in its source, it holds an address with a password in it" in made.refused
    assert "--secret ADDRESS delivers it" in made.told["fix"]
    assert "access token" not in made.refused
    notebook.run("import os\nos.environ['ADDRESS'] = 'postgresql://bob:hunter2@db.example/prices'")
    notebook.run("def predict(x):\n    return len(os.environ['ADDRESS']) + x")
    made = notebook.capture("predict, sample=1, secrets={'ADDRESS': os.environ.pop('ADDRESS')}")
    assert made.proved == 1, made.told


def test_a_session_with_a_cookie_is_refused(notebook: Kernel) -> None:
    notebook.run("import requests\ns = requests.Session()\ns.cookies.set('sessionid', 'abc123')")
    notebook.run("def predict(x):\n    return len(s.headers) + x")
    made = notebook.capture("predict, sample=1")
    assert "'s' (In[" in made.refused, made.told
    assert "cookie sessionid" in made.refused


def test_files_beside_the_notebook_are_looked_at_too(notebook: Kernel) -> None:
    (notebook.folder / "conf.yaml").write_text("user: bob\npassword: hunter2\n")
    (notebook.folder / "mine77.py").write_text("PASSWORD = 'hunter2'\n")
    notebook.run("import sys; sys.path.insert(0, '.')\nimport mine77")
    notebook.run(
        "def predict(x):\n    return len(open('conf.yaml').read()) + x\ndef other(x): return len(mine77.PASSWORD)"
    )
    made = notebook.capture("predict, sample=1")
    assert "conf.yaml" in made.refused, made.told
    assert "password" in made.refused
    made = notebook.capture("other, sample=1")
    notebook.run("sys.path.pop(0)")
    assert "mine77" in made.refused, made.told


def test_the_advice_works(notebook: Kernel) -> None:
    notebook.run('DB_PASSWORD = "s3cretpw!"', "def predict(x):\n    return len(DB_PASSWORD) + x")
    assert "--secret DB_PASSWORD delivers it" in notebook.capture("predict, sample=1").told["fix"]
    notebook.run('import os\ndef predict(x):\n    return len(os.environ["DB_PASSWORD"]) + x')
    made = notebook.capture("predict, sample=1, secrets={'DB_PASSWORD': 's3cretpw!'}")
    assert made.proved == 1, made.told
    assert "s3cretpw" not in "".join(made.files.values())


def test_what_only_looks_like_one_passes(notebook: Kernel) -> None:
    notebook.run(
        """
        import os
        os.environ["MY_HOME"] = "x"
        token_count, sep_token, unk_token, pad_token = "whitespace", "[SEP]", "unknown", "<pad>"
        START_TOKEN, eos_token = "startseq", "<|endoftext|>"
        columns = ["user", "password", "created_at"]
        renamed = {"password": "password", "api_key": "API_KEY"}
        password_column, secret_name, token_url = "pw_hash", "DB_PASSWORD", "https://auth.example/token"
        API_KEY = "<your key>"
        plan = {"bert.embed_tokens": "embedding_rowwise", "stop_tokens": "never-more"}
        words = {word: word[::-1] for word in "password token secret one two three four five".split()}
        words |= {f"w{n}": f"word{n}" for n in range(60)}
        def tokenizer(text): return text.split()
        """,
        """
        def predict(text, sep_token="[SEP]"):
            token = tokenizer("hello world")
            password = os.environ["MY_HOME"]
            url = f"postgresql://me:{password}@db/prices?api_key={password}"
            headers = {"Authorization": f"Bearer {password}"}
            for token in text.split():
                if token == "negative":
                    return 0
            return [token_count, unk_token, pad_token, START_TOKEN, eos_token, columns, renamed, password_column,
                    secret_name, token_url, API_KEY, plan, len(words), len(url), len(headers)]
        """,
    )
    made = notebook.capture("predict, sample='a b'")
    assert made.proved == 1, made.told

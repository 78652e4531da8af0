"""A slot is a real process here, run by this Python, which has numpy and pandas."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from aibro_jupyter.errors import SlotFailed
from aibro_jupyter.repo.slothost import Result
from aibro_jupyter.repo.slotprocess import SlotProcess
from aibro_jupyter.repo.slotstart import Start, slot_environment
from tests.eventually import eventually
from tests.repo.models import model

PYTHON = Path(sys.executable)
LIMIT_S = 120


def start(repo: Path, limit_s: float = LIMIT_S) -> SlotProcess:
    return SlotProcess(Start(python=PYTHON, folder=repo), limit_s=limit_s)


def ask(repo: Path, body: bytes = b"{}", content_type: str | None = None) -> Result:
    with start(repo) as slot:
        return slot.predict(body, content_type, LIMIT_S)


def answer(result: Result) -> Any:
    assert result.ok, result.error
    assert result.content_type == "application/json"
    return json.loads(result.body)


def test_run_model_reads_data_and_data_is_private_to_a_request(tmp_path: Path) -> None:
    repo = model(
        tmp_path / "r",
        """
        import json, os
        def run(model):
            with open("./data/in.json") as file:
                return {"got": json.load(file), "files": sorted(os.listdir("data")), "answer": model["answer"]}
        """,
        data={"in.json": b'{"mine": 1}'},
    )
    with start(repo) as slot:
        assert slot.load_s >= 0
        assert slot.memory_mib > 0
        first = answer(slot.predict(b'{"first": 1}', "application/x-www-form-urlencoded", LIMIT_S))
        own = answer(slot.predict_own_data(LIMIT_S))
        second = answer(slot.predict(b"[2]", None, LIMIT_S))
    assert first == {"got": {"first": 1}, "files": ["in.json"], "answer": 42}
    assert own["got"] == {"mine": 1}
    assert second["got"] == [2]
    assert (repo / "data" / "in.json").read_bytes() == b'{"mine": 1}'


def test_nothing_of_one_request_is_there_in_the_next(tmp_path: Path) -> None:
    repo = model(
        tmp_path / "r",
        """
        import os
        def run(model):
            seen = sorted(os.listdir("data"))
            open("data/left-behind", "w").write("x")
            os.chdir("/")
            return seen
        """,
    )
    with start(repo) as slot:
        assert [answer(slot.predict(b"hello", None, LIMIT_S)) for _ in range(3)] == [["data.txt"]] * 3


def test_run_model_data_gets_the_decoded_body_and_touches_no_disk(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", "import os\ndef run(model, data): return [data, os.path.exists('data')]")
    with start(repo) as slot:
        assert answer(slot.predict(b'{"a": 1}', None, LIMIT_S)) == [{"a": 1}, False]
        assert answer(slot.predict(b"plain words", None, LIMIT_S)) == ["plain words", False]
        assert answer(slot.predict_own_data(LIMIT_S)) == [None, False]


def test_a_captured_repo_decodes_by_its_manifest(tmp_path: Path) -> None:
    columns = [{"name": "b", "dtype": "int64"}, {"name": "a", "dtype": "float64"}]
    manifest = {
        "format": 1,
        "input": {"whole": True, "parameters": [{"name": "X", "kind": "dataframe", "columns": columns}]},
    }
    repo = model(
        tmp_path / "r",
        "def run(model, data): return {'columns': list(data.columns), 'kinds': [str(k) for k in data.dtypes], 'sum': data.sum()}",
        data={"data.json": b'[{"a": 1.5, "b": 2}]'},
        aibro__json=json.dumps(manifest),
    )
    with start(repo) as slot:
        shown = {"columns": ["b", "a"], "kinds": ["int64", "float64"], "sum": [2.0, 1.5]}
        assert answer(slot.predict_own_data(LIMIT_S)) == shown
        assert answer(slot.predict(b"a,b\n1.5,2\n", "text/csv", LIMIT_S)) == shown
        bad = slot.predict(b'[{"a": 1.5, "c": 2}]', None, LIMIT_S)
    assert (bad.kind, bad.error["sample"], bad.error["status"]) == ("bad-input", '[{"a": 1.5, "b": 2}]', 422)
    assert "'b' is missing" in bad.told


def test_async_functions_are_awaited_on_one_loop(tmp_path: Path) -> None:
    repo = model(
        tmp_path / "r",
        """
        import asyncio
        async def load_model(): return asyncio.get_running_loop()
        async def run(model, data):
            await asyncio.sleep(0)
            return model is asyncio.get_running_loop()
        """,
    )
    assert answer(ask(repo)) is True


def test_the_users_modules_win_and_ours_are_not_there(tmp_path: Path) -> None:
    repo = model(
        tmp_path / "r",
        """
        import sys, os
        import modelio, payload, values, wire
        def run(model, data):
            return {"modelio": modelio.NAME, "payload": payload.NAME, "values": values.NAME, "wire": wire.NAME, "first": sys.path[0] == os.getcwd(),
                    "ours": [name for name in sys.modules if name.startswith("aibro_jupyter")], "argv": sys.argv[0] == __file__}
        """,
        payload__py="NAME = 'theirs'",
        values__py="NAME = 'theirs'",
        modelio__py="NAME = 'theirs'",
        wire__py="NAME = 'theirs too'",
    )
    assert answer(ask(repo)) == {
        "modelio": "theirs",
        "payload": "theirs",
        "values": "theirs",
        "wire": "theirs too",
        "first": True,
        "ours": [],
        "argv": True,
    }


FAILS = {
    "a syntax error": ("def load_model(:\n", "import", r"importing predict.py raised SyntaxError", "predict.py\", line 1"),
    "an import that is missing": ("import nosuch\ndef load_model(): ...", "import", "No module named 'nosuch'", 'File "predict.py", line 1'),
    "no run": ("def load_model(): ...", "import", "predict.py has no function run", ""),
    "run that is not callable": ("run = 5", "import", "predict.py has no function run", ""),
    "run of three": ("def run(a, b, c): ...", "import", r"run\(a, b, c\) is called as", ""),
    "load_model raises": ("def load_model(): return open('model/x')\ndef run(m): ...", "load", "load_model.. raised FileNotFoundError", "line 1, in load_model"),
    "load_model exits": ("def load_model(): raise SystemExit(3)\ndef run(m): ...", "load", "raised SystemExit: 3", "line 1"),
    "the process exits": ("import os\ndef load_model(): os._exit(7)\ndef run(m): ...", "load", "ended with exit code 7", ""),
    "the process is killed": ("import os\ndef load_model(): os.kill(os.getpid(), 9)\ndef run(m): ...", "load", "ended by SIGKILL", ""),
    "the process says why": ("import os\ndef load_model(): print('so long'); os._exit(1)\ndef run(m): ...", "load", "exit code 1", "so long"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "stage", "message", "details"), FAILS.values(), ids=FAILS.keys())
def test_a_model_that_does_not_come_up(tmp_path: Path, source: str, stage: str, message: str, details: str) -> None:
    with pytest.raises(SlotFailed, match=message) as caught:
        start(model(tmp_path / "r", source))
    assert caught.value.stage == stage
    assert details in caught.value.details
    assert str(tmp_path) not in caught.value.details
    assert "aibro" not in caught.value.details


def test_an_exception_of_the_model_starts_at_its_own_file_and_the_slot_goes_on(tmp_path: Path) -> None:
    repo = model(
        tmp_path / "r",
        """
        import helper
        def load_model(): ...
        def run(model, data):
            return helper.halve(data)
        """,
        helper__py="def halve(x):\n    return x / 2\n",
    )
    with start(repo) as slot:
        bad = slot.predict(b'"text"', None, LIMIT_S)
        assert answer(slot.predict(b"4", None, LIMIT_S)) == 2
    assert (bad.ok, bad.kind, bad.error["type"], bad.body) == (False, "model-error", "TypeError", b"")
    lines = bad.error["traceback"].splitlines()
    assert lines[1] == '  File "predict.py", line 5, in run'
    assert '  File "helper.py", line 2, in halve' in lines
    assert bad.told == "TypeError: unsupported operand type(s) for /: 'str' and 'int'"


ODD = {
    "it exits": ("raise SystemExit(2)", "model-error", "SystemExit: 2"),
    "its error cannot be shown": (
        "class E(Exception):\n        def __str__(self): raise self\n    raise E()",
        "model-error",
        "E: ",
    ),
    "it returns what JSON cannot hold": (
        "return {'model': [object()]}",
        "bad-result",
        'answer["model"][0] is an object',
    ),
    "it never stops calling itself": ("return run(model)", "model-error", "RecursionError"),
    "it runs out of memory": ("return bytearray(10**15)", "model-error", "MemoryError"),
}


@pytest.mark.parametrize(("source", "kind", "told"), ODD.values(), ids=ODD.keys())
def test_odd_ends_of_run_are_told_and_the_slot_goes_on(tmp_path: Path, source: str, kind: str, told: str) -> None:
    with start(model(tmp_path / "r", f"def run(model):\n    {source}\n")) as slot:
        for _ in range(2):
            result = slot.predict(b"{}", None, LIMIT_S)
            assert (result.ok, result.kind) == (False, kind)
            assert told in result.told


HOSTILE = {
    "prints to every stream there is": "import os, sys; [os.write(fd, b'\\xff' * 100) for fd in (1, 2)]; print('x' * 10)",
    "closes its streams": "import os, sys; sys.stdout.close(); sys.stderr.close(); os.closerange(0, 3)",
    "takes the usual descriptors": "import os; [os.dup2(os.open('/dev/null', os.O_RDWR), fd) for fd in (3, 4, 5, 6, 7)]",
    "reads its input": "import sys; assert sys.stdin.read() == ''",
    "writes a great deal": "import sys; [sys.stdout.write('x' * 2**20) for _ in range(30)]",
    "prints from threads": "import threading; t = [threading.Thread(target=print, args=('x' * 9999,)) for _ in range(9)]; [x.start() for x in t]",
    "forks": "import os; pid = os.fork(); (os._exit(0) if pid == 0 else os.waitpid(pid, 0))",
    "replaces its data": "import shutil, os; shutil.rmtree('data'); os.symlink('/etc', 'data')",
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_model_that_misbehaves_still_answers(tmp_path: Path, source: str) -> None:
    with start(model(tmp_path / "r", f"def run(model):\n    {source}\n    return 'fine'\n")) as slot:
        assert [answer(slot.predict(b"{}", None, LIMIT_S)) for _ in range(2)] == ["fine", "fine"]
    assert Path("/etc/passwd").exists()


def test_a_process_that_dies_at_work_is_told_with_its_last_words(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", "import os\ndef run(model):\n    print('so long', flush=True)\n    os._exit(3)")
    with start(repo) as slot, pytest.raises(SlotFailed, match="exit code 3 in run") as caught:
        slot.predict(b"{}", None, LIMIT_S)
    assert caught.value.details == "so long"


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


CHILDREN = """
import os, subprocess, time
def run(model, data):
    child = subprocess.Popen(["sleep", "600"])
    open("pids", "w").write(f"{os.getpid()} {child.pid}")
    os.rename("pids", "pids.done")
    while True:
        pass
"""


def pids_of(repo: Path) -> list[int]:
    return [int(pid) for pid in (repo / "pids.done").read_text().split()]


def test_a_request_that_never_ends_ends_at_its_limit_with_all_it_started(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", CHILDREN)
    with start(repo) as slot, pytest.raises(SlotFailed, match="did not answer within") as caught:
        slot.predict(b"{}", None, 3)
    assert caught.value.stage == "time-limit"
    eventually(lambda: not alive(pids_of(repo)))


def interrupted_when(path: Path) -> None:
    eventually(path.exists)
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_ends_a_request_with_all_it_started(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", CHILDREN)
    with start(repo) as slot:
        threading.Thread(target=interrupted_when, args=(repo / "pids.done",)).start()
        with pytest.raises(KeyboardInterrupt):
            slot.predict(b"{}", None, LIMIT_S)
    assert not alive(pids_of(repo))


def test_an_interrupt_ends_a_load(tmp_path: Path) -> None:
    repo = model(
        tmp_path / "r",
        "import os\ndef load_model():\n    open('pids', 'w').write(str(os.getpid()))\n    os.rename('pids', 'pids.done')\n    while True: pass\ndef run(m): ...",
    )
    threading.Thread(target=interrupted_when, args=(repo / "pids.done",)).start()
    with pytest.raises(KeyboardInterrupt):
        start(repo)
    assert not alive(pids_of(repo))


def test_a_thread_whose_own_loop_runs_can_ask_as_a_cell_does(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", "def run(model, data): return data")

    async def cell() -> bytes:
        return ask(repo, b"1").body

    assert asyncio.run(cell()) == b"1"


def test_a_model_that_never_loads_ends_at_its_limit(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", "def load_model():\n    while True: pass\ndef run(m): ...")
    with pytest.raises(SlotFailed, match="did not load within 2 s"):
        start(repo, limit_s=2)


def test_the_death_of_the_host_ends_a_slot_in_the_middle_of_a_request(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", CHILDREN)
    pid = os.fork()
    if pid == 0:
        # The host: it waits for an answer that never comes, and is killed meanwhile.
        try:
            start(repo).predict(b"{}", None, 600)
        finally:
            os._exit(0)
    try:
        eventually((repo / "pids.done").exists)
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    eventually(lambda: not alive(pids_of(repo)))


def test_a_slot_that_died_at_work_gives_the_repo_its_data_back(tmp_path: Path) -> None:
    repo = model(
        tmp_path / "r",
        """
        import os
        def run(model):
            words = open("data/in.txt").read()
            return words if words != "die" else os._exit(1)
        """,
        data={"in.txt": b"mine"},
    )
    with start(repo) as slot, pytest.raises(SlotFailed):
        slot.predict(b"die", None, LIMIT_S)
    with start(repo) as slot:
        assert answer(slot.predict_own_data(LIMIT_S)) == "mine"


def test_large_bodies_go_both_ways(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", "def run(model, data): return data")
    body = json.dumps("x" * 20_000_000).encode()
    assert ask(repo, body).body == body


def test_the_environment_has_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AWS_SECRET_ACCESS_KEY",
        "AIBRO_TOKEN",
        "GITHUB_TOKEN",
        "PYTHONDONTWRITEBYTECODE",
        "HOME",
        "PYTHONPATH",
    ):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    seen = answer(ask(model(tmp_path / "r", "import os\ndef run(model, data): return dict(os.environ)")))
    assert "secret" not in seen.values()
    assert (seen["OMP_NUM_THREADS"], seen["LC_ALL"]) == ("1", "C.UTF-8")
    assert slot_environment({"PATH": "p", "TOKEN": "t"}) == {"PATH": "p"}


def test_closing_twice_is_once(tmp_path: Path) -> None:
    slot = start(model(tmp_path / "r", "def run(model): return 1"))
    slot.close()
    slot.close()


def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SlotFailed, match="does not start"):
        SlotProcess(Start(python=tmp_path / "python", folder=model(tmp_path / "r", "def run(model): return 1")))

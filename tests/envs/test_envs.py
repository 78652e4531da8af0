"""Real environments, built by uv."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aibro_jupyter.envs import ensure, environment_key, interpreter, resolve
from aibro_jupyter.envs.uv import uv_environment
from aibro_jupyter.errors import BadRequirements, NoInterpreter
from aibro_jupyter.protocol import Progress
from tests.eventually import eventually

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
SMALL = "threadpoolctl==3.5.0\n"


def said(program: Path, source: str) -> str:
    return subprocess.run(
        [program, "-I", "-c", source], capture_output=True, text=True, check=True, timeout=120
    ).stdout.strip()


def test_an_interpreter_is_an_absolute_path_of_that_version() -> None:
    found = interpreter(OURS)
    assert found.is_absolute()
    assert said(found, "import sys; print('%d.%d' % sys.version_info[:2])") == OURS


@pytest.mark.parametrize("minor", ["3.99", "3", "ruby", "3.11; rm"])
def test_a_python_that_is_not_there_is_refused_with_a_way_out(minor: str) -> None:
    with pytest.raises(NoInterpreter) as caught:
        interpreter(minor)
    assert caught.value.fix


def test_a_name_on_path_is_believed_only_if_it_is_that_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, body in (("python3.98", "echo 3.11; echo /bin/sh"), ("python3.97", f"echo 3.97; echo {sys.executable}")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(NoInterpreter):
        interpreter("3.98")
    assert interpreter("3.97") == Path(sys.executable)


def test_a_lock_names_every_package_and_is_kept(tmp_path: Path) -> None:
    lock = resolve("joblib\n# comment\n", OURS, tmp_path)
    assert "joblib==" in lock
    (kept,) = (tmp_path / "locks").glob("*.txt")
    kept.write_text("kept==1\n")
    assert resolve("joblib\n# comment\n", OURS, tmp_path) == "kept==1\n"
    os.utime(kept, (1, 1))
    assert resolve("joblib\n# comment\n", OURS, tmp_path) == lock


def test_out_of_reach_of_a_registry_the_kept_lock_is_good_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve("joblib", OURS, tmp_path)
    (kept,) = (tmp_path / "locks").glob("*.txt")
    kept.write_text("kept==1\n")
    os.utime(kept, (1, 1))
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    # Nor a folder of packages, or another index, that this machine's pip knows.
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    assert resolve("joblib", OURS, tmp_path) == "kept==1\n"
    with pytest.raises(BadRequirements, match="out of reach"):
        resolve("threadpoolctl", OURS, tmp_path)


def test_nothing_asked_for_is_an_empty_lock(tmp_path: Path) -> None:
    assert resolve("# nothing\n", OURS, tmp_path) == ""


@pytest.mark.parametrize("text", ["aibro-no-such-package==1.0", "joblib==99999", "joblib==1.4.0\njoblib==1.4.2"])
def test_what_cannot_be_resolved_says_why(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadRequirements, match="cannot be met") as caught:
        resolve(text, OURS, tmp_path)
    assert text.split("==")[0] in caught.value.details
    assert str(tmp_path) not in caught.value.details


def test_a_package_that_cannot_be_built_says_so_without_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(BadRequirements, match="cannot be built here") as caught:
        resolve("sklearn==0.0.post12", OURS, tmp_path)
    lines = caught.value.details.splitlines()
    assert "Failed to build `sklearn==0.0.post12`" in lines[0]
    assert len(lines) <= 17
    assert not any(line.startswith("Traceback") or "site-packages" in line for line in lines)


def test_an_empty_lock_still_isolates(shared_envs: Path) -> None:
    program = ensure("", OURS, shared_envs)
    assert (
        said(program, "import importlib.util as u; print([u.find_spec(n) for n in ('numpy', 'pip', 'aibro_jupyter')])")
        == "[None, None, None]"
    )
    assert Path(said(program, "import sys; print(sys.prefix)")) == shared_envs / environment_key("", OURS)


def test_a_lock_becomes_an_environment_once(shared_envs: Path) -> None:
    told: list[Progress] = []
    program = ensure(SMALL, OURS, shared_envs, told.append)
    assert said(program, "import threadpoolctl; print(threadpoolctl.__version__)") == "3.5.0"
    assert (told[-1].done, told[-1].total, told[-1].unit) == (1, 1, "packages")
    assert json.loads((program.parent.parent / ".complete").read_text())["python"] == OURS
    told.clear()
    assert ensure(SMALL, OURS, shared_envs, told.append) == program
    assert told == []


def test_no_file_is_shared_with_the_installers_cache(shared_envs: Path) -> None:
    site = ensure(SMALL, OURS, shared_envs).parent.parent / "lib" / f"python{OURS}" / "site-packages"
    assert (site / "threadpoolctl.py").stat().st_nlink == 1


def test_two_builders_meet_and_one_builds(tmp_path: Path) -> None:
    told: list[list[Progress]] = [[], []]
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda mine=mine: found.append(ensure(SMALL, OURS, tmp_path, mine.append)))
        for mine in told
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(found) == 2
    assert found[0] == found[1]
    assert sum(any(one.text.startswith("making") for one in mine) for mine in told) == 1


def test_what_cannot_be_installed_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadRequirements, match="cannot be met") as caught:
        ensure("aibro-no-such-package==1.0\n", OURS, tmp_path)
    assert "aibro-no-such-package" in caught.value.details
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]
    with pytest.raises(BadRequirements, match="the lock line 1"):
        ensure("--index-url http://evil.example\n", OURS, tmp_path)


BUILDER = "import sys; from pathlib import Path; from aibro_jupyter.envs import ensure; ensure(sys.argv[1], sys.argv[2], Path(sys.argv[3]), lambda p: (print(p.text, flush=True), sys.stdin.readline()))"


def test_a_builder_killed_at_work_is_followed_by_one_that_finishes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUILDER, SMALL, OURS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout
        assert killed.stdout.readline().startswith("making")
        assert list(tmp_path.glob(".tmp-*"))
        killed.send_signal(signal.SIGKILL)
    program = ensure(SMALL, OURS, tmp_path)
    assert said(program, "import threadpoolctl") == ""
    assert list(tmp_path.glob(".tmp-*")) == []


def test_an_environment_whose_python_is_gone_is_built_again(tmp_path: Path) -> None:
    program = ensure("", OURS, tmp_path)
    program.unlink()
    assert ensure("", OURS, tmp_path) == program
    assert said(program, "print(1)") == "1"


def test_the_lock_is_held_for_as_long_as_the_installer_works(tmp_path: Path) -> None:
    """Even a builder that was killed: its uv goes on for a moment, and nobody may build beside it."""
    key = environment_key(SMALL, OURS)
    states: list[bool] = []

    def watch(_progress: Progress) -> None:
        handle = os.open(tmp_path / f".{key}.lock", os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            states.append(False)
        except BlockingIOError:
            states.append(True)
        finally:
            os.close(handle)

    ensure(SMALL, OURS, tmp_path, watch)
    assert states
    assert all(states)

    def removed() -> bool:
        shutil.rmtree(tmp_path)
        return True

    eventually(removed)


def test_uv_gets_indexes_and_certificates_but_no_secrets() -> None:
    given = {
        "PATH": "/bin",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AIBRO_TOKEN": "s",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_INDEX_URL": "https://a.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://b.example https://c.example",
        "PIP_FIND_LINKS": "/w1 /w2",
        "REQUESTS_CA_BUNDLE": "/ca.pem",
        "HTTPS_PROXY": "http://proxy",
        "PIP_CONFIG_FILE": os.devnull,
    }
    made = uv_environment(given)
    assert made == {
        "PATH": "/bin",
        "UV_INDEX_URL": "https://a.example/simple",
        "UV_EXTRA_INDEX_URL": "https://b.example https://c.example",
        "UV_FIND_LINKS": "/w1,/w2",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/ca.pem",
        "HTTPS_PROXY": "http://proxy",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }
    assert uv_environment({**given, "UV_INDEX_URL": "theirs"})["UV_INDEX_URL"] == "theirs"

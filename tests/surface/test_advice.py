"""Advice that works: every command that a message proposes is run, in a home with a live job, an ended one, or none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import AibroError, BackendDown, BadRequest, DeployFailed, NoSuchJob, NothingToDrill
from aibro_jupyter.jupyter.line import words_of
from aibro_jupyter.protocol import JobView
from aibro_jupyter.states import Phase
from aibro_jupyter.verbs import Asker, run
from aibro_jupyter.verbs.table import BY_NAME
from aibro_jupyter.views import View
from tests.backends import tiny_repo
from tests.eventually import eventually
from tests.onebackend import one_backend
from tests.surface.test_cli import REPO, SECRET
from tests.surface.test_table import proposed

BROKEN = "print('weights are looked for')\ndef load_model():\n    raise OSError('no weights')\ndef run(model):\n    return 1\n"
OF_ENDED = ("status", "logs", "events", "cost")
"""Verbs that find a job which has ended by its name."""
WRONG = ("bad-command", "no-such-job", "bug")
MENTIONED = ("deploy",)
"""A verb that a docstring names without proposing anything."""
LINES = sorted({line for path, line in proposed() if not path.startswith(("docs/", "README"))} - {*MENTIONED})
LAST = ("complete", "down")
"""What ends what others need is run last."""


def asked(line: str, **asker: object) -> View:
    return run(words_of(line), Asker(prog="aibro", **asker))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A backend with `iris`, which lives, and `bad`, which never came up; what it printed is kept."""
    root = tmp_path_factory.mktemp("advice")
    with one_backend(root / "home") as home:
        asked(f"deploy --artifacts-path {REPO} --name iris --client {SECRET}", namespace={})
        with pytest.raises(DeployFailed, match="no weights"):
            asked(f"deploy --artifacts-path {tiny_repo(root / 'broken', BROKEN)} --name bad", namespace={})
        eventually(lambda: not [i for i in ended().instances if i.phase is not Phase.TERMINATED])
        yield home


def ended() -> JobView:
    return backend(start=False).job_named("bad", ended=True)


def filled(line: str) -> Iterator[str]:
    """The line with names of jobs that the message may be about, and a function, code or URL where it wants one."""
    verb, _, rest = line.partition(" ")
    of_job = verb in BY_NAME and any(word.name == "name" for word in BY_NAME[verb].words)
    for name in ("iris", "bad") if verb in OF_ENDED and re.search(r"\bX\b", rest) else ("iris",):
        values = {"explain": "no-such-job", "deploy": "predict", "capture": "predict", "login": "https://127.0.0.1:9"}
        job = values.get(verb, name) if not of_job else name
        text = re.sub(r"\bX\b", job, rest.partition(" <")[0])
        text = re.sub(r"\bFUNCTION\b", "predict", text).replace("https://HOST", "https://127.0.0.1:9")
        yield f"{verb} {text}".strip()


def predict(x: int) -> int:
    return x + 1


def code_of(line: str) -> str:
    """Run a proposed line where it is proposed: in a notebook; what stays in the foreground in a terminal."""
    if "--foreground" in line or "--token-stdin" in line:
        done = subprocess.run(
            [sys.executable, "-m", "aibro_jupyter.cli", *words_of(line), "--json"],
            capture_output=True, text=True, timeout=60, input="secret_x\n",
        )  # fmt: skip
        found = re.search(r'"code": "([a-z-]+)"', done.stdout)
        return found[1] if found else "bad-command" if "bad-command" in done.stderr else ""
    try:
        asked(line, namespace={"predict": predict, "PATH": REPO}, secret=lambda _: "secret_x")
    except AibroError as error:
        return error.code
    return ""


@pytest.fixture
def private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is written beside the home goes nowhere."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.chdir(tmp_path)


def test_every_proposed_command_runs_beside_a_live_and_an_ended_job(homes: Path, private: None) -> None:
    lines = sorted({one for line in LINES for one in filled(line)}, key=lambda one: one.startswith(LAST))
    told = {line: code_of(line) for line in lines if not line.startswith(LAST)}
    assert {line: code for line, code in told.items() if code in WRONG} == {}
    assert {line.split()[0] for line in told} >= {"status", "logs", "explain", "deploy", "login", "up", "clients"}
    assert len(told) > 15


def test_every_proposed_command_runs_where_no_backend_does(
    private: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "nothing"))
    lines = [one for line in LINES for one in filled(line) if BY_NAME[one.split()[0]].reads_only]
    told = {line: code_of(line) for line in lines}
    assert {line: code for line, code in told.items() if code in WRONG} == {}
    assert not (tmp_path / "nothing" / "run").exists()


def test_an_ended_job_is_found_by_name_and_what_its_model_printed_is_kept(homes: Path) -> None:
    log = asked("logs bad").text()
    assert "weights are looked for" in log
    assert "no weights" in log
    assert "CANCELED" in asked("status bad").text()
    assert "no weights" in asked("events bad").text()
    assert asked("cost bad").data()["model_name"] == "bad"


def test_an_active_job_comes_before_an_ended_one_of_its_name(homes: Path) -> None:
    asked(f"deploy --artifacts-path {REPO} --name twice", namespace={})
    first = backend().job_named("twice").job_id
    asked("complete twice")
    asked(f"deploy --artifacts-path {REPO} --name twice", namespace={})
    second = backend().job_named("twice").job_id
    assert asked("cost twice").data()["job_id"] == second
    asked("complete twice")
    assert asked("cost twice").data()["job_id"] == second, "the newest one"
    assert asked(f"cost {first}").data()["job_id"] == first


@pytest.mark.parametrize("line", ["status irs", "panel irs", "logs irs", "events irs", "cost irs", "complete irs"])
def test_what_is_not_found_is_an_error_with_near_names(homes: Path, line: str) -> None:
    with pytest.raises(NoSuchJob, match="job is called 'irs'") as caught:
        asked(line)
    assert "did you mean iris?" in caught.value.fix


@pytest.mark.parametrize(
    ("line", "fact"),
    [("cooling iris on", BadRequest), ("cooling iris off", BadRequest), ("drill sleep iris", NothingToDrill)],
)
def test_without_a_cooling_machine_it_is_not_switched(homes: Path, line: str, fact: type[AibroError]) -> None:
    with pytest.raises(fact, match="iris has no cooling machine") as caught:
        asked(line)
    assert "--cooling ID" in caught.value.fix


@pytest.mark.parametrize("line", ["status", "panel", "machines", "up", "cost x"])
def test_a_backend_elsewhere_that_is_lost_says_whence_its_url_comes(
    line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIBRO_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AIBRO_TOKEN", "secret_x")
    with pytest.raises(BackendDown, match=r"http://127\.0\.0\.1:9 cannot be reached") as by_environment:
        asked(line)
    assert "unset AIBRO_URL" in by_environment.value.fix
    monkeypatch.delenv("AIBRO_URL")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "login.json").write_text('{"url": "http://127.0.0.1:9", "token": "secret_x"}')
    with pytest.raises(BackendDown) as by_login:
        asked(line)
    assert "`aibro logout`" in by_login.value.fix
    assert "aibro up" not in by_environment.value.fix + by_login.value.fix
    asked("logout")
    assert "no backend runs" in asked("status").text()


CLI = f"{sys.executable} -m aibro_jupyter.cli"


def in_bash(script: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=120, env=os.environ | environ,
        start_new_session=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("words", ["help", "machines --json", "explain nonsense --json"])
def test_a_closed_pipe_ends_quietly_as_other_tools_do(words: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    line = [*CLI.split(), *words.split()]
    done = subprocess.run(line, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_the_version_is_told() -> None:
    from aibro_jupyter import __version__

    assert in_bash(f"{CLI} --version").stdout == f"aibro_jupyter {__version__}\n"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("dep", {"deploy"}),
        ("cooling iris o", {"on", "off"}),
        ("drill ", {"spot", "sleep", "kill", "--rate"}),
        ("deploy --cool", {"--cooling", "--cool-down", "--cool-down-period-s"}),
        ("deploy --cooling g4dn.4", {"g4dn.4xlarge.od"}),
        ("help comp", {"complete", "completion"}),
        ("completion z", {"zsh"}),
        ("login --tok", {"--token-stdin"}),
        ("jobs --js", {"--json"}),
    ],
)
def test_bash_completes_verbs_options_and_choices(line: str, offered: set[str]) -> None:
    words = ["aibro", *line.split(" ")]
    typed = " ".join(f"'{word}'" for word in words)
    script = f'source <({CLI} completion bash); COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _aibro; echo "${{COMPREPLY[@]}}"'
    done = in_bash(script)
    assert done.stderr == ""
    assert set(done.stdout.split()) >= offered
    assert all(word.startswith(words[-1]) for word in done.stdout.split())


@pytest.mark.parametrize("line", ["status ", "logs ir", "status --name ", "clients iris "])
def test_names_of_jobs_are_those_of_the_moment_when_tab_is_pressed(homes: Path, line: str) -> None:
    assert in_bash(f"{CLI} completion jobs").stdout == "iris\n"
    words = ["aibro", *line.split(" ")]
    typed = " ".join(f"'{word}'" for word in words)
    script = f'source <({CLI} completion bash); COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _aibro; echo "${{COMPREPLY[@]}}"'
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    assert "iris" in in_bash(script, PATH=path).stdout.split()


def test_without_a_backend_no_name_is_offered_and_none_is_started(tmp_path: Path) -> None:
    done = in_bash(f"{CLI} completion jobs", AIBRO_HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
    assert not (tmp_path / "home").exists()


def test_the_other_shells_get_every_verb() -> None:
    for shell in ("zsh", "fish"):
        script = in_bash(f"{CLI} completion {shell}").stdout
        assert all(re.search(rf"\b{re.escape(name)}\b", script) for name in BY_NAME), shell
        assert "aibro completion jobs" in script


def test_a_token_comes_from_standard_input_and_without_a_terminal_that_is_the_advice(tmp_path: Path) -> None:
    environ = {"AIBRO_HOME": str(tmp_path / "home"), "AIBRO_TOKEN": ""}
    done = in_bash(f"{CLI} login http://127.0.0.1:9", **environ)
    assert done.returncode == 2
    assert "there is no terminal to type the token into" in done.stderr
    assert "`aibro login http://127.0.0.1:9 --token-stdin < FILE`" in done.stderr
    assert "bug" not in done.stderr
    given = in_bash(f"echo secret_x | {CLI} login http://127.0.0.1:9 --token-stdin", **environ)
    assert "http://127.0.0.1:9 cannot be reached" in given.stderr
    assert "no token was given" in in_bash(f"echo | {CLI} login http://127.0.0.1:9 --token-stdin", **environ).stderr


def test_a_secret_without_a_terminal_is_asked_of_the_environment(tmp_path: Path) -> None:
    done = in_bash(f"{CLI} deploy {REPO} --secret API_KEY", AIBRO_HOME=str(tmp_path / "home"))
    assert "API_KEY has no value, and nobody can be asked here" in done.stderr
    assert "set API_KEY in the environment" in done.stderr


def test_a_token_from_standard_input_logs_in(homes: Path, tmp_path: Path) -> None:
    from aibro_jupyter.client.ensure import daemon_info
    from aibro_jupyter.home import home

    there = daemon_info(home())
    assert there is not None
    (tmp_path / "token").write_text(f"{there.token}\n")
    elsewhere = {"AIBRO_HOME": str(tmp_path / "elsewhere")}
    done = in_bash(f"{CLI} login {there.control_url} --token-stdin < {tmp_path / 'token'}", **elsewhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert there.token not in done.stdout
    assert "iris" in in_bash(f"{CLI} status", **elsewhere).stdout


@pytest.mark.parametrize("end", ["complete iris", "down"])
def test_what_ends_things_is_run_last(homes: Path, end: str) -> None:
    assert code_of(end) == ""

"""Verbs called as the magics call them, with a namespace, against a real backend."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from aibro_jupyter.client.ensure import backend, daemon_info
from aibro_jupyter.errors import AibroError, DeployFailed, Unauthorized
from aibro_jupyter.home import home
from aibro_jupyter.job import Job
from aibro_jupyter.protocol import DaemonInfo
from aibro_jupyter.verbs import Asker, run
from tests.surface.test_cli import REPO


@pytest.fixture
def elsewhere(surface_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DaemonInfo:
    """Another home, as on another computer, and the URL and token of the first one's backend."""
    backend()
    info = daemon_info(home())
    assert info is not None
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "elsewhere"))
    return info


def test_login_asks_without_showing_and_is_remembered(elsewhere: DaemonInfo, tmp_path: Path) -> None:
    asked: list[str] = []

    def secret(prompt: str) -> str:
        asked.append(prompt)
        return elsewhere.token

    view = run(["login", elsewhere.control_url], Asker(namespace={}, secret=secret))
    assert len(asked) == 1
    assert elsewhere.token not in view.text() + view.html() + json.dumps(view.data()) + asked[0]
    assert (tmp_path / "elsewhere" / "login.json").stat().st_mode & 0o077 == 0
    assert backend(start=False).url == elsewhere.control_url
    run(["logout"], Asker(namespace={}))
    with pytest.raises(AibroError):
        backend(start=False)


def test_a_wrong_token_is_refused_and_not_remembered(elsewhere: DaemonInfo, tmp_path: Path) -> None:
    with pytest.raises(Unauthorized):
        run(["login", elsewhere.control_url], Asker(namespace={}, secret=lambda _: "secret_wrong"))
    assert not (tmp_path / "elsewhere" / "login.json").exists()


def test_a_notebook_is_asked_for_a_missing_token_and_a_terminal_is_told(
    elsewhere: DaemonInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIBRO_URL", elsewhere.control_url)
    monkeypatch.delenv("AIBRO_TOKEN", raising=False)
    with pytest.raises(Unauthorized):
        run(["status"], Asker(secret=lambda _: pytest.fail("a terminal was asked")))
    assert run(["status"], Asker(namespace={}, secret=lambda _: elsewhere.token)).text()


def test_a_deploy_that_fails_says_what_still_serves(surface_home: Path, tmp_path: Path) -> None:
    asker = Asker(prog="%aibro", namespace={})
    assert run(["deploy", "--artifacts-path", str(REPO), "--name", "keeps"], asker).data()["change"] == "new"
    broken = tmp_path / "broken"
    (broken / "model").mkdir(parents=True)
    (broken / "requirements.txt").write_text("")
    (broken / "predict.py").write_text(
        "def load_model():\n    raise OSError('no weights')\n\ndef run(model):\n    return 1\n"
    )
    with pytest.raises(DeployFailed) as caught:
        run(["deploy", "--artifacts-path", str(broken), "--name", "keeps"], asker)
    story = caught.value.story()
    assert "no weights" in story[0]
    assert "keeps v1 goes on serving" in story[-1]
    assert len(story) <= 6
    job = Job("keeps")
    assert job("good")["sentiment"] == "good"
    job.complete()


def test_a_job_finds_its_client_again_when_clients_change(surface_home: Path) -> None:
    run(["deploy", "--artifacts-path", str(REPO), "--name", "moves", "--client", "anna"], Asker(namespace={}))
    job = Job("moves")
    assert job("good")["sentiment"] == "good"
    run(["clients", "moves", "--add", "ben", "--remove", "anna"], Asker(namespace={}))
    assert job("good")["sentiment"] == "good"
    assert job.clients == ("ben",)
    assert "ben" not in repr(job.clients) + repr(job)
    assert job.cost().data()["model_name"] == "moves"
    job.complete()


def test_wishes_are_checked_before_anything_is_done() -> None:
    for words, said in {
        ("--name", "my model"): "my-model",
        ("--client", "a", "a"): "twice",
        ("--cooling", "g5.xlarge"): "on-demand",
    }.items():
        with pytest.raises(AibroError) as caught:
            run(["deploy", "len", *words], replace(Asker(), namespace={}))
        assert said in "\n".join(caught.value.story())

"""A secret's whole way: from the kernel into one 0600 file and the model's environment, and nowhere else."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
import requests
from nbclient import NotebookClient

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.secrets import collected
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import JobView, encode
from aibro_jupyter.verbs import Asker, run
from tests.backends import asked, tiny_repo
from tests.eventually import eventually

CANARY, SECOND = "canary-3f9b61c2-Zq", "second-canary-77aa-Xy"
USES = "import hashlib, os\n\n\ndef {name}(x):\n    key = os.environ['CANARY_KEY']\n    return {answer}\n"
SHORT = "hashlib.sha256(key.encode()).hexdigest()[:12]"


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def cells(folder: Path) -> dict[str, str]:
    value, second = folder / "value.txt", folder / "second.txt"
    value.write_text(CANARY)
    second.write_text(SECOND)
    reveal = f"import os\nos.environ['CANARY_KEY'] = open({str(value)!r}).read()"
    return {
        "load": "%load_ext aibro_jupyter",
        "define": USES.format(name="sign", answer=SHORT),
        "without": "%aibro capture sign --sample 1",
        "value": reveal,
        "held": "held = os.environ['CANARY_KEY']\ndef leak(x):\n    return held",
        "leak": "%aibro capture leak --sample 1 --secret CANARY_KEY",
        "deploy": "%aibro deploy sign --sample 1 --name vault --secret CANARY_KEY",
        "again": "%aibro deploy sign --sample 1 --name vault --secret CANARY_KEY",
        "names": "%aibro secrets vault",
        "status": "%aibro status vault",
        "forget": "del os.environ['CANARY_KEY']",
        "change": USES.format(name="sign", answer=f"{SHORT} + '!'"),
        "update": "%aibro deploy sign --sample 1 --name vault",
        "nothing new": "%aibro capture sign --sample 1 --name vault --diff",
        "edit": USES.format(name="sign", answer=f"{SHORT} + '?'"),
        "diff": "%aibro capture sign --sample 1 --name vault --diff",
        "call": "import aibro_jupyter\naibro_jupyter.Job('vault')(1)",
    }


@pytest.fixture(scope="module")
def ran(secrets_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder, away = tmp_path_factory.mktemp("book"), tmp_path_factory.mktemp("away")
    sources = cells(away)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources.values()])
    resources = {"metadata": {"path": str(folder)}}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    client = NotebookClient(book, timeout=240, allow_errors=True, resources=resources)
    with client.setup_kernel(env=environment):
        for number, cell in enumerate(book.cells):
            client.execute_cell(cell, number)
        yield {
            **{name: str(cell.outputs) for name, cell in zip(sources, book.cells, strict=True)},
            "folder": folder,
            "away": away,
        }


def job(name: str = "vault") -> JobView:
    return backend(start=False).job_named(name)


def slots() -> list[psutil.Process]:
    return [
        one
        for one in psutil.process_iter()
        if any("slot/main.py" in word for word in asked(one, psutil.Process.cmdline, list[str]()))
    ]


def test_without_the_option_the_proof_names_it(ran: dict[str, Any]) -> None:
    assert "KeyError: 'CANARY_KEY'" in ran["without"]
    assert "--secret CANARY_KEY delivers it" in ran["without"]


def test_a_captured_value_is_refused_with_the_option_that_delivers_it(ran: dict[str, Any]) -> None:
    assert "--secret CANARY_KEY delivers it" in ran["leak"]
    assert "environment variable CANARY_KEY" in ran["leak"]


def test_the_model_has_it_and_an_update_keeps_it(ran: dict[str, Any]) -> None:
    assert "vault v1 is live" in ran["deploy"]
    assert "unchanged" in ran["again"]
    assert "vault v2 is updated and live" in ran["update"]
    assert digest(CANARY) + "!" in ran["call"]


def test_what_changed_since_the_deploy_is_shown(ran: dict[str, Any]) -> None:
    assert "vault v2 is what the notebook holds: nothing changed" in ran["nothing new"]
    assert "1 file changed since vault v2" in ran["diff"]
    assert "--- live/predict.py" in ran["diff"]
    assert "hexdigest()[:12] + \\'?\\'" in ran["diff"] or "[:12] + '?'" in ran["diff"]


def test_names_are_shown_and_nothing_else(ran: dict[str, Any]) -> None:
    assert "vault has CANARY_KEY" in ran["names"]


def test_it_lies_in_one_private_file_and_the_models_environment_alone(ran: dict[str, Any], secrets_home: Home) -> None:
    needle = CANARY.encode()
    files = [path for path in secrets_home.root.rglob("*") if path.is_file() and not path.is_symlink()]
    files += [path for path in ran["folder"].rglob("*") if path.is_file()]
    found = [path for path in files if "envs" not in path.parts and _holds(path, needle)]
    assert {path.parent for path in found} == {secrets_home.secrets / job().job_id}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in found)
    assert not any(CANARY in told for name, told in ran.items() if isinstance(told, str))
    view = encode(backend(start=False).status()) + encode(job()) + encode(backend(start=False).events(job().job_id))
    assert needle not in view + encode(backend(start=False).logs(job().job_id, lines=2000))
    holders = []
    for process in psutil.process_iter():
        assert CANARY not in " ".join(asked(process, psutil.Process.cmdline, list[str]()))
        if CANARY in str(asked(process, psutil.Process.environ, dict[str, str]())):
            holders.append(process.pid)
    assert holders
    assert set(holders) <= {one.pid for one in slots()}


def _holds(path: Path, needle: bytes) -> bool:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    return needle in data or (data[:2] == b"\x1f\x8b" and needle in gzip.decompress(data))


def test_a_restarted_slot_has_it_again(ran: dict[str, Any]) -> None:
    url = backend(start=False).clients(job().job_id).urls[0]
    before = {one.pid for one in slots() if CANARY in str(asked(one, psutil.Process.environ, dict[str, str]()))}
    for pid in before:
        psutil.Process(pid).kill()
    eventually(lambda: not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in before))
    answer = eventually(lambda: _answer(url), timeout_s=120)
    assert answer == digest(CANARY) + "!"


def _answer(url: str) -> str | None:
    got = requests.post(url, json=1, timeout=90)
    return got.json() if got.ok else None


def test_another_value_is_another_version(
    ran: dict[str, Any], secrets_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_KEY", SECOND)
    repo = tiny_repo(ran["folder"] / "hand", USES.format(name="signed", answer=SHORT) + HAND)
    run(["deploy", str(repo), "--name", "vault", "--replace", "--secret", "CANARY_KEY"], Asker())
    assert _answer(backend(start=False).clients(job().job_id).urls[0]) == digest(SECOND)


HAND = "\n\ndef load_model():\n    return signed\n\n\ndef run(model, data):\n    return model(data)\n"


def test_what_is_not_in_the_environment_is_asked_for_without_being_shown(
    ran: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CANARY_KEY", raising=False)
    prompts: list[str] = []

    def typed(prompt: str) -> str:
        prompts.append(prompt)
        return "typed-canary-1"

    repo = tiny_repo(ran["folder"] / "typed", USES.format(name="signed", answer=SHORT) + HAND)
    told = run(["deploy", str(repo), "--name", "typed", "--secret", "CANARY_KEY"], Asker(secret=typed))
    assert prompts == ["CANARY_KEY: "]
    assert "typed-canary" not in told.text() + json.dumps(told.data())
    assert _answer(backend(start=False).clients(job("typed").job_id).urls[0]) == digest("typed-canary-1")
    assert "CANARY_KEY" not in os.environ


def test_a_job_that_ends_takes_its_secrets_along(ran: dict[str, Any], secrets_home: Home) -> None:
    ended = [secrets_home.secrets / job(name).job_id for name in ("vault", "typed")]
    assert all(folder.exists() for folder in ended)
    for name in ("vault", "typed"):
        run(["complete", name], Asker())
    eventually(lambda: not any(folder.exists() for folder in ended))


def test_a_value_on_the_command_line_is_refused() -> None:
    with pytest.raises(BadRequest, match="the name alone") as refused:
        collected(["KEY=canary"])
    assert "canary" not in f"{refused.value} {refused.value.fix}"

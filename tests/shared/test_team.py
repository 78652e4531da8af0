"""A backend on one address, used from a second home through TLS, as docs/how-to/shared-backend.md says."""

from __future__ import annotations

import configparser
import json
import shlex
import subprocess
from pathlib import Path

import pytest
import requests

from aibro_jupyter.client.predict import predict
from aibro_jupyter.verbs.table import parsed
from tests.conftest import REPOS
from tests.docs.markdown import DOCS, blocks
from tests.shared.conftest import Person, Team

pytestmark = pytest.mark.proxy


def test_somebody_else_logs_in_deploys_calls_and_ends_it(team: Team, tmp_path: Path) -> None:
    other = team.other
    refused = other.types(f"login {team.url} --token-stdin", "secret_wrong\n")
    assert "no token, or a wrong one" in refused.stderr
    assert f"{team.url} knows you as" in other.did(f"login {team.url} --token-stdin", f"{team.token}\n")
    assert json.loads(other.did(f"deploy {REPOS / 'iris'} --name iris --client bob --json"))["clients"] == 1
    (url,) = json.loads(other.did("clients iris --reveal --json"))["urls"]
    assert url.startswith(f"{team.url}/v1/")
    sample = next((REPOS / "iris" / "data").iterdir())
    curl = ["curl", "-sS", "--fail", "--cacert", str(team.authority), url, "--data-binary", f"@{sample}"]
    done = subprocess.run(curl, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, json.loads(done.stdout)["species"]) == (0, ["setosa", "virginica"]), done.stderr
    assert "iris" in other.did("status")
    assert "iris" in team.owner.did("status"), "it is the owner's backend that it runs on"
    assert other.did("logs iris")
    other.did("complete iris")
    assert "iris" not in json.dumps([j for j in json.loads(other.did("status --json"))["jobs"] if not j["outcome"]])
    for file in other.home.rglob("*"):
        if file.is_file() and team.token.encode() in file.read_bytes():
            assert file.name == "login.json"
            assert file.stat().st_mode & 0o077 == 0


@pytest.fixture
def public(team: Team) -> str:
    """An API that anybody may call."""
    person = Person(home=team.other.home.parent / "third", environ=team.other.environ | {"AIBRO_URL": team.url})
    person = Person(home=person.home, environ=person.environ | {"AIBRO_TOKEN": team.token})
    return str(json.loads(person.did(f"deploy {REPOS / 'sentiment'} --name open --json"))["url"])


def test_what_is_larger_than_a_proxy_likes_passes_both_ways(
    team: Team, public: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(team.authority))
    answer = predict(public, data="good " * 500_000)
    assert answer["sentiment"] == "good"
    assert answer["words"] == 500_000


def test_the_page_of_a_public_api_is_shown_under_that_name_and_says_https(team: Team, public: str) -> None:
    page = requests.get(
        public.removesuffix("/predict"), headers={"Accept": "text/html"}, verify=str(team.authority), timeout=60
    )
    assert page.status_code == 200
    assert f"curl {public}" in page.text


def test_a_foreign_host_and_a_missing_token_stay_out(team: Team) -> None:
    for headers, code in (
        ({}, "unauthorized"),
        ({"Host": "evil.example", "Authorization": f"Bearer {team.token}"}, "wrong-host"),
    ):
        refused = requests.get(f"{team.url}/api/status", headers=headers, verify=str(team.authority), timeout=60)
        assert refused.json()["error"]["code"] == code


def test_a_certificate_that_nobody_trusts_is_told_as_that(team: Team, tmp_path: Path) -> None:
    stranger = Person(
        home=tmp_path / "home", environ={"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_CERT_FILE": ""}
    )
    refused = stranger.types(f"login {team.url} --token-stdin", f"{team.token}\n")
    assert "shows a certificate that is not trusted here" in refused.stderr
    assert "REQUESTS_CA_BUNDLE names the file" in refused.stderr


def test_the_backend_keeps_its_addresses_over_a_restart(team: Team) -> None:
    before = (team.owner.home / "control_port").read_text(), (team.owner.home / "gateway_port").read_text()
    team.owner.did("down")
    assert team.url in team.owner.did("up")
    assert ((team.owner.home / "control_port").read_text(), (team.owner.home / "gateway_port").read_text()) == before
    team.other.did(f"login {team.url} --token-stdin", f"{team.token}\n")
    assert team.other.did("status")


def test_the_unit_of_the_page_starts_what_there_is() -> None:
    (block,) = blocks((DOCS / "how-to" / "shared-backend.md").read_text(), "ini")
    unit = configparser.ConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block)
    _, *words = shlex.split(unit["Service"]["ExecStart"])
    assert parsed("aibro", words).foreground
    assert unit["Service"]["KillMode"] == "process"

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
import requests

from aibro_jupyter.protocol import Target
from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.rig import Rig, hashed, route, running
from tests.http1.talking import post


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp("gateway"), limits={"body_bytes": 100_000}) as rig:
        yield rig


@pytest.fixture(scope="module")
def target(rig: Rig) -> Target:
    return rig.instance("s").target(Role.STANDBY)


@pytest.fixture(autouse=True)
def served(rig: Rig, target: Target) -> None:
    public = route(target, job_id="inf_2", public=True, client_hashes=frozenset(), model_name="open")
    rig.control.publish_and_wait(route(target, client_hashes=hashed("alice", "a/b %")), public)


def test_an_answer_comes_with_its_headers(rig: Rig) -> None:
    answer = rig.ask({"x": [1, 2]})
    assert answer.status_code == 200
    assert answer.json()["body"] == '{"x": [1, 2]}'
    assert answer.headers["X-Aibro-Served-By"] == "standby"
    assert answer.headers["X-Aibro-Request-Id"].startswith("req_")
    assert "total;dur=" in answer.headers["Server-Timing"]


@pytest.mark.parametrize("client_id", ["alice", "a%2Fb%20%25"])
def test_known_clients_get_in(rig: Rig, client_id: str) -> None:
    assert rig.ask(client_id=client_id).status_code == 200


def test_a_client_id_may_come_as_a_bearer_token(rig: Rig) -> None:
    assert rig.ask(client_id="-", headers={"Authorization": "Bearer alice"}).status_code == 200


def test_unknown_removed_and_guessed_get_the_same_404(rig: Rig) -> None:
    urls = [
        rig.url("bob"),
        rig.url("public"),
        rig.url("-"),
        rig.url("alice", username="eve"),
        rig.url("alice", model_name="rose"),
        rig.url("alice", model_name="open"),
        f"{rig.origin}/v1/ada/alice/iris/predict/",
        f"{rig.origin}/v1/ada/alice/iris/other",
        f"{rig.origin}/admin",
    ]
    answers = [requests.request(method, url, data=b"{}") for url in urls for method in ("POST", "GET", "DELETE")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.content, *sorted({**answer.headers, "Date": ""}.items())) for answer in answers}) == 1
    assert "fix" in answers[0].json()["error"]


def test_who_may_call_but_asks_wrongly_is_told_how(rig: Rig) -> None:
    answer = requests.get(rig.url())
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "curl" in answer.json()["error"]["fix"]
    assert requests.head(rig.url()).status_code == 405
    assert requests.options(rig.url()).status_code == 405
    assert requests.post(rig.url(), data=b"x", headers={"Content-Encoding": "br"}).status_code == 415
    assert requests.post(rig.url(), data=b"x" * 200_000).status_code == 413


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1:1"])
def test_a_web_page_is_refused(rig: Rig, origin: str) -> None:
    assert rig.ask(headers={"Origin": origin}).status_code == 403


def test_the_front_door_says_ok_and_nothing_else(rig: Rig) -> None:
    for path in ("/", "/healthz"):
        assert requests.get(rig.origin + path).json() == {"status": "ok"}


def test_a_revoked_client_is_turned_away_on_its_open_connection(rig: Rig, target: Target) -> None:
    with requests.Session() as session:
        assert session.post(rig.url(), json={}).status_code == 200
        rig.control.publish_and_wait(route(target, client_hashes=hashed("carol")))
        assert session.post(rig.url(), json={}).status_code == 404
        assert session.post(rig.url("carol"), json={}).status_code == 200


def test_a_client_revoked_while_its_body_comes_is_turned_away(rig: Rig, target: Target) -> None:
    import socket

    asked = post(b'{"do": "answer"}', target=b"/v1/ada/alice/iris/predict", close=True)
    with socket.create_connection(("127.0.0.1", rig.port)) as client:
        client.sendall(asked[:-1])
        eventually(lambda: requests.get(rig.origin).ok)
        rig.control.publish_and_wait(route(target, client_hashes=hashed("carol")))
        client.sendall(asked[-1:])
        assert client.recv(100).startswith(b"HTTP/1.1 404")


def test_plain_curl(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("data") / "data.csv"
    file.write_text("a,b\n1,2\n")
    posted = curl("-d", '{"a": 1}', rig.url())
    assert '"body": "{\\"a\\": 1}"' in posted
    assert "application/x-www-form-urlencoded" in posted
    uploaded = curl("-F", f"file=@{file}", rig.url())
    assert 'filename=\\"data.csv\\"' in uploaded
    assert "multipart/form-data; boundary=" in uploaded
    big = tmp_path_factory.mktemp("data") / "big.txt"
    big.write_text("x" * 90_000)
    assert "x" * 90_000 in curl("--data-binary", f"@{big}", rig.url())
    assert "too-large" in curl("-d", "x" * 110_000, rig.url())


def curl(*arguments: str) -> str:
    return subprocess.run(["curl", "-sS", *arguments], capture_output=True, text=True, timeout=60, check=True).stdout


def test_the_log_knows_no_client(rig: Rig) -> None:
    rig.ask()
    rig.ask(client_id="a-guess")
    log = (rig.home.logs / "gateway.log").read_text()
    assert "gateway gw1 listens" in log
    assert all(secret not in log for secret in ("alice", "a-guess", "token", "/v1/"))


@pytest.mark.parametrize(
    "wrong", [b"\xff", b"\xed\xa0\x80", "schlüssel".encode(), b"%FF", b"%ED%A0%80", b"%00", b"9" * 3000]
)
def test_what_is_no_text_is_refused_and_never_an_error_of_ours(rig: Rig, wrong: bytes) -> None:
    import socket

    good = b"POST /v1/ada/alice/iris/predict HTTP/1.1"
    for line, header in (
        (b"POST /v1/ada/" + wrong + b"/iris/predict HTTP/1.1", b""),
        (b"POST /v1/" + wrong + b"/alice/iris/predict HTTP/1.1", b""),
        (b"GET /v1/ada/alice/iris/predict?" + wrong + b" HTTP/1.1", b""),
        (b"POST /v1/ada/-/iris/predict HTTP/1.1", b"Authorization: Bearer " + wrong + b"\r\n"),
        (good, b"Origin: " + wrong + b"\r\n"),
        (good, b"Content-Type: " + wrong + b"\r\n"),
        (good, b"Content-Encoding: " + wrong + b"\r\n"),
        (good, b"Accept: " + wrong + b"\r\n"),
        (good, b"X-" + wrong + b": secret\r\n"),
        (good, b"Expect: " + wrong + b"\r\n"),
    ):
        with socket.create_connection(("127.0.0.1", rig.port), timeout=60) as caller:
            caller.sendall(
                line + b"\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n" + header + b"\r\n{}"
            )
            assert caller.recv(12)[9:10] in (b"2", b"4"), (line, header)
    log = (rig.home.logs / "gateway.log").read_bytes()
    assert b"Traceback" not in log
    assert wrong not in log

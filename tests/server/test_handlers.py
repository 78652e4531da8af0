"""The way from JupyterLab to control, over real sockets: what goes through, and what does not."""

from __future__ import annotations

import asyncio
import json

import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from aibro_jupyter.home import Home
from aibro_jupyter.jupyter.handlers import MAX_BODY, allowed, query_for_control
from tests.server.conftest import TOKEN, Fetch, Peer, told

JOB = "api/jobs/inf_0b9f3c1e-58cb-4a4e-9f5e-1a2b3c4d5e6f"
VERBS = ("GET", "POST", "PATCH", "PUT", "DELETE")


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "api/status"),
        ("GET", "api/machines"),
        ("GET", "api/openapi.json"),
        ("GET", "api/jobs"),
        ("GET", JOB),
        ("GET", f"{JOB}/clients"),
        ("GET", f"{JOB}/events"),
        ("GET", f"{JOB}/logs"),
        ("GET", f"{JOB}/cost"),
        ("GET", f"{JOB}/timeline"),
        ("POST", f"{JOB}/rollback"),
        ("POST", f"{JOB}/cooling"),
        ("POST", f"{JOB}/drill"),
        ("PATCH", f"{JOB}/limits"),
        ("PUT", "api/budget"),
        ("POST", "api/jobs"),
        ("POST", f"{JOB}/complete"),
        ("POST", f"{JOB}/versions"),
        ("PATCH", f"{JOB}/clients"),
    ],
)
def test_a_browser_may(verb: str, path: str) -> None:
    assert allowed(verb, path)


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "api/gateway/routes"),
        ("POST", "api/gateway/report"),
        ("POST", "api/park"),
        ("POST", "api/locks"),
        ("PUT", "api/bundles/" + "0" * 64),
        ("DELETE", JOB),
        ("GET", "v1/ana/public/iris/predict"),
        ("GET", "api/status/../gateway/routes"),
        ("GET", "api/jobs/../gateway/routes"),
        ("GET", "api/jobs/..%2fgateway/routes"),
        ("GET", "api/status\n"),
        ("GET", "api/status?x"),
        ("GET", ""),
        ("POST", "api/status"),
    ],
)
def test_a_browser_may_not(verb: str, path: str) -> None:
    assert not allowed(verb, path)


@pytest.mark.parametrize(
    ("query", "goes_on"),
    [
        ("after=7&wait_s=5", "after=7&wait_s=5"),
        ("wait_s=86400", "wait_s=20"),
        ("wait_s=nan", "wait_s=0"),
        ("wait_s=-1", "wait_s=0"),
        ("wait_s=soon", "wait_s=0"),
        ("model_name=a%26token%3Db", "model_name=a%26token%3Db"),
        ("token=jupyters&lines=5&1718000000000", "lines=5"),
    ],
)
def test_only_known_queries_go_on(query: str, goes_on: str) -> None:
    assert query_for_control(query) == goes_on


async def test_status_goes_through_with_the_token_added(jp_fetch: Fetch, embedded: Peer) -> None:
    answer = await jp_fetch("aibro", "api", "status", params={"after": "1"})
    assert told(answer.body)["username"] == "ana"
    assert answer.headers["ETag"] == '"3"'
    assert answer.headers["X-Aibro-Protocol"] == "1"
    (asked,) = embedded.asked
    assert asked["headers"]["Authorization"] == f"Bearer {TOKEN}"
    assert "Cookie" not in asked["headers"]


async def test_what_is_long_goes_out_compressed(jp_fetch: Fetch, embedded: Peer) -> None:
    embedded.padding = "x" * 20_000
    answer = await jp_fetch("aibro", *JOB.split("/"))
    assert len(answer.body) > 20_000
    assert answer.headers["X-Consumed-Content-Encoding"] == "gzip"


async def test_an_unchanged_status_is_a_304(jp_fetch: Fetch, embedded: Peer) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("aibro", "api", "status", headers={"If-None-Match": '"3"'})
    assert refused.value.code == 304
    assert embedded.asked[0]["headers"]["If-None-Match"] == '"3"'


async def test_a_post_takes_its_body_along(jp_fetch: Fetch, embedded: Peer) -> None:
    await jp_fetch(*f"aibro/{JOB}/complete".split("/"), method="POST", body="{}")
    await jp_fetch(*f"aibro/{JOB}/clients".split("/"), method="PATCH", body='{"add":["x"]}')
    assert [(a["verb"], a["path"], a["body"]) for a in embedded.asked] == [
        ("POST", f"/{JOB}/complete", "{}"),
        ("PATCH", f"/{JOB}/clients", '{"add":["x"]}'),
    ]


@pytest.mark.parametrize("path", ["api/gateway/routes", "api/jobs/..%2f..%2fgateway/routes", "api/park"])
async def test_what_is_not_listed_is_never_asked_for(jp_fetch: Fetch, embedded: Peer, path: str) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("aibro", *path.split("/"))
    assert refused.value.code == 404
    assert embedded.asked == []


@pytest.mark.parametrize("verb", VERBS)
async def test_nobody_gets_in_without_signing_in(
    http_server_client: AsyncHTTPClient, jp_base_url: str, embedded: Peer, verb: str
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(
            f"{jp_base_url}aibro/{JOB}", method=verb, body="{}" if verb in ("POST", "PATCH", "PUT") else None
        )
    assert refused.value.code == 403
    assert embedded.asked == []


@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_asks_the_authorizer(
    jp_fetch: Fetch, jp_serverapp: ServerApp, embedded: Peer, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = []

    def refuse(handler: object, user: object, action: str, resource: str) -> bool:
        questions.append((action, resource))
        return False

    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", refuse)
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*f"aibro/{JOB}".split("/"), method=verb, body="{}" if verb in ("POST", "PATCH", "PUT") else None)
    assert refused.value.code == 403
    action = {"GET": "read", "POST": "write"}.get(verb, "write")
    assert questions == [(action, "aibro")]
    assert embedded.asked == []


async def test_a_cookie_alone_may_not_change_anything(
    http_server_client: AsyncHTTPClient, jp_serverapp: ServerApp, jp_base_url: str, embedded: Peer
) -> None:
    token = jp_serverapp.identity_provider.token
    page = await http_server_client.fetch(f"{jp_base_url}api/status?token={token}")
    cookies = "; ".join(cookie.split(";")[0] for cookie in page.headers.get_list("Set-Cookie"))
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(
            f"{jp_base_url}aibro/{JOB}/complete", method="POST", body="{}", headers={"Cookie": cookies}
        )
    assert refused.value.code == 403
    assert embedded.asked == []


async def test_a_body_that_is_too_large_is_refused_here(jp_fetch: Fetch, embedded: Peer) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*f"aibro/{JOB}/versions".split("/"), method="POST", body="x" * (MAX_BODY + 1))
    assert refused.value.code == 413
    assert refused.value.response is not None
    assert told(refused.value.response.body)["error"]["code"] == "too-large"
    assert embedded.asked == []


async def test_no_backend_is_said_in_our_own_words_and_none_is_started(jp_fetch: Fetch, aibro_home: Home) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("aibro", "api", "status")
    assert refused.value.code == 503
    assert refused.value.response is not None
    said = told(refused.value.response.body)
    assert said["error"]["code"] == "backend-down"
    assert "aibro up" in said["error"]["fix"]
    assert not aibro_home.daemon_lock.exists()


async def test_a_shared_backend_is_that_of_the_environment(
    jp_fetch: Fetch, control: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIBRO_URL", control.url)
    monkeypatch.setenv("AIBRO_TOKEN", "theirs")
    await jp_fetch("aibro", "api", "status")
    assert control.asked[0]["headers"]["Authorization"] == "Bearer theirs"


async def test_a_wrong_token_of_this_server_does_not_look_like_a_sign_out(jp_fetch: Fetch, embedded: Peer) -> None:
    embedded.refuse = 401
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("aibro", "api", "status")
    assert refused.value.code == 502
    assert refused.value.response is not None
    assert json.loads(refused.value.response.body)["error"]["code"] == "unauthorized"


async def test_polls_do_not_keep_an_idle_server_awake(jp_fetch: Fetch, jp_serverapp: ServerApp, embedded: Peer) -> None:
    before = jp_serverapp.web_app.last_activity()
    await jp_fetch("aibro", "api", "status")
    assert jp_serverapp.web_app.last_activity() == before
    await jp_fetch(*f"aibro/{JOB}/complete".split("/"), method="POST", body="{}")
    assert jp_serverapp.web_app.last_activity() > before


@pytest.mark.parametrize(
    "wrong", [b"\xff", b"\xed\xa0\x80", "schlüssel".encode(), b"%FF", b"%ED%A0%80", b"%00", b"9" * 3000]
)
async def test_what_is_no_text_is_never_an_error_of_ours(
    jp_fetch: Fetch, jp_serverapp: ServerApp, embedded: Peer, wrong: bytes
) -> None:
    await jp_fetch("aibro", "api", "status")
    token = f"Authorization: token {jp_serverapp.identity_provider.token}\r\n".encode()
    base = f"{jp_serverapp.base_url}aibro/api/".encode()
    for path, header in (
        (b"status", b"If-None-Match: " + wrong + b"\r\n"),
        (b"status", b"X-" + wrong + b": x\r\n"),
        (b"status?after=" + wrong, b""),
        (b"status?wait_s=" + wrong, b""),
        (b"jobs/" + wrong, b""),
        (wrong, b""),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", jp_serverapp.port)
        writer.write(
            b"GET " + base + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + token + header + b"\r\n"
        )
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        assert answer[9:10] in (b"2", b"3", b"4"), (path, header, answer[:200])

"""The try-it form's way: the server predicts, the browser sees the answer and never the client id."""

from __future__ import annotations

import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from tests.server.conftest import Fetch, Peer, told

TRY = ("aibro", "try", "inf_1")


async def test_a_prediction_goes_to_the_jobs_own_url(jp_fetch: Fetch, embedded: Peer) -> None:
    embedded.urls = (f"{embedded.url}/v1/ana/ana-secret/iris/predict",)
    answer = await jp_fetch(*TRY, method="POST", body="[1]", headers={"Content-Type": "application/json"})
    assert answer.headers["X-Aibro-Served-By"] == "standby"
    asked = embedded.asked[-1]
    assert (asked["path"], asked["body"]) == ("/v1/ana/ana-secret/iris/predict", "[1]")
    assert "Authorization" not in asked["headers"], "control's token is not for models"
    assert "ana-secret" not in str(answer.headers) + answer.body.decode()


async def test_a_models_answer_is_text_whatever_it_says_it_is(jp_fetch: Fetch, embedded: Peer) -> None:
    embedded.urls = (f"{embedded.url}/v1/ana/ana-secret/iris/predict",)
    answer = await jp_fetch(*TRY, method="POST", body="[1]")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "a=b" not in answer.headers.get("Set-Cookie", "")


async def test_a_gateway_that_is_down_is_said_without_its_url(jp_fetch: Fetch, embedded: Peer) -> None:
    embedded.urls = ("http://127.0.0.1:9/v1/ana/ana-secret/iris/predict",)
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*TRY, method="POST", body="[1]")
    assert refused.value.code == 503
    assert refused.value.response is not None
    assert told(refused.value.response.body)["error"]["code"] == "backend-down"
    assert b"ana-secret" not in refused.value.response.body


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "PATCH"])
async def test_only_a_post_predicts(jp_fetch: Fetch, embedded: Peer, verb: str) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*TRY, method=verb, body="{}" if verb in ("PUT", "PATCH") else None)
    assert refused.value.code in (404, 405)
    assert embedded.asked == []


async def test_nobody_predicts_without_signing_in(
    http_server_client: AsyncHTTPClient, jp_base_url: str, jp_serverapp: ServerApp, embedded: Peer
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(f"{jp_base_url}aibro/try/inf_1", method="POST", body="[1]")
    assert refused.value.code == 403
    page = await http_server_client.fetch(f"{jp_base_url}api/status?token={jp_serverapp.identity_provider.token}")
    cookies = "; ".join(cookie.split(";")[0] for cookie in page.headers.get_list("Set-Cookie"))
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(
            f"{jp_base_url}aibro/try/inf_1", method="POST", body="[1]", headers={"Cookie": cookies}
        )
    assert refused.value.code == 403
    assert embedded.asked == []

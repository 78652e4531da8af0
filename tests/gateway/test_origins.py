"""Web pages of other origins, as browsers ask for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from aibro_jupyter.states import Role
from tests.gateway.rig import Rig, hashed, route, running

APP = "https://app.example.com"
ASKS = {"Origin": APP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp("gateway")) as rig:
        target = rig.instance("s").target(Role.STANDBY)
        rig.control.publish_and_wait(
            route(target, allowed_origins=frozenset({APP}), client_hashes=hashed("alice")),
            route(target, job_id="inf_2", model_name="any", allowed_origins=frozenset({"*"})),
            route(target, job_id="inf_3", model_name="none"),
        )
        yield rig


def may(answer: requests.Response, origin: str = APP) -> bool:
    """Tell whether a browser would let a page of this origin read the answer."""
    return answer.ok and answer.headers.get("Access-Control-Allow-Origin") == origin


def test_a_page_that_the_owner_allows_may_call_and_reads_what_it_needs(rig: Rig) -> None:
    asked = requests.options(rig.url(), headers=ASKS)
    assert may(asked)
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "content-type" in asked.headers["Access-Control-Allow-Headers"]
    answer = rig.ask(headers={"Origin": APP})
    assert may(answer)
    assert answer.headers["Vary"] == "Origin"
    assert "x-aibro-request-id" in answer.headers["Access-Control-Expose-Headers"]


def test_a_browser_asks_without_the_clients_id_where_that_is_in_a_header(rig: Rig) -> None:
    assert may(requests.options(rig.url("-"), headers=ASKS))
    assert may(rig.ask(client_id="-", headers={"Origin": APP, "Authorization": "Bearer alice"}))
    assert rig.ask(client_id="-", headers={"Origin": APP}).status_code == 404
    stranger = requests.options(rig.url("-"), headers=ASKS | {"Origin": "https://evil.test"})
    unknown = requests.options(rig.url("-", model_name="nothing"), headers=ASKS | {"Origin": "https://evil.test"})
    assert (stranger.status_code, stranger.content) == (unknown.status_code, unknown.content) == (404, unknown.content)


def test_errors_of_ours_can_be_read_by_the_page_too(rig: Rig) -> None:
    for answer in (
        requests.get(rig.url(), headers={"Origin": APP}),
        requests.post(rig.url(), data=b"x", headers={"Origin": APP, "Content-Encoding": "br"}),
    ):
        assert answer.status_code >= 400
        assert answer.headers["Access-Control-Allow-Origin"] == APP


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "https://app.example.com.evil.test", APP.upper()])
def test_other_pages_may_not(rig: Rig, origin: str) -> None:
    assert requests.options(rig.url(), headers=ASKS | {"Origin": origin}).status_code == 403
    answer = rig.ask(headers={"Origin": origin})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_any_page_may_where_the_owner_says_so_and_none_where_he_says_nothing(rig: Rig) -> None:
    url = rig.url(model_name="any")
    assert may(requests.options(url, headers=ASKS | {"Origin": "https://x.test"}), "https://x.test")
    assert may(requests.post(url, json={}, headers={"Origin": "https://x.test"}), "https://x.test")
    url = rig.url(model_name="none")
    assert requests.options(url, headers=ASKS).status_code == 403
    assert requests.post(url, json={}, headers={"Origin": APP}).status_code == 403


def test_who_is_no_page_is_told_nothing_of_pages(rig: Rig) -> None:
    assert not [name for name in rig.ask().headers if name.lower().startswith("access-control")]

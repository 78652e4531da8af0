"""The reference, "client_ids", "update_clients()", "list_clients()"."""

from __future__ import annotations

import inspect

import pytest
import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.errors import BadRequest, DuplicateClients, WouldBecomePublic
from aibro_jupyter.inference import Inference
from tests.seed.conftest import Deploy


def status_of(url: str) -> int:
    return requests.post(url, data="good", timeout=60).status_code


def url_of(control: ControlClient, name: str, client_id: str) -> str:
    seen = control.clients(control.job_named(name).job_id)
    return dict(zip(seen.client_ids, seen.urls, strict=True))[client_id]


def test_the_parameters_are_the_references() -> None:
    """ "add_client_ids = [], remove_client_ids = [], be_public = False, …"."""
    update = inspect.signature(Inference.update_clients)
    assert {name: p.default for name, p in update.parameters.items()} == {
        "add_client_ids": [],
        "remove_client_ids": [],
        "be_public": False,
        "model_name": None,
        "job_id": None,
        "access_token": None,
    }
    assert update.return_annotation == "list[str]"
    listing = inspect.signature(Inference.list_clients)
    assert {n: p.default for n, p in listing.parameters.items()} == dict.fromkeys(
        ["model_name", "job_id", "access_token"]
    )
    assert listing.return_annotation == "list[str]"


def test_deploy_returns_the_first_clients_url(deployed: Deploy) -> None:
    """ "client id is used as a part of API URL"."""
    url = deployed("first", client_ids=["anna-1", "ben-2"])
    assert "/anna-1/first/predict" in url
    assert "anna-1" not in repr(url)
    assert Inference.list_clients(model_name="first") == ["anna-1", "ben-2"]


def test_one_string_is_a_list_of_one(deployed: Deploy) -> None:
    deployed("single", client_ids="anna")
    assert Inference.list_clients(model_name="single") == ["anna"]


def test_only_its_clients_can_call(control: ControlClient, deployed: Deploy) -> None:
    """ "restrict specific clients to access to your inference API"."""
    url = deployed("closed", client_ids=["anna", "ben"])
    assert status_of(url) == 200
    strangers = [url.replace("/anna/", "/carl/"), url.replace("/anna/", "/public/"), url.replace("/closed/", "/none/")]
    answers = [requests.post(stranger, data="good", timeout=60) for stranger in strangers]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1
    Inference.update_clients(remove_client_ids="anna", model_name="closed")
    assert status_of(url) == 404
    assert status_of(url_of(control, "closed", "ben")) == 200


def test_client_ids_of_any_syntax_can_call(control: ControlClient, deployed: Deploy) -> None:
    """ "The client ids can be customized in any syntax"."""
    odd = ["a b", "ä/ö?#", "100%", "a..b", "😀"]
    deployed("odd", client_ids=odd)
    assert [status_of(url_of(control, "odd", client_id)) for client_id in odd] == [200] * len(odd)


def test_a_client_id_twice_is_refused(control: ControlClient, deployed: Deploy) -> None:
    """ "as long as there is no duplication"."""
    with pytest.raises(DuplicateClients):
        deployed("twice", client_ids=["anna", "anna"])
    assert "twice" not in [job.model_name for job in control.status().jobs if job.outcome is None]


def test_one_or_a_list_can_be_added_and_removed(deployed: Deploy) -> None:
    """ "add one single or one list of client ids", "remove one single or one list"; "Return a list of client ids"."""
    deployed("lists", client_ids=["anna"])
    assert Inference.update_clients("ben", model_name="lists") == ["anna", "ben"]
    assert Inference.update_clients(["carl", "dora"], "anna", model_name="lists") == ["ben", "carl", "dora"]
    assert Inference.update_clients(remove_client_ids=["ben", "carl"], model_name="lists") == ["dora"]
    assert Inference.list_clients(model_name="lists") == ["dora"]
    with pytest.raises(WouldBecomePublic):
        Inference.update_clients(remove_client_ids="dora", model_name="lists")
    assert Inference.list_clients(model_name="lists") == ["dora"]


@pytest.mark.parametrize("added", [["ben", "anna"], ["ben", "ben"]])
def test_a_duplicate_cancels_the_whole_update(deployed: Deploy, added: list[str]) -> None:
    """ "If duplicated client ids are found, the update would be canceled."."""
    deployed("dup", client_ids=["anna"])
    with pytest.raises(DuplicateClients):
        Inference.update_clients(added, model_name="dup")
    assert Inference.list_clients(model_name="dup") == ["anna"]


def test_unknown_removals_are_ignored(deployed: Deploy) -> None:
    """ "Client ids that are not found would be ignored."."""
    deployed("ignores", client_ids=["anna"])
    assert Inference.update_clients(remove_client_ids=["nobody"], model_name="ignores") == ["anna"]


def test_be_public_removes_all_and_opens_the_api(control: ControlClient, deployed: Deploy) -> None:
    """ "it removes all client ids and the inference job becomes public"."""
    url = deployed("opens", client_ids=["anna", "ben"])
    assert Inference.update_clients(be_public=True, model_name="opens") == []
    assert control.job_named("opens").public
    assert status_of(url.replace("/anna/", "/public/")) == 200
    with pytest.raises(BadRequest):
        Inference.update_clients("carl", be_public=True, model_name="opens")


def test_job_id_wins_over_model_name(control: ControlClient, deployed: Deploy, mood: str) -> None:
    """ "If both parameters have input, `job_id` would be used to search inference job."."""
    deployed("wins", client_ids=["anna"])
    job_id = control.job_named("wins").job_id
    assert Inference.list_clients(model_name="mood", job_id=job_id) == ["anna"]
    assert Inference.update_clients("ben", model_name="mood", job_id=job_id) == ["anna", "ben"]

"""Who may call: the rules of the reference and what they leave open."""

from __future__ import annotations

import hashlib

import pytest

from aibro_jupyter.control.rules.clients import (
    checked_clients,
    checked_id,
    checked_name,
    predict_url,
    updated_clients,
)
from aibro_jupyter.errors import BadClientId, BadName, BadRequest, DuplicateClients, WouldBecomePublic
from aibro_jupyter.protocol import ClientsUpdate, client_hash

AB = ("a", "b")
UPDATES = {
    "ids are added at the end": (AB, ClientsUpdate(add=("c",)), ("a", "b", "c")),
    "ids are removed": (AB, ClientsUpdate(remove=("a",)), ("b",)),
    "unknown ids to remove are ignored": (AB, ClientsUpdate(remove=("x",)), AB),
    "the last may go if another comes": (("a",), ClientsUpdate(add=("b",), remove=("a",)), ("b",)),
    "be_public removes all": (AB, ClientsUpdate(be_public=True), ()),
    "also those named": (AB, ClientsUpdate(remove=("a",), be_public=True), ()),
    "a public job becomes private": ((), ClientsUpdate(add=("a",)), ("a",)),
    "a public job stays public": ((), ClientsUpdate(remove=("a",)), ()),
    "nothing is nothing": (AB, ClientsUpdate(), AB),
}
REFUSED = {
    "one that is there already cancels all": (AB, ClientsUpdate(add=("c", "b")), DuplicateClients),
    "the same twice to add": (AB, ClientsUpdate(add=("c", "c")), DuplicateClients),
    "the same twice to remove": (AB, ClientsUpdate(remove=("a", "a")), DuplicateClients),
    "to add and to remove": (AB, ClientsUpdate(add=("c",), remove=("c",)), BadRequest),
    "to add and be public": (AB, ClientsUpdate(add=("c",), be_public=True), BadRequest),
    "the last": (("a",), ClientsUpdate(remove=("a",)), WouldBecomePublic),
    "all of them": (AB, ClientsUpdate(remove=("a", "b", "x")), WouldBecomePublic),
    "one that cannot stand in a URL": (AB, ClientsUpdate(add=("..",)), BadClientId),
}


@pytest.mark.parametrize(("before", "update", "after"), UPDATES.values(), ids=UPDATES.keys())
def test_updates(before: tuple[str, ...], update: ClientsUpdate, after: tuple[str, ...]) -> None:
    assert updated_clients(before, update) == after


@pytest.mark.parametrize(("before", "update", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_whole(before: tuple[str, ...], update: ClientsUpdate, error: type[Exception]) -> None:
    with pytest.raises(error):
        updated_clients(before, update)


@pytest.mark.parametrize("wrong", ["", "public", "-", ".", "..", "a\nb", "a\x00", "\x7f", "x" * 129, "\ud800"])
def test_what_is_no_client_id(wrong: str) -> None:
    with pytest.raises(BadClientId):
        checked_clients([wrong])


@pytest.mark.parametrize("right", ["a", "a b", "a/b", "über", "x" * 128, "%2e%2e", "Public", "…"])
def test_any_other_syntax_is_one(right: str) -> None:
    assert checked_clients([right]) == (right,)


def test_names_and_ids() -> None:
    assert checked_name("iris-v1.2_x") == "iris-v1.2_x"
    for wrong in ("", "-x", ".x", "a/b", "a b", "x" * 129, "ü"):
        with pytest.raises(BadName):
            checked_name(wrong)
    assert checked_id("v2", "version id") == "v2"
    for wrong in ("", "..", "a/b", "x" * 129):
        with pytest.raises(BadRequest):
            checked_id(wrong, "version id")


def test_a_client_id_is_one_segment_a_hash_at_gateways() -> None:
    assert predict_url("http://h:1", "ana", "a/b ü", "iris") == "http://h:1/v1/ana/a%2Fb%20%C3%BC/iris/predict"
    assert predict_url("http://h:1", "ana", None, "iris") == "http://h:1/v1/ana/public/iris/predict"
    assert client_hash("ü") == hashlib.sha256("ü".encode()).hexdigest()

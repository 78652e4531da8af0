from __future__ import annotations

import pytest

from aibro_jupyter.gateway.origins import origin_is_foreign
from aibro_jupyter.gateway.routes import Address, Routes, address, wake_is_due
from aibro_jupyter.protocol import RouteTable, Target
from aibro_jupyter.states import Role
from tests.gateway.rig import hashed, route

ADDRESSES = {
    "plain": (b"/v1/ada/alice/iris/predict", ("ada", "alice", "iris")),
    "a query does not matter": (b"/v1/ada/alice/iris/predict?x=/y", ("ada", "alice", "iris")),
    "an encoded slash stays inside": (b"/v1/ada/a%2Fb/iris/predict", ("ada", "a/b", "iris")),
    "decoded once": (b"/v1/ada/a%252Fb/iris/predict", ("ada", "a%2Fb", "iris")),
    "UTF-8": (b"/v1/ada/z%C3%BCrich/iris/predict", ("ada", "zürich", "iris")),
    "a plus is a plus": (b"/v1/ada/a+b/iris/predict", ("ada", "a+b", "iris")),
    "not UTF-8": (b"/v1/ada/%ff/iris/predict", None),
    "a double slash": (b"/v1//ada/alice/iris/predict", None),
    "a slash at the end": (b"/v1/ada/alice/iris/predict/", None),
    "too short": (b"/v1/ada/iris", None),
    "another verb": (b"/v1/ada/alice/iris/train", None),
    "absolute form": (b"http://h/v1/ada/alice/iris/predict", None),
    "an encoded verb": (b"/v1/ada/alice/iris/%70redict", None),
}


def test_without_its_verb_the_address_is_the_apis_page() -> None:
    page = Address(username="ada", client_id="alice", model_name="iris", page=True)
    assert address(b"/v1/ada/alice/iris") == page
    assert address(b"/v1/ada/alice/iris?x=1") == page


@pytest.mark.parametrize(("target", "parts"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_address(target: bytes, parts: tuple[str, str, str] | None) -> None:
    username, client_id, model_name = parts or ("", "", "")
    wanted = Address(username=username, client_id=client_id, model_name=model_name) if parts else None
    assert address(target) == wanted


PRIVATE = route(client_hashes=hashed("alice", "a/b"))
OPEN = route(public=True, client_hashes=frozenset(), job_id="inf_2", model_name="open")
CALLERS = {
    "a known client": ("ada/alice/iris", None, "inf_1"),
    "a known client by header": ("ada/-/iris", "alice", "inf_1"),
    "an unknown client": ("ada/bob/iris", None, None),
    "an unknown client by header": ("ada/-/iris", "bob", None),
    "no header": ("ada/-/iris", None, None),
    "an empty header": ("ada/-/iris", "", None),
    "the header counts only with a dash": ("ada/bob/iris", "alice", None),
    "public on a private job": ("ada/public/iris", None, None),
    "public by header": ("ada/-/iris", "public", None),
    "public on a public job": ("ada/public/open", None, "inf_2"),
    "a client on a public job": ("ada/alice/open", None, None),
    "another user": ("eve/alice/iris", None, None),
    "another model": ("ada/alice/rose", None, None),
    "another case": ("ada/Alice/iris", None, None),
}


@pytest.mark.parametrize(("parts", "bearer", "job_id"), CALLERS.values(), ids=CALLERS.keys())
def test_authorised(parts: str, bearer: str | None, job_id: str | None) -> None:
    wanted = address(f"/v1/{parts}/predict".encode())
    assert wanted is not None
    found = Routes(RouteTable(rev=1, routes=(PRIVATE, OPEN))).authorised(wanted, bearer)
    assert (found.job_id if found else None) == job_id


def target(name: str, role: Role) -> Target:
    return Target(instance_id=name, role=role, endpoint="127.0.0.1:1", token="t")


STANDBY, COOLING = target("s", Role.STANDBY), target("c", Role.COOLING)


def test_a_wake_is_due_while_a_configured_cooling_instance_is_not_there() -> None:
    assert wake_is_due(route(STANDBY, has_cooling=True))
    assert not wake_is_due(route(STANDBY, COOLING, has_cooling=True))
    assert not wake_is_due(route(STANDBY))


def test_only_pages_that_the_job_names_may_call() -> None:
    assert not origin_is_foreign(route(), "")
    assert origin_is_foreign(route(), "null")
    assert origin_is_foreign(route(allowed_origins=frozenset({"https://a.example"})), "https://a.example.evil.test")
    assert not origin_is_foreign(route(allowed_origins=frozenset({"https://a.example"})), "https://a.example")

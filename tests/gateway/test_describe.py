from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from aibro_jupyter.gateway.describe import schema
from aibro_jupyter.protocol import Target
from aibro_jupyter.states import Role
from tests.gateway.rig import Rig, hashed, route, running

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>"
ABOUT = {
    "function": "predict",
    "doc": f"Name the species. {HOSTILE}",
    "parameters": [{"name": "X", "annotation": "DataFrame"}, {"name": "k", "default": "3"}],
    "input": {
        "whole": False,
        "parameters": [
            {"name": "X", "kind": "dataframe", "columns": [{"name": HOSTILE, "dtype": "float64"}]},
            {"name": "k", "kind": "json"},
        ],
    },
    "sample": json.dumps({"X": [{HOSTILE: 1.0}], "k": 3}),
    "content_type": "application/json",
}
CLIENT = "alice-0123456789abcdef"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp("gateway")) as rig:
        yield rig


@pytest.fixture(autouse=True)
def served(rig: Rig) -> None:
    target = Target(instance_id="s", role=Role.STANDBY, endpoint="127.0.0.1:9", token="t")
    about = json.dumps(ABOUT)
    public = route(target, job_id="inf_2", public=True, client_hashes=frozenset(), model_name="open", about=about)
    broken = route(target, job_id="inf_3", public=True, client_hashes=frozenset(), model_name="bare", about="no json")
    rig.control.publish_and_wait(route(target, client_hashes=hashed(CLIENT), about=about), public, broken)


def _page(rig: Rig, client_id: str = CLIENT, model_name: str = "iris", **headers: str) -> requests.Response:
    url = rig.url(client_id, model_name=model_name).removesuffix("/predict")
    return requests.get(url, headers=headers, timeout=60)


def test_it_tells_signature_input_and_sample(rig: Rig) -> None:
    told = _page(rig).json()
    ((path, operation),) = ((path, verbs["post"]) for path, verbs in told["paths"].items())
    assert path == "/v1/ada/-/iris/predict"
    assert operation["summary"] == "predict(X: DataFrame, k=3)"
    body = operation["requestBody"]["content"]["application/json"]
    assert body["example"]["k"] == 3
    assert body["schema"]["required"] == ["X", "k"]
    assert told["x-aibro"] == ABOUT


def test_no_page_holds_a_client_id_and_none_runs_a_script(rig: Rig) -> None:
    for accept in ("text/html", "application/json"):
        answer = _page(rig, Accept=accept)
        assert answer.status_code == 200
        assert CLIENT not in answer.text
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    html = _page(rig, Accept="text/html,*/*")
    assert html.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in html.text
    assert "<img" not in html.text
    assert "predict(X: DataFrame, k=3)" in html.text


def test_a_bearer_reads_it_too_and_nobody_else_does(rig: Rig) -> None:
    assert _page(rig, "-", Authorization=f"Bearer {CLIENT}").status_code == 200
    missing = requests.post(rig.url("bob"), json=1, timeout=60)
    for client, name in (("bob", "iris"), ("public", "iris"), ("-", "iris"), (CLIENT, "rose")):
        answer = _page(rig, client, name)
        assert (answer.status_code, answer.content) == (404, missing.content)


def test_a_page_is_only_read(rig: Rig) -> None:
    url = rig.url(CLIENT).removesuffix("/predict")
    for verb in ("POST", "PUT", "DELETE", "PATCH"):
        assert requests.request(verb, url, timeout=60).status_code == 405


def test_a_web_page_may_not_read_it(rig: Rig) -> None:
    assert _page(rig, Origin="http://evil.test").status_code == 403
    # A name turned to this address makes the attacker's own origin: a public API has no other secret than its host.
    assert _page(rig, "public", "open", Host="evil.test:8642").status_code == 403
    assert _page(rig, "public", "open", Host="localhost:8642").status_code == 200


def test_an_api_that_tells_nothing_has_a_page_all_the_same(rig: Rig) -> None:
    assert _page(rig, "public", "bare").json()["x-aibro"] == {}
    assert "<h1>bare</h1>" in _page(rig, "public", "bare", Accept="text/html").text


@pytest.mark.parametrize(
    ("parameter", "means"),
    [
        ({"name": "x", "kind": "text"}, {"type": "string"}),
        ({"name": "x", "kind": "json"}, {}),
        ({"name": "x", "kind": "series", "dtype": "int64"}, {"type": "array", "items": {"type": ["number", "null"]}}),
        ({"name": "x", "kind": "ndarray", "dtype": "bool", "ndim": 2}, {"type": "array", "items": {"type": "array", "items": {"type": "boolean"}}}),
    ],
)  # fmt: skip
def test_schemas(parameter: dict[str, object], means: dict[str, object]) -> None:
    assert schema({"whole": True, "parameters": [parameter]}) == means

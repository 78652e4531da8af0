from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd
import pytest

from aibro_jupyter.client.predict import body, predict
from aibro_jupyter.errors import PredictFailed

Answer = tuple[int, dict[str, str], bytes]


class Api:
    """A real HTTP server that answers what it is told and remembers what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[int], Answer] = lambda _: (200, {"Content-Type": "application/json"}, b"[1]")
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                api.got.append((dict(self.headers.items()), content))
                status, headers, body = api.answer(len(api.got))
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/ana/secret-alice/iris/predict"


@pytest.fixture
def api() -> Iterator[Api]:
    served = Api()
    thread = threading.Thread(target=served.server.serve_forever)
    thread.start()
    yield served
    served.server.shutdown()
    served.server.server_close()
    thread.join()


def test_the_decoded_answer_comes_back(api: Api) -> None:
    assert predict(api.url, {"a": 1}) == [1]
    headers, content = api.got[0]
    assert json.loads(content) == {"a": 1}
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"]


def test_a_broken_connection_and_a_503_are_tried_again_under_one_key(api: Api) -> None:
    answers: dict[int, Answer] = {1: (0, {}, b""), 2: (503, {"Retry-After": "0"}, b"{}")}
    api.answer = lambda count: answers.get(count, (200, {"Content-Type": "application/json"}, b'"well"'))
    assert predict(api.url, [1, 2]) == "well"
    assert len(api.got) == 3
    assert len({headers["Idempotency-Key"] for headers, _ in api.got}) == 1


def test_a_503_that_stays_is_told_once_the_time_is_over(api: Api) -> None:
    api.answer = lambda _: (503, {"Retry-After": "0"}, b'{"error": {"code": "busy", "message": "too busy"}}')
    with pytest.raises(PredictFailed, match="too busy") as failed:
        predict(api.url, [], timeout_s=0.5)
    assert failed.value.status_code == 503


def test_the_apis_own_message_comes_through_and_never_the_client_id(api: Api) -> None:
    said = {"error": {"code": "bad-input", "message": "column a is missing", "sample": [{"a": 1}]}}
    api.answer = lambda _: (422, {"X-Aibro-Request-Id": "req_7"}, json.dumps(said).encode())
    with pytest.raises(PredictFailed, match="column a is missing") as failed:
        predict(api.url, [{}])
    told = f"{failed.value} {failed.value.details} {failed.value.fix}"
    assert failed.value.status_code == 422
    assert "req_7" in told
    assert '[{"a": 1}]' in told
    assert "secret-alice" not in told
    assert len(api.got) == 1


def test_nobody_there_names_the_masked_url_only() -> None:
    with pytest.raises(PredictFailed) as failed:
        predict("http://127.0.0.1:9/v1/ana/secret-alice/iris/predict", [1], timeout_s=0.2)
    told = f"{failed.value} {failed.value.details}"
    assert "secret-alice" not in told
    assert "••••" in told
    assert failed.value.__cause__ is None


def test_files_go_as_multipart_again_at_each_try(api: Api, tmp_path: Any) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    answers: dict[int, Answer] = {1: (503, {"Retry-After": "0"}, b"{}")}
    api.answer = lambda count: answers.get(count, (200, {"Content-Type": "text/plain"}, b"fine"))
    assert predict(api.url, files=table) == "fine"
    headers, content = api.got[1]
    assert headers["Content-Type"].startswith("multipart/form-data")
    assert b'filename="table.csv"' in content
    assert b"a,b\n1,2\n" in content


VALUES = {
    "nothing": (None, b"null", "application/json"),
    "bytes": (b"\x00x", b"\x00x", "application/octet-stream"),
    "text": ("hé", "hé".encode(), "text/plain; charset=utf-8"),
    "a number": (3, b"3", "application/json"),
    "a table": (
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
        b'[{"a": 1, "b": "x"}, {"a": 2, "b": null}]',
        "application/json",
    ),
    "a table with times and gaps": (
        pd.DataFrame(
            {"t": [pd.Timestamp("2026-01-02"), pd.NaT], "n": pd.array([1, None], dtype="Int64"), "x": [0.1 + 0.2, None]}
        ),
        b'[{"t": "2026-01-02T00:00:00", "n": 1, "x": 0.30000000000000004}, {"t": null, "n": null, "x": null}]',
        "application/json",
    ),
    "an array": (pd.Series([1.5, 2.5]).to_numpy(), b"[1.5, 2.5]", "application/json"),
    "arrays by name": ({"x": pd.Series([1, 2])}, b'{"x": [1, 2]}', "application/json"),
}


@pytest.mark.parametrize(("value", "content", "content_type"), VALUES.values(), ids=VALUES.keys())
def test_body(value: Any, content: bytes, content_type: str) -> None:
    assert body(value) == (content, content_type)


def test_what_json_cannot_hold_is_named() -> None:
    with pytest.raises(PredictFailed, match=r"data\[0\] is an object, which JSON cannot hold"):
        body([object()])


def test_a_file_that_is_not_there_is_told_before_anything_is_sent(api: Api, tmp_path: Any) -> None:
    for missing, why in ((tmp_path / "no.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(PredictFailed, match=f"{missing} cannot be read: {why}") as failed:
            predict(api.url, files={"table": missing})
        assert failed.value.status_code == 400
        assert "a relative path begins at" in failed.value.fix
    assert api.got == []

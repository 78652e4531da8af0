"""News go out by real HTTP, to places where they may go, and hold nobody up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from aibro_jupyter.control.engine import notify
from aibro_jupyter.control.engine.notify import Notice, Notifier, check_address, checked_url, host, post
from aibro_jupyter.errors import AibroError, BadRequest
from aibro_jupyter.protocol import decode
from tests.eventually import eventually

NOTICE = Notice(event="canceled", job_id="inf_1", model_name="iris", at=1.0, text="no such column")


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[str, Notice]] = []
        self.statuses: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((self.path, decode(body, Notice)))
                self.send_response(listener.statuses.pop(0) if listener.statuses else 204)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?key=secret"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(30)
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as one:
        yield one


def test_a_notice_arrives_whole(listener: Listener) -> None:
    Notifier()(listener.url, NOTICE)
    eventually(lambda: listener.heard)
    assert listener.heard == [("/hook?key=secret", NOTICE)]


def test_it_is_told_once_more_after_a_failure_and_a_redirect_is_followed_nowhere(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.statuses = [500, 204]
    Notifier()(listener.url, NOTICE)
    eventually(lambda: len(listener.heard) == 2)
    listener.statuses = [307]
    with pytest.raises(AibroError, match="answered 307"):
        post(listener.url, b'{"event":"a","job_id":"b","model_name":"c","at":1,"text":""}')
    listener.statuses = [500, 500]
    Notifier()(listener.url, NOTICE)
    eventually(lambda: "could not be told" in caplog.text)
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "https://",
        "//example.com",
        "https://user:pw@example.com",
        "https://example.com/a b",
        "http://example.com:99999",
        "javascript:alert(1)",
        "http://example.com/\r\nHost: x",
    ],
)
def test_what_is_no_address_for_news_is_refused(url: str) -> None:
    with pytest.raises(BadRequest):
        checked_url(url)


def test_an_address_is_shown_by_its_host_only() -> None:
    assert checked_url("") == ""
    assert host(checked_url("https://hooks.example.com/T000/secret")) == "hooks.example.com"


@pytest.mark.parametrize(
    "name",
    [
        "169.254.169.254",
        "169.254.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "fe80::1",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
    ],
)
def test_news_do_not_go_inside(name: str) -> None:
    literal = f"[{name}]" if ":" in name else name
    with pytest.raises(BadRequest):
        post(f"http://{literal}:9/hook", b"{}")


def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    with pytest.raises(BadRequest, match=r"hooks\.example\.com"):
        post("http://hooks.example.com/", b"{}")


def test_private_networks_may_be_allowed_but_never_metadata() -> None:
    check_address("10.1.2.3", "x", private=True)
    check_address("127.0.0.1", "x", private=False)
    for name in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254"):
        with pytest.raises(BadRequest):
            check_address(name, name, private=True)


def test_who_does_not_answer_fills_no_memory(listener: Listener, caplog: pytest.LogCaptureFixture) -> None:
    tell = Notifier()
    while tell._free.acquire(blocking=False):
        pass
    tell(listener.url, NOTICE)
    assert "dropped" in caplog.text
    assert notify.host(listener.url) in caplog.text

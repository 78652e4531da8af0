"""A Jupyter server with our extension, and a real peer in control's place that says what it was asked."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiohttp import web

# Not `pytest_plugins`: its autouse fixtures and its coroutine runner must stay in this folder.
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.httpclient import HTTPResponse

from aibro_jupyter import lifeline
from aibro_jupyter.home import Home, write_private
from aibro_jupyter.protocol import PROTOCOL, DaemonInfo, StatusView, encode

TOKEN = "control's token"

Fetch = Callable[..., Awaitable[HTTPResponse]]
"""Asks the Jupyter server for the words of a path, as somebody who signed in."""


@dataclass
class Peer:
    """A real HTTP server in control's place: every request it got, and what it answers."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    refuse: int | None = None
    padding: str = ""
    urls: tuple[str, ...] = ()
    """Of the job's clients."""

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.append(
            {
                "verb": request.method,
                "path": request.path,
                "query": dict(request.query),
                "headers": dict(request.headers),
                "body": body.decode(),
            }
        )
        if self.refuse is not None:
            return web.json_response({"error": {"code": "unauthorized", "message": "wrong token"}}, status=self.refuse)
        if request.path == "/api/status":
            if request.headers.get("If-None-Match") == '"3"':
                return web.Response(status=304, headers={"ETag": '"3"'})
            return web.Response(
                body=encode(STATUS), content_type="application/json", headers={"ETag": '"3"', "X-Aibro-Protocol": "1"}
            )
        if request.path.endswith("/clients") and request.method == "GET":
            return web.json_response({"client_ids": ["ana-secret"], "urls": self.urls, "public": False})
        if request.path.endswith("/predict"):
            return web.Response(
                body=b"<script>alert(1)</script>",
                content_type="text/html",
                headers={"X-Aibro-Served-By": "standby", "Set-Cookie": "a=b"},
            )
        return web.json_response({"path": request.path, "padding": self.padding})


STATUS = StatusView(
    version="0.1.0",
    protocol=PROTOCOL,
    python="3.11",
    username="ana",
    gateway_url="http://127.0.0.1:8642",
    reach="this computer",
    rev=3,
    as_of=1000.0,
    parked=False,
    jobs=(),
)


@pytest.fixture(name="jp_server_config")
def our_server_config() -> dict[str, object]:
    return {"ServerApp": {"jpserver_extensions": {"aibro_jupyter": True}, "allow_unauthenticated_access": False}}


@pytest.fixture(autouse=True)
def aibro_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AIBRO_URL", raising=False)
    monkeypatch.delenv("AIBRO_TOKEN", raising=False)
    return Home(tmp_path / "home").make()


@pytest.fixture
def control() -> Iterator[Peer]:
    """The peer, running in a thread of its own with its own loop."""
    peer, started, loop = Peer(), threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", peer.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        peer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        stop = asyncio.Event()
        peer.stop = lambda: loop.call_soon_threadsafe(stop.set)  # type: ignore[attr-defined]
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait()
    yield peer
    peer.stop()  # type: ignore[attr-defined]
    thread.join()
    loop.close()


@pytest.fixture
def embedded(aibro_home: Home, control: Peer) -> Iterator[Peer]:
    """The peer as the embedded backend's control: described in daemon.json, with the daemon's lock held."""
    lock = lifeline.hold(aibro_home.daemon_lock)
    assert lock is not None
    lifeline.sign(lock, os.getpid())
    describe(aibro_home, control.url)
    yield control
    os.close(lock)


def describe(home: Home, url: str) -> None:
    this = psutil.Process()
    info = DaemonInfo(
        pid=this.pid,
        pid_started_at=this.create_time(),
        control_url=url,
        gateway_url="http://127.0.0.1:8642",
        token=TOKEN,
        version="0.1.0",
        protocol=PROTOCOL,
        python="/usr/bin/python3",
    )
    write_private(home.daemon_json, encode(info))


def told(body: bytes) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(body)
    return said

"""A gateway as its own process, between instances that are processes too and a control that speaks the protocol."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from aiohttp import web

from aibro_jupyter.home import Home
from aibro_jupyter.protocol import GatewayReport, ReportAnswer, Route, RouteReport, RouteTable, Target, decode, encode
from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.instance import TOKEN

GATEWAY_TOKEN = "the gateways' token"


def hashed(*client_ids: str) -> frozenset[str]:
    return frozenset(hashlib.sha256(client_id.encode()).hexdigest() for client_id in client_ids)


def route(*targets: Target, **changes: Any) -> Route:
    base = Route(
        job_id="inf_1",
        username="ada",
        model_name="iris",
        public=False,
        client_hashes=hashed("alice"),
        deployed=True,
        targets=targets,
    )
    return replace(base, **changes)


class Control:
    """Serves whatever table it was last given, and remembers what gateways told it."""

    def __init__(self, port: int = 0) -> None:
        self.reports: list[GatewayReport] = []
        self.acknowledged: list[int] = []
        self.next_s: float | None = None
        """What each report is answered with."""
        self.held_back = threading.Event()
        self._table: RouteTable | None = None
        self._loop = asyncio.new_event_loop()
        self._changed: asyncio.Event
        self._port = port
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def publish(self, *routes: Route) -> int:
        """Set the table and return its revision."""
        rev = 1 if self._table is None else self._table.rev + 1
        self._table = RouteTable(rev=rev, routes=routes)
        self._loop.call_soon_threadsafe(self._changed.set)
        return rev

    def publish_and_wait(self, *routes: Route) -> int:
        """Set the table and return when the gateway has acknowledged it."""
        rev = self.publish(*routes)
        eventually(lambda: rev in self.acknowledged)
        return rev

    def job(self) -> RouteReport:
        """Return the newest report of the one job."""
        assert self.reports, "no report yet"
        return self.reports[-1].jobs[0]

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)

    def _run(self, started: threading.Event) -> None:
        self._loop.run_until_complete(self._serve(started))
        self._loop.close()

    async def _serve(self, started: threading.Event) -> None:
        self._changed, self._stop = asyncio.Event(), asyncio.Event()
        app = web.Application()
        app.router.add_get("/api/gateway/routes", self._routes)
        app.router.add_post("/api/gateway/report", self._report)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = runner.addresses[0][1]
        started.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _routes(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {GATEWAY_TOKEN}"
        after = int(request.query.get("after", -1))
        self.acknowledged.append(after)
        while self._table is None or self._table.rev <= after:
            self._changed.clear()
            waiting = {asyncio.ensure_future(self._changed.wait()), asyncio.ensure_future(self._stop.wait())}
            _, rest = await asyncio.wait(waiting, timeout=20, return_when=asyncio.FIRST_COMPLETED)
            for one in rest:
                one.cancel()
            if self._stop.is_set():
                return web.Response(status=503)
        return web.Response(body=encode(self._table), content_type="application/json")

    async def _report(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {GATEWAY_TOKEN}"
        self.reports.append(decode(await request.read(), GatewayReport))
        return web.Response(body=encode(ReportAnswer(next_s=self.next_s)), content_type="application/json")


@dataclass
class Instance:
    """One instance's process."""

    name: str
    process: subprocess.Popen[str]
    endpoint: str

    def target(self, role: Role) -> Target:
        return Target(instance_id=self.name, role=role, endpoint=self.endpoint, token=TOKEN)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.process.kill()
        self.process.wait(60)


@dataclass
class Rig:
    """Everything a test needs of a running gateway."""

    control: Control
    home: Home
    port: int
    process: subprocess.Popen[bytes]
    instances: list[Instance] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, client_id: str = "alice", *, username: str = "ada", model_name: str = "iris") -> str:
        return f"{self.origin}/v1/{username}/{client_id}/{model_name}/predict"

    def ask(self, body: object = None, *, client_id: str = "alice", **more: Any) -> requests.Response:
        return requests.post(self.url(client_id), json=body or {"do": "answer"}, timeout=120, **more)

    def instance(self, name: str, port: int = 0) -> Instance:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.gateway.instance", name, str(port)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        instance = Instance(name, process, process.stdout.readline().strip())
        self.instances.append(instance)
        return instance

    def hanging(self, instance: Instance) -> None:
        """Wait until that instance works on a request that never ends."""
        assert instance.process.stdout is not None
        assert instance.process.stdout.readline() == "hanging\n"


@contextmanager
def running(tmp_path: Path, **settings: object) -> Iterator[Rig]:
    home = Home(tmp_path / "home").make()
    home.gateway_token_file.write_text(GATEWAY_TOKEN)
    home.settings_file.write_text("".join(_toml(settings)))
    control = Control()
    sock = socket.create_server(("127.0.0.1", 0), backlog=128)
    rig = Rig(control=control, home=home, port=sock.getsockname()[1], process=gateway_process(home, control.url, sock))
    try:
        with sock:
            yield rig
    finally:
        for instance in rig.instances:
            instance.process.kill()
            instance.process.communicate(timeout=60)
        rig.process.kill()
        rig.process.wait(60)
        rig.control.stop()


def gateway_process(home: Home, control_url: str, sock: socket.socket) -> subprocess.Popen[bytes]:
    """Start a gateway on a socket, with the settings and the token of a home."""
    command = [sys.executable, "-m", "aibro_jupyter.gateway", "--fd", str(sock.fileno()), "--gateway-id", "gw1"]
    with (home.logs / "gateway.log").open("ab") as log:
        return subprocess.Popen(
            [*command, "--control-url", control_url],
            pass_fds=(sock.fileno(),),
            env={**os.environ, "AIBRO_HOME": str(home.root)},
            stderr=log,
        )


def _toml(settings: dict[str, object]) -> Iterator[str]:
    yield "[gateway]\n"
    yield from (f"{name} = {value}\n" for name, value in settings.items() if not isinstance(value, dict))
    for name, value in settings.items():
        if isinstance(value, dict):
            yield f"[gateway.{name}]\n"
            yield from (f"{inner} = {limit}\n" for inner, limit in value.items())

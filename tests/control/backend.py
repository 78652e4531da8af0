"""A real control server on a loopback socket, with a provider of its own and, if wanted, a gateway that polls it."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from aiohttp import web

from aibro_jupyter.clock import SystemClock
from aibro_jupyter.control.api.app import Outside, application
from aibro_jupyter.control.api.auth import HostList
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.home import Home
from aibro_jupyter.listening import Listening
from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol import (
    DeployRequest,
    GatewayReport,
    JobView,
    ReportAnswer,
    RouteTable,
    VersionSpec,
    decode,
    encode,
)
from tests.eventually import eventually
from tests.fakes import FakeProvider, report

OWNER, GATEWAY, METRICS = "owner-token", "gateway-token", "metrics-token"
BUNDLE = b"not really an archive, but these very bytes"
DIGEST = hashlib.sha256(BUNDLE).hexdigest()


class Backend:
    """Control in a thread of this process, over real HTTP."""

    def __init__(self, root: Path, settings: ControlSettings | None = None, **provider: Any) -> None:
        self.home = Home(root).make()
        self.clock = SystemClock()
        self.provider = FakeProvider(self.clock, **provider)
        self.settings = settings or ControlSettings(hurry_s=0.02, resync_s=0.5, confirm_s=5)
        self._sock = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._sock.getsockname()[1]}"
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        outside = Outside(
            home=self.home,
            settings=self.settings,
            providers={"here": self.provider},
            owner_token=OWNER,
            gateway_token=GATEWAY,
            metrics_token=METRICS,
            gateway_url="http://127.0.0.1:8642",
            hosts=HostList.of(Listening(), self.settings.allowed_hosts),
            clock=self.clock,
            probe=self.provider,
        )
        runner = web.AppRunner(application(outside), access_log=None, shutdown_timeout=2, auto_decompress=False)
        await runner.setup()
        await web.SockSite(runner, self._sock).start()
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    def __enter__(self) -> Backend:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self._sock.close()
        assert not self._thread.is_alive()

    def call(
        self, method: str, path: str, message: Any = None, *, token: str = OWNER, **more: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        body = message if isinstance(message, bytes) or message is None else encode(message)
        return requests.request(method, f"{self.url}{path}", data=body, headers=headers, timeout=60, **more)

    def job(self, path: str, message: Any = None, method: str = "GET") -> JobView:
        answer = self.call(method, path, message)
        assert answer.status_code < 300, answer.text
        return decode(answer.content, JobView)

    def upload(self) -> None:
        assert self.call("PUT", f"/api/bundles/{DIGEST}", BUNDLE).status_code in (200, 201)

    def deploy(self, name: str = "iris", **more: Any) -> JobView:
        """Deploy, and return the job when it serves."""
        self.upload()
        job = self.job("/api/jobs", deploy_request(name, **more), "POST")
        return eventually(lambda: self._deployed(job.job_id))

    def _deployed(self, job_id: str) -> JobView | None:
        job = self.job(f"/api/jobs/{job_id}")
        return job if job.deployed_at is not None or job.outcome is not None else None

    @contextmanager
    def gateway(self, gateway_id: str = "gw1") -> Iterator[FakeGateway]:
        one = FakeGateway(self, gateway_id)
        with one:
            yield one


class FakeGateway:
    """Polls and reports as a gateway does."""

    def __init__(self, backend: Backend, gateway_id: str) -> None:
        self._backend, self.gateway_id = backend, gateway_id
        self.table = RouteTable(rev=-1, routes=())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        after = ""
        while not self._over.is_set():
            path = f"/api/gateway/routes?gateway={self.gateway_id}&wait_s=0.3{after}"
            self.table = decode(self._backend.call("GET", path, token=GATEWAY).content, RouteTable)
            after = f"&after={self.table.rev}"
            self.say(report(self.gateway_id, self.table.rev))

    def say(self, what: GatewayReport) -> ReportAnswer:
        answer = self._backend.call("POST", "/api/gateway/report", what, token=GATEWAY)
        assert answer.status_code == 200, answer.text
        return decode(answer.content, ReportAnswer)

    def __enter__(self) -> FakeGateway:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join(60)


def deploy_request(
    name: str = "iris", *, job_id: str = "", client_ids: tuple[str, ...] = (), **spec: Any
) -> DeployRequest:
    machines = MachineConfig(standby=spec.pop("standby", "g4dn.4xlarge"), cooling=spec.pop("cooling", None))
    whole = VersionSpec(**{"bundle": DIGEST, "lock": "", "python": "3.11", "machines": machines, **spec})
    return DeployRequest(job_id=job_id or f"inf_{uuid.uuid4()}", model_name=name, spec=whole, client_ids=client_ids)

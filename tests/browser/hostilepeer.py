"""A control of somebody hostile: it speaks the protocol, and every text in its answers is an attack."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from aibro_jupyter.protocol import PROTOCOL, ClientsView, JobView, LogsView, StatusView, VersionSpec, encode

EVERYTHING = "everything"
"""The job whose own texts hold every payload."""


@contextmanager
def hostile_control(status: StatusView, texts: Sequence[str]) -> Iterator[str]:
    """Serve the status of a real backend, its one job multiplied and all its texts replaced; yield the URL."""
    started, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    found: list[str] = []

    async def serve() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", Peer(status, texts, found).answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait()
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


class Peer:
    """The answers."""

    def __init__(self, status: StatusView, texts: Sequence[str], url: list[str]) -> None:
        batches = [tuple(texts[i : i + 10]) for i in range(0, len(texts), 10)]
        jobs = [_hostile(status.jobs[0], f"job{i}", batch) for i, batch in enumerate(batches)]
        everything = _hostile(status.jobs[0], EVERYTHING, texts)
        self.jobs = {job.job_id: job for job in (everything, *jobs)}
        self.status = dataclasses.replace(status, jobs=tuple(self.jobs.values()))
        self.texts, self._url = tuple(texts), url

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/predict":
            return web.Response(text=json.dumps(self.texts, ensure_ascii=False), content_type="text/html")
        words = request.path.strip("/").split("/")
        match words:
            case ["api", "status"]:
                said: object = self.status
            case ["api", "jobs"]:
                said = self.jobs.get(request.query["model_name"])
            case ["api", "jobs", job_id]:
                said = self.jobs.get(job_id)
            case ["api", "jobs", _, "logs"]:
                said = LogsView(job_id="x", lines=() if request.query.get("after") else self.texts, cursor="1")
            case ["api", "jobs", _, "clients"]:
                urls = tuple(f"{self._url[0]}/predict" for _ in self.texts)
                said = ClientsView(client_ids=self.texts, urls=urls, public=False)
            case _:
                said = None
        body = encode(said) if said is not None else b'{"error":{"code":"not-found","message":"no"}}'
        headers = {"X-Aibro-Protocol": str(PROTOCOL), "Content-Type": "application/json"}
        return web.Response(status=200 if said is not None else 404, body=body, headers=headers)


def _hostile(job: JobView, name: str, texts: Sequence[str]) -> JobView:
    """Put the texts wherever a person reads words of somebody else's."""
    words = "\n".join(texts)
    spec = dataclasses.replace(job.versions[0].spec, **_about(texts))
    return dataclasses.replace(
        job,
        job_id=name,
        model_name=name if name == EVERYTHING else f"{name} {texts[0]}",
        description=words,
        reason=words,
        warnings=tuple(texts),
        url=f"http://127.0.0.1:1/v1/{texts[1]}/predict",
        instances=tuple(dataclasses.replace(one, why=words) for one in job.instances),
        versions=tuple(dataclasses.replace(one, reason=words, spec=spec) for one in job.versions),
        wakes=tuple(dataclasses.replace(one, why=words) for one in job.wakes),
    )


def _about(texts: Sequence[str]) -> dict[str, Any]:
    known = {field.name for field in dataclasses.fields(VersionSpec)}
    about = {"function": texts[0], "signature": texts[1], "sample": texts[2]}
    return {"about": json.dumps(about)} if "about" in known else {}

"""Callers for storms: they send unique bodies, check that the echo is theirs, and keep a log of every request."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import aiohttp

import aibro_jupyter
from aibro_jupyter.errors import AibroError

PATIENCE_S = 120


@dataclass
class Log:
    """What became of every request, by the callers' own account."""

    answered: int = 0
    while_waking: int = 0
    ours: int = 0
    """Answered to our own client."""
    broken: list[float] = field(default_factory=list)
    """When a raw connection broke with a request in flight."""
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    """Anything else that is not the answer."""
    statuses: Counter[int] = field(default_factory=Counter)
    slowest_s: float = 0.0


class Callers:
    """Steady traffic on one job, bursts on another whose cooling instance sleeps between them."""

    def __init__(self, steady_url: str, waking_url: str, per_s: float = 50) -> None:
        self.log = Log()
        self._urls = (steady_url, waking_url)
        self._per_s = per_s
        self._stop = threading.Event()
        self.bursting = threading.Event()
        """Set while the second job shall be called."""
        self._sent = 0

    def __enter__(self) -> Callers:
        self._pool = ThreadPoolExecutor(5)
        self._running = [
            self._pool.submit(asyncio.run, self._raw()),
            *(self._pool.submit(self._ours) for _ in range(4)),
        ]
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for running in self._running:
            running.result(PATIENCE_S + 30)
        self._pool.shutdown()

    def check(self) -> None:
        """Raise what broke a caller itself."""
        for running in self._running:
            if running.done():
                running.result()

    # --- raw connections, kept alive: four fifths of all ------------------------------------------------------------------

    async def _raw(self) -> None:
        """Send at a steady pace whatever happens to those before; wait for all at the end."""
        pause_s, under_way = 1.0 / (self._per_s * 0.8), set()
        due = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
            while not self._stop.is_set():
                self._sent += 1
                # While the second job is called it gets nearly all: then its cooling instance is waking.
                url = self._urls[1 if self.bursting.is_set() and self._sent % 10 else 0]
                task = asyncio.create_task(self._one(session, url, self._sent))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                due += pause_s
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            await asyncio.gather(*under_way)

    async def _one(self, session: aiohttp.ClientSession, url: str, number: int) -> None:
        body, began = {"n": number, "pad": "x" * 200}, time.monotonic()
        try:
            async with session.post(url, data=json.dumps(body), headers={"Content-Type": "application/json"}) as got:
                text = await got.text()
                self._answered(got.status, text, body, began, got.headers.get("X-Aibro-Served-By", ""))
        except aiohttp.ClientConnectorError:
            self.log.refused += 1
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError):
            self.log.broken.append(time.monotonic())
        except TimeoutError:
            self.log.lost.append(f"{number}: no answer in {PATIENCE_S} s")

    def _answered(self, status: int, text: str, body: object, began: float, served_by: str) -> None:
        log = self.log
        log.statuses[status] += 1
        log.slowest_s = max(log.slowest_s, time.monotonic() - began)
        if status != 200 or json.loads(text)["echo"] != body:
            log.lost.append(f"{status}: {text[:200]}")
            return
        log.answered += 1
        log.while_waking += "cooling-expected" in served_by

    # --- our own client ---------------------------------------------------------------------------------------------------

    def _ours(self) -> None:
        pause_s, number = 4.0 / (self._per_s * 0.2), 0
        while not self._stop.wait(pause_s):
            number += 1
            body = f"mine-{threading.get_ident()}-{number}"
            try:
                if aibro_jupyter.predict(self._urls[0], body, timeout_s=PATIENCE_S)["echo"] != body:
                    self.log.lost.append(f"cross-talk: {body}")
                self.log.ours += 1
            except AibroError as error:
                self.log.lost.append(f"our client: {error}")


def soon(check: Callable[[], bool], timeout_s: float, every_s: float = 0.01) -> float | None:
    """Return the seconds until it came true; None: it did not in time."""
    began = time.monotonic()
    while time.monotonic() - began < timeout_s:
        if check():
            return time.monotonic() - began
        time.sleep(every_s)
    return None

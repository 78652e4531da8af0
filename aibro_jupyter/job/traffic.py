"""Steady requests to an API, each sent exactly once: whatever is not answered counts as lost."""

from __future__ import annotations

import statistics
import threading
from collections import Counter
from dataclasses import dataclass, field

import requests

from aibro_jupyter import clock
from aibro_jupyter.client.sessions import session
from aibro_jupyter.figures import duration
from aibro_jupyter.modelio.bodies import Body
from aibro_jupyter.views.drill import Calls

_CALLERS = 8
_SHOWN = 3
"""Chosen, both: callers enough to keep the rate while answers are slow, and failures enough to see what went wrong."""


@dataclass
class _Seen:
    took_s: list[float] = field(default_factory=list)
    by: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class SteadyTraffic:
    """A context in which requests flow at a rate; a slow answer slows its own caller only."""

    def __init__(self, url: str, body: Body, *, rate: float, timeout_s: float = 120) -> None:
        self._url, self._body, self._timeout_s = url, body, timeout_s
        self._pause_s = 1 / max(0.1, min(rate, 500.0))
        self._seen = _Seen()
        self._one = threading.Lock()
        self._over = threading.Event()
        self._due_at = clock.perf()
        callers = range(_CALLERS)
        self._callers = [threading.Thread(target=self._call, name=f"aibro-drill-{n}", daemon=True) for n in callers]

    def __enter__(self) -> SteadyTraffic:
        for caller in self._callers:
            caller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Send no more, and wait for the answers that are on their way."""
        self._over.set()
        for caller in self._callers:
            caller.join(self._timeout_s)

    def seen(self) -> Calls:
        """Return what became of the requests that are over."""
        with self._one:
            seen = self._seen
            return Calls(
                sent=len(seen.took_s) + len(seen.failures),
                answered=len(seen.took_s),
                failures=tuple(seen.failures[:_SHOWN]),
                slowest_s=max(seen.took_s, default=0.0),
                median_s=statistics.median(seen.took_s) if seen.took_s else 0.0,
                by=dict(seen.by),
            )

    def wait(self, seconds: float) -> None:
        """Let it flow for a while."""
        self._over.wait(seconds)

    def _call(self) -> None:
        with session(self._url) as http:
            while not self._over.wait(self._turn_s()):
                self._once(http)

    def _turn_s(self) -> float:
        """Take the next turn and return how long it is until then."""
        with self._one:
            now = clock.perf()
            self._due_at = max(now, self._due_at + self._pause_s)
            return self._due_at - now

    def _once(self, http: requests.Session) -> None:
        began = clock.perf()
        kind = {"Content-Type": self._body.content_type} if self._body.content_type else {}
        try:
            answer = http.post(self._url, data=self._body.content, headers=kind, timeout=self._timeout_s)
        except requests.RequestException as error:
            with self._one:
                self._seen.failures.append(f"{type(error).__name__} after {duration(clock.perf() - began)}")
            return
        with self._one:
            if answer.ok:
                self._seen.took_s.append(clock.perf() - began)
                self._seen.by[answer.headers.get("X-Aibro-Served-By", "").partition(";")[0] or "unknown"] += 1
            else:
                request_id = answer.headers.get("X-Aibro-Request-Id", "")
                self._seen.failures.append(f"HTTP {answer.status_code}, request {request_id}")

"""A gateway's talk with control: routes by long poll, counters by report; control may be away as long as it likes."""

from __future__ import annotations

import asyncio
import logging
import math
from urllib.parse import urlsplit

from aibro_jupyter.clock import now
from aibro_jupyter.errors import AibroError, BackendDown, BadRequest
from aibro_jupyter.gateway.server import Gateway
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.http1 import Answer, Lost, Overran, Pool, Unreachable
from aibro_jupyter.protocol import GatewayReport, ReportAnswer, RouteTable, decode, encode

_LOG = logging.getLogger(__name__)
_BACK_OFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Chosen: control is restarted within a moment, and a revocation waits for this poll."""
_AFTER_S = 0.01
"""So long after the moment that control waits for control has it behind it, though timers differ a little."""
_AGAIN_S = 0.2
"""At most so often does a wake send a report of its own."""


class Sync:
    """Two loops: the newest routes in, the counters out."""

    def __init__(self, gateway: Gateway, *, control_url: str, token: str, settings: GatewaySettings) -> None:
        url = urlsplit(control_url)
        if url.scheme != "http" or not url.netloc:
            raise BadRequest(f"not a control URL: {control_url}", fix="it looks like http://127.0.0.1:PORT")
        self._gateway = gateway
        self._settings = settings
        self._endpoint = url.netloc
        self._token = token
        self._pool = Pool(connect_s=5.0)

    async def run(self) -> None:
        """Go on until canceled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._poll())
            both.create_task(self._report())

    async def _poll(self) -> None:
        """Ask for the table after the one applied; asking so is the acknowledgement that it is applied."""
        failures = 0
        while True:
            rev, wait_s = self._gateway.rev, self._settings.poll_wait_s
            asked = f"gateway={self._gateway.gateway_id}&wait_s={wait_s:g}" + ("" if rev is None else f"&after={rev}")
            try:
                answer = await self._call("GET", f"/api/gateway/routes?{asked}", timeout_s=wait_s + 10)
                table = decode(answer.body, RouteTable)
            except AibroError as error:
                if failures == 0:
                    _LOG.warning("no routes from control: %s", error.message)
                await asyncio.sleep(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
                failures += 1
                continue
            if failures:
                _LOG.info("control answers again")
            failures = 0
            if table.rev != rev:
                self._gateway.apply(table)

    async def _report(self) -> None:
        """Send counters: when a wake is due or control wants them, each second while they change, else now and then."""
        loop = asyncio.get_running_loop()
        last_sent: object = None
        last_at, wanted_at = 0.0, math.inf
        while True:
            # By the wall clock, as control counts: what the computer slept through has passed.
            await self._wait_for_a_reason(wanted_at - now())
            if self._gateway.rev is None:
                continue
            woken = self._gateway.wake_due.is_set()
            due = woken or now() >= wanted_at
            report = self._gateway.report()
            seen = _countable(report)
            if not due and seen == last_sent and loop.time() < last_at + self._settings.quiet_report_s:
                continue
            self._gateway.wake_due.clear()
            try:
                answer = await self._call("POST", "/api/gateway/report", body=encode(report), timeout_s=5)
                wanted_s = decode(answer.body, ReportAnswer).next_s
                self._gateway.heard()
            except AibroError:
                # The poll tells of a control that is away. What was due stays due.
                if woken:
                    self._gateway.wake_due.set()
                await asyncio.sleep(_AGAIN_S)
                continue
            last_sent, last_at = seen, loop.time()
            wanted_at = math.inf if wanted_s is None else now() + wanted_s + _AFTER_S
            await asyncio.sleep(_AGAIN_S)

    async def _wait_for_a_reason(self, wanted_s: float) -> None:
        try:
            async with asyncio.timeout(min(self._settings.report_s, max(0.0, wanted_s))):
                await self._gateway.wake_due.wait()
        except TimeoutError:
            return

    async def _call(self, method: str, path: str, *, body: bytes = b"", timeout_s: float) -> Answer:
        headers = {"Content-Type": "application/json"}
        try:
            answer = await self._pool.call(
                self._endpoint, method, path, token=self._token, headers=headers, body=body, timeout_s=timeout_s
            )
        except (Unreachable, Lost, Overran) as why:
            raise BackendDown(f"control does not answer: {type(why).__name__}") from why
        if answer.status >= 300:
            raise BackendDown(f"control answers {answer.status}")
        return answer


def _countable(report: GatewayReport) -> object:
    """Return what makes a report news; idle seconds and sliding windows change all the time."""
    return report.rev, tuple(
        (job.job_id, job.requests, job.answers, job.lost, job.in_flight, job.held) for job in report.jobs
    )

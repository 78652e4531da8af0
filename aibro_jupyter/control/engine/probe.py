"""Asks the agents of running instances how they are, and for their logs."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Protocol

import aiohttp

from aibro_jupyter.control.ledger.rows import InstanceRow
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.protocol import Health, decode


class Probe(Protocol):
    """How control hears from an agent; None where it does not answer."""

    async def health(self, row: InstanceRow, endpoint: str) -> Health | None:
        """Return what the agent says of itself."""
        ...

    async def logs(self, row: InstanceRow, endpoint: str, lines: int) -> tuple[str, ...] | None:
        """Return the last lines of the model's output, oldest first."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


class HttpProbe:
    """``Probe`` over HTTP; an agent that takes longer than a moment counts as silent."""

    def __init__(self, timeout_s: float = 2.0) -> None:
        self._timeout_s = timeout_s

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        # Made at the first question, for it belongs to the event loop that runs then.
        return aiohttp.ClientSession()

    async def health(self, row: InstanceRow, endpoint: str) -> Health | None:
        """Return what the agent says of itself; an answer in another instance's name counts as none."""
        body = await self._get(row, endpoint, "/health")
        try:
            health = None if body is None else decode(body, Health)
        except BadRequest:
            return None
        return health if health is not None and health.instance_id == row.instance_id else None

    async def logs(self, row: InstanceRow, endpoint: str, lines: int) -> tuple[str, ...] | None:
        """Return the last lines of the model's output, oldest first."""
        body = await self._get(row, endpoint, f"/logs?lines={lines}")
        return None if body is None else tuple(body.decode(errors="replace").splitlines()[-lines:])

    async def close(self) -> None:
        """Let go of the connections."""
        await self._session.close()

    async def _get(self, row: InstanceRow, endpoint: str, path: str) -> bytes | None:
        headers = {"Authorization": f"Bearer {row.token}"}
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.get(f"http://{endpoint}{path}", headers=headers, allow_redirects=False) as answer,
            ):
                return await answer.read() if answer.status == 200 else None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return None

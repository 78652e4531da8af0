"""The data plane's HTTP/1.1 on httptools and uvloop, for gateway and worker agent alone: requests in, answers out."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from aibro_jupyter.http1.caller import Caller
from aibro_jupyter.http1.client import Answer, Lost, Overran, Pool, Unreachable
from aibro_jupyter.http1.handlers import Handlers
from aibro_jupyter.http1.head import Head
from aibro_jupyter.http1.message import IN_ONE, ConnectionLimits, Made, Request, Response, failure
from aibro_jupyter.http1.server import Server
from aibro_jupyter.http1.service import Service

__all__ = [
    "IN_ONE",
    "Answer",
    "Caller",
    "ConnectionLimits",
    "Handlers",
    "Head",
    "Lost",
    "Made",
    "Overran",
    "Pool",
    "Request",
    "Response",
    "Server",
    "Service",
    "Unreachable",
    "failure",
    "run",
]


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end on uvloop, or on plain asyncio where there is none."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
        return
    uvloop.run(main)

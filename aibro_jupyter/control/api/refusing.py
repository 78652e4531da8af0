"""Control on a database it must not run on: whoever asks is told why at once, and nothing is started or ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import NoReturn

from aiohttp import web

from aibro_jupyter.control.api.app import Outside, guarded
from aibro_jupyter.errors import AibroError, DatabaseRefused
from aibro_jupyter.home import Home

LOOK_S = 0.5
"""Chosen: a restored database is taken up so soon, while a gateway that runs on serves with the routes it has."""


def refusing(outside: Outside, why: DatabaseRefused, over: Callable[[], None]) -> web.Application:
    """Return an application that answers everything with that error; ``over`` is called once the database changed."""
    app, before = guarded(outside), _looks(outside.home)

    async def refuse(_: web.Request) -> NoReturn:
        raise _again(why)

    async def watched(_: web.Application) -> AsyncIterator[None]:
        async def watch() -> None:
            while _looks(outside.home) == before:  # noqa: ASYNC110 - another process changes it
                await asyncio.sleep(LOOK_S)
            over()

        watching = asyncio.create_task(watch())
        yield
        watching.cancel()

    app.router.add_route("*", "/{anything:.*}", refuse)
    app.cleanup_ctx.append(watched)
    return app


def _again(why: DatabaseRefused) -> AibroError:
    # An exception that is raised often would carry the frames of all its raisings.
    return type(why)(why.message, fix=why.fix, details=why.details)


def _looks(home: Home) -> tuple[int, int, int] | None:
    """Return what changes when the database is replaced; None: there is none."""
    try:
        found = home.database.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns

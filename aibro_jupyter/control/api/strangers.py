"""What the owner may ask about instances that the database does not know."""

from __future__ import annotations

from aiohttp import web

from aibro_jupyter.control.api.handlers import Handlers
from aibro_jupyter.control.api.messages import answer, asked
from aibro_jupyter.control.engine.sweep import end_unknown
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.protocol import EndUnknown


class Strangers:
    """The one operation there is about them: they are seen in the status."""

    def __init__(self, world: World, owner: Handlers) -> None:
        self._world = world
        self._owner = owner

    async def end(self, request: web.Request) -> web.Response:
        """End instances that the database does not know, with their volumes; it returns when that is asked for."""
        await end_unknown(self._world, (await asked(request, EndUnknown)).instance_ids)
        return answer(self._owner.status_view())

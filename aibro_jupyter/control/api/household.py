"""What the owner may ask about the home itself: instances that the database does not know, and the disk."""

from __future__ import annotations

from aiohttp import web

from aibro_jupyter.control.api.handlers import Handlers
from aibro_jupyter.control.api.messages import answer, asked
from aibro_jupyter.control.engine.pruning import prune
from aibro_jupyter.control.engine.sweep import end_unknown
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.disk import usage
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.protocol import EndUnknown, PruneRequest


class Household:
    """The operations there are about it; unknown instances are seen in the status."""

    def __init__(self, world: World, owner: Handlers) -> None:
        self._world = world
        self._owner = owner

    async def end_unknown(self, request: web.Request) -> web.Response:
        """End instances that the database does not know, with their volumes; it returns when that is asked for."""
        await end_unknown(self._world, (await asked(request, EndUnknown)).instance_ids)
        return answer(self._owner.status_view())

    async def disk(self, _: web.Request) -> web.Response:
        """Return what the home takes, by kind; it looks at every file."""
        return answer(await self._world.run_blocking(usage, self._world.home))

    async def prune(self, request: web.Request) -> web.Response:
        """Remove what no active or rollback version uses, or only tell what that is."""
        wanted = await asked(request, PruneRequest)
        if not wanted.older_than_s >= 0:
            raise BadRequest("older_than_s must be 0 or more", fix="0 is everything that nobody uses")
        return answer(await prune(self._world, wanted))

"""The Jupyter server's half of the sidebar: passes ``/aibro/*`` to control, and revives a backend that died."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Float

from aibro_jupyter.client import ensure
from aibro_jupyter.errors import AibroError
from aibro_jupyter.jupyter.handlers import PassThrough
from aibro_jupyter.jupyter.trying import TryIt
from aibro_jupyter.jupyter.upstream import Upstream, died


class AibroServer(ExtensionApp):
    """``aibro_jupyter`` as the Jupyter server sees it."""

    name = "aibro_jupyter"
    description = "Passes JupyterLab's requests on to the aibro backend."

    look_every_s = Float(
        3.0, min=0.1, help="Seconds between looks at whether the embedded backend died and has to be brought back."
    ).tag(config=True)

    def initialize_handlers(self) -> None:
        """Register the routes."""
        self._upstream = Upstream()
        self.handlers.append((r"/aibro/try/([A-Za-z0-9_-]{1,80})", TryIt, {"upstream": self._upstream}))
        self.handlers.append((r"/aibro/(.*)", PassThrough, {"upstream": self._upstream}))

    _watch: asyncio.Task[None] | None = None

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:  # noqa: ARG002 - jupyter_server's hook
        self._watch = asyncio.create_task(self._revive_forever())

    async def stop_extension(self) -> None:
        """End with the server."""
        if self._watch is not None:
            self._watch.cancel()
        self._upstream.close()

    async def _revive_forever(self) -> None:
        pause_s = self.look_every_s
        while True:
            await asyncio.sleep(pause_s)
            try:
                if await asyncio.to_thread(died):
                    self.log.warning("the aibro backend died; bringing it back")
                    await asyncio.to_thread(ensure.backend)
                pause_s = self.look_every_s
            except AibroError as error:
                pause_s = min(pause_s * 2, 300.0)
                self.log.warning("the aibro backend could not be brought back, next try in %.0f s: %s", pause_s, error)

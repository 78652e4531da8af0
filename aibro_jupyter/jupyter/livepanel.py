"""The panel of jobs in a cell's output: one anywidget, fed by a thread, so that it moves while cells run."""

from __future__ import annotations

import threading
import weakref
from contextlib import closing
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Dict

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import AibroError
from aibro_jupyter.jupyter.picture import with_picture
from aibro_jupyter.protocol import StatusView
from aibro_jupyter.views.panel import PanelView, told

STATIC = Path(__file__).parent / "static"
EVERY_S = 2.0
"""As often as the sidebar polls."""


class LivePanel(anywidget.AnyWidget):
    """Status and money of all jobs or of one. A saved notebook keeps the picture that it began with."""

    _esm = STATIC / "panel.js"
    _css = STATIC / "panel.css"
    seen = Dict().tag(sync=True)
    """Jobs as ``views.panel.told`` has them, and a word if there is none: no token, no client id."""
    alive = Bool(default_value=True).tag(sync=True)
    """Whether the backend answers, so that money may be counted on between two answers."""

    def __init__(self, view: PanelView) -> None:
        super().__init__(seen=shown(view.now.status, view.now.only))
        self._view = view
        self._ended = threading.Event()
        follower = threading.Thread(
            target=_follow, args=(weakref.ref(self), self._ended, view.now.only), name="aibro-panel", daemon=True
        )
        follower.start()

    def close(self) -> None:
        """End it with its thread."""
        if hasattr(self, "_ended"):
            self._ended.set()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_picture(super()._repr_mimebundle_(**kwargs), self._view)


def shown(status: StatusView, only: str) -> dict[str, Any]:
    """Return what the panel shows of a status: active jobs, or the one that was asked for."""
    jobs = [
        told(job, status.as_of)
        for job in status.jobs
        if (only in (job.model_name, job.job_id) if only else job.outcome is None)
    ][:20]
    said = "" if jobs else f"no job is called {only}" if only else "nothing is deployed: %aibro deploy FUNCTION"
    return {"jobs": jobs, "said": said}


class _Look:
    """One connection to the backend, made anew once it was lost: a backend may come back at another port."""

    def __init__(self) -> None:
        self._control: ControlClient | None = None

    def changed(self) -> StatusView | None:
        """Return what there is now; None: it is as it was."""
        if self._control is None:
            self._control = backend(start=False)
            return self._control.status()
        try:
            return self._control.changed_status()
        except (AibroError, OSError):
            self.close()
            raise

    def close(self) -> None:
        """End the connection."""
        if self._control is not None:
            self._control.close()
            self._control = None


def _follow(panel: weakref.ref[LivePanel], ended: threading.Event, only: str) -> None:
    """Put what changed into the traits until the panel is closed or forgotten."""
    with closing(_Look()) as look:
        while not ended.wait(EVERY_S):
            seen: StatusView | None = None
            alive = True
            try:
                seen = look.changed()
            except (AibroError, OSError):
                alive = False
            if (shows := panel()) is None:
                return
            shows.alive = alive
            if seen is not None:
                shows.seen = shown(seen, only)
            del shows

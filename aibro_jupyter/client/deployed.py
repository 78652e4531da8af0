"""The names that Tab offers for a job: as last heard, and never waited for long."""

from __future__ import annotations

import threading

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import AibroError


class DeployedNames:
    """The names of active jobs; asking goes on behind if it takes longer than a person waits."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._asking: threading.Thread | None = None

    def get(self, patience_s: float) -> tuple[str, ...]:
        """Return the names, at the latest after so many seconds."""
        if self._asking is None or not self._asking.is_alive():
            self._asking = threading.Thread(target=self._ask, name="aibro-names", daemon=True)
            self._asking.start()
        self._asking.join(patience_s)
        return self._names

    def _ask(self) -> None:
        try:
            control = backend(start=False)
            seen = control.status()
            control.close()
        except (AibroError, OSError):
            return
        self._names = tuple(job.model_name for job in seen.jobs if job.outcome is None)

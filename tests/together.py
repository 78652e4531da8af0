"""How tests are dealt out to two processes."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling


class Together(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """What stays on one process: a file, for its fixtures, and all notebooks, which write to the folder they lie in."""

    def _split_scope(self, nodeid: str) -> str:
        return "notebooks" if nodeid.startswith("notebooks/") else str(super()._split_scope(nodeid))

"""How a proof keeps a model apart: asked of the slot, and what the model used meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Isolation:
    """What a model is given while it is proved."""

    network: bool = False
    """Whether it may reach anything but itself."""
    hidden: Path | None = None
    """A folder whose files are absent, such as the notebook's own; None: none is."""

    absent: tuple[str, ...] = ()
    """Top-level modules that cannot be imported, as though they were not installed."""

    def words(self) -> list[str]:
        """Return what the slot's command line needs for it."""
        hidden = "" if self.hidden is None else str(self.hidden)
        told = {"network": self.network, "hidden": hidden, "absent": self.absent}
        return ["--proof", json.dumps(told)]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a slot that was proved used, and what it wanted in vain."""

    imports: tuple[tuple[str, str], ...] = ()
    """(importer, imported) top-level modules; the importer is "" where the repo's own code asked."""
    isolation: str = "none"
    """How the network was kept out: namespace, guard, or open: it was not; none: nothing was proved."""
    network: tuple[str, ...] = ()
    """``host:port`` that it wanted to reach."""
    hidden: tuple[str, ...] = ()
    """Files of the hidden folder that it wanted to open by their full path."""
    wanted: tuple[str, ...] = ()
    """Files that the repo lacks and that the hidden folder has under the same relative name."""
    peak_mib: int = 0

    @staticmethod
    def of(header: dict[str, Any]) -> Usage:
        """Return what a frame of the slot tells."""
        return Usage(
            imports=tuple((importer, imported) for importer, imported in header.get("imports", ())),
            isolation=header.get("isolation", "none"),
            network=tuple(header.get("network", ())),
            hidden=tuple(header.get("hidden", ())),
            wanted=tuple(header.get("wanted", ())),
            peak_mib=header.get("peak_mib", 0),
        )

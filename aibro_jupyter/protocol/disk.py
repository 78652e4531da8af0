"""What a backend keeps on its disk, and what of it nobody uses any more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DiskLine:
    """What one kind of things takes."""

    kind: str
    """bundles, environments, instances, repos, copies, database files or logs."""
    bytes: int
    count: int
    """How many there are."""


@dataclass(frozen=True, kw_only=True)
class DiskView:
    """What the backend's home takes, and what is left on its disk."""

    lines: tuple[DiskLine, ...]
    free_bytes: int


@dataclass(frozen=True, kw_only=True)
class PruneRequest:
    """Asks for the end of what no active or rollback version uses."""

    older_than_s: float = 0.0
    """Only what nobody has used for so long, in seconds."""
    dry_run: bool = False
    """Only tell what would go."""


@dataclass(frozen=True, kw_only=True)
class PrunedItem:
    """One thing that nobody used."""

    kind: str
    """bundle, environment or repo."""
    name: str
    bytes: int
    used_at: float
    """When it was used last, UTC seconds."""


@dataclass(frozen=True, kw_only=True)
class PrunedView:
    """What went, or would go."""

    items: tuple[PrunedItem, ...]
    events: int
    """Rows of jobs that ended long ago; their bills stay."""
    dry_run: bool
    spared: int
    """How many were used only minutes ago: a deploy may be on its way with them."""
    held: str
    """Why nothing was looked for; empty: it was."""

"""Values of the database as a whole, each under a key: its id, its owner's name, the limits of all jobs together."""

from __future__ import annotations

from aibro_jupyter.control.ledger.database import Database
from aibro_jupyter.protocol import Limits, decode, encode


class Values(Database):
    """What ``Store`` keeps beside its jobs."""

    def kept(self, key: str) -> str | None:
        """Return what stands under a key; None: nothing does."""
        return next(iter(self._ids("SELECT value FROM meta WHERE key = ?", key)), None)

    def keep(self, key: str, value: str) -> None:
        """Write a value that may change later; nothing is written where it stands already."""
        if self.kept(key) != value:
            with self._change(routes=False):
                self._set(key, value)

    def fixed(self, key: str, first: str) -> str:
        """Return the value that a key got the first time it was asked for; ``first`` is written if that is now."""
        with self._change(routes=False):
            self._db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO NOTHING", (key, first))
        known = self.kept(key)
        return first if known is None else known

    def common_limits(self) -> Limits:
        """Return the limits of all jobs together."""
        found = self.kept("limits")
        return Limits() if found is None else decode(found, Limits)

    def set_common_limits(self, limits: Limits) -> None:
        """Replace what all jobs may cost together."""
        with self._change():
            self._set("limits", encode(limits).decode())

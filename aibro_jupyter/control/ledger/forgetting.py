"""The rows that go with time: what happened to jobs that ended long ago, and who could call them."""

from __future__ import annotations

from aibro_jupyter.control.ledger.values import Values

_TABLES = ("events", "clients")
_OLD = "job_id IN (SELECT job_id FROM jobs WHERE outcome IS NOT NULL AND ended_at < ?)"


class Forgetting(Values):
    """The part of ``Store`` that forgets. Jobs, instances and bills stay: money is history."""

    def count_old(self, before: float) -> int:
        """Return how many rows ``forget_old`` would delete."""
        counts = (self._db.execute(f"SELECT count(*) FROM {table} WHERE {_OLD}", (before,)) for table in _TABLES)  # noqa: S608
        return sum(int(found.fetchone()[0]) for found in counts)

    def forget_old(self, before: float) -> int:
        """Delete events and client ids of jobs that ended before a moment, and return how many; bills stay."""
        if not self.count_old(before):
            return 0
        with self._change(routes=False):
            gone = [self._db.execute(f"DELETE FROM {table} WHERE {_OLD}", (before,)).rowcount for table in _TABLES]  # noqa: S608
        self._clients.clear()
        self._dossiers.clear()
        self._histories.clear()
        return sum(gone)

"""What the owner of an active job sets of it, whatever version serves: clients, limits, terms, cooling, sleep."""

from __future__ import annotations

from collections.abc import Sequence

from aibro_jupyter.control.ledger.database import Database
from aibro_jupyter.control.ledger.rows import Dossier
from aibro_jupyter.protocol import Limits, Terms, encode


class Wishes(Database):
    """Each is a change of its own; all but what is said of budgets raise ``JobEnded``."""

    def _active(self, job_id: str) -> Dossier:
        return self.job(job_id).still_active()

    def _write_clients(self, job_id: str, client_ids: Sequence[str]) -> None:
        self._db.execute("DELETE FROM clients WHERE job_id = ?", (job_id,))
        self._clients.pop(job_id, None)
        rows = [(job_id, client_id, position) for position, client_id in enumerate(client_ids)]
        self._db.executemany("INSERT INTO clients VALUES (?, ?, ?)", rows)

    def set_clients(self, job_id: str, client_ids: Sequence[str], now: float) -> None:
        """Replace who may call an active job."""
        self._active(job_id)
        with self._change(job_id):
            self._event(now, job_id, "clients", f"{len(client_ids)} client id(s)" if client_ids else "public")
            self._write_clients(job_id, client_ids)

    def _write_limits(self, job_id: str, limits: Limits) -> None:
        self._db.execute("UPDATE jobs SET limits = ? WHERE job_id = ?", (encode(limits).decode(), job_id))

    def set_limits(self, job_id: str, limits: Limits, now: float) -> None:
        """Replace what an active job may cost and how long it may live, or raise ``JobEnded``."""
        self._active(job_id)
        with self._change(job_id):
            self._event(now, job_id, "budget", "its limits were changed")
            self._write_limits(job_id, limits)

    def set_cooling(self, job_id: str, off: bool, now: float) -> None:
        """Switch an active job's cooling instance off for good, or on again, or raise ``JobEnded``."""
        self._active(job_id)
        with self._change(job_id):
            self._event(now, job_id, "cooling", "cooling was switched " + ("off" if off else "on"))
            self._db.execute("UPDATE jobs SET cooling_off = ? WHERE job_id = ?", (int(off), job_id))

    def set_budget_state(self, job_id: str, state: str, text: str, now: float) -> None:
        """Remember what was said of a job's budgets, as an event; gateways tell it to callers."""
        with self._change(job_id):
            self._event(now, job_id, "budget", text)
            self._db.execute("UPDATE jobs SET budget_state = ? WHERE job_id = ?", (state, job_id))

    def ask_to_sleep(self, job_id: str, now: float) -> None:
        """Remember that the owner wants the cooling instance to sleep at once, or raise ``JobEnded``."""
        self._active(job_id)
        with self._change(job_id, routes=False):
            at = self._event(now, job_id, "drill", "the cooling instance is sent to sleep")
            self._db.execute("UPDATE jobs SET sleep_asked_at = ? WHERE job_id = ?", (at, job_id))

    def _write_terms(self, job_id: str, terms: Terms) -> None:
        self._db.execute("UPDATE jobs SET terms = ? WHERE job_id = ?", (encode(terms).decode(), job_id))

    def set_terms(self, job_id: str, terms: Terms, now: float) -> None:
        """Replace what callers of an active job may take, or raise ``JobEnded``."""
        self._active(job_id)
        with self._change(job_id):
            self._event(now, job_id, "terms", "what callers may take was changed")
            self._write_terms(job_id, terms)

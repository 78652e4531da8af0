"""What control asks of its memory; ``SqliteStore`` is one such memory, another may follow behind the same methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from aibro_jupyter.control.ledger.rows import Bill, Dossier, InstanceRow, Loss, Move, Past
from aibro_jupyter.protocol import DeployRequest, EventView, Interval, Limits, Terms, VersionRequest
from aibro_jupyter.states import Outcome, Phase


class Store(Protocol):
    """What control asks of its memory. Every writing method is one transaction, or nothing, and moves ``rev``."""

    rev: int
    """The revision of the last change of anything."""
    routes_rev: int
    """The revision of the last change that a gateway must act on."""
    on_change: Callable[[], None]

    def job(self, job_id: str) -> Dossier:
        """Return all that is known of a job, or raise ``NoSuchJob``."""
        ...

    def job_ids(self, *, ended: int = 0) -> tuple[str, ...]:
        """Return the active jobs, newest first, then that many of the last ended ones."""
        ...

    def unsettled(self) -> tuple[str, ...]:
        """Return every job that is active or still has an instance that is not terminated."""
        ...

    def named(self, username: str, model_name: str, *, ended: bool = False) -> str:
        """Return the id of the active job of that name, or raise ``NoSuchJob`` with near names.

        ``ended``: where none is active, of the newest that has ended.
        """
        ...

    def unaccounted(self, leaks: Sequence[str], since: float) -> tuple[InstanceRow, ...]:
        """Return the terminated instances that are among these leaks, whose bill is open, or that have none since."""
        ...

    def instance_phases(self) -> dict[str, Phase]:
        """Return the phase of every instance there ever was, by its id."""
        ...

    def add_job(
        self, request: DeployRequest, username: str, now: float, *, strongest_micros: int | None = None
    ) -> bool:
        """Write a job with its first version and clients; False: that job id is known. ``NameTaken`` if the name is."""
        ...

    def add_version(
        self, job_id: str, request: VersionRequest, now: float, *, strongest_micros: int | None = None
    ) -> bool:
        """Write a new version, instead of one that was still coming; False: that version id is known. ``JobEnded``."""
        ...

    def add_instance(self, row: InstanceRow, now: float, why: str = "") -> None:
        """Write the intent to have an instance, before anybody is asked for it."""
        ...

    def advance(
        self,
        instance_id: str,
        moves: Sequence[Move] = (),
        *,
        now: float,
        bills: Sequence[Bill] = (),
        endpoint: str | None = None,
        interrupt_at: float | None = None,
    ) -> None:
        """Change an instance's phase, with its events and bills, whole or not at all; ``IllegalMove`` by the table."""
        ...

    def asked(self, instance_id: str, at: float, why: str = "") -> None:
        """Remember that a provider's call for this instance ended, and what it answered."""
        ...

    def seen(self, instance_id: str, at: float) -> None:
        """Remember when a look last saw an instance there."""
        ...

    def stuck(self, instance_id: str, why: str, now: float) -> None:
        """Write down, once a phase, that an instance does not end though it is asked to."""
        ...

    def promote(self, job_id: str, version: int, now: float) -> None:
        """Let a version serve instead of the one before: from this revision on routes lead to it alone."""
        ...

    def fail_version(self, job_id: str, version: int, reason: str, now: float) -> None:
        """Give up a version that was coming; the one before serves on."""
        ...

    def end_job(self, job_id: str, outcome: Outcome, reason: str, now: float) -> None:
        """End a job: its name is free and its routes are gone from this revision on. ``JobEnded`` if it was."""
        ...

    def set_clients(self, job_id: str, client_ids: Sequence[str], now: float) -> None:
        """Replace who may call an active job, or raise ``JobEnded``."""
        ...

    def set_terms(self, job_id: str, terms: Terms, now: float) -> None:
        """Replace what callers of an active job may take, or raise ``JobEnded``."""
        ...

    def note(self, job_id: str, kind: str, text: str, now: float, instance_id: str = "") -> None:
        """Write an event that changes nothing."""
        ...

    def requested(self, newest: Mapping[str, float]) -> None:
        """Remember when each job had its newest request, UTC seconds."""
        ...

    def bump(self, job_id: str = "") -> None:
        """Move the revision on for a change that is not stored, such as progress or traffic."""
        ...

    def events(self, job_id: str) -> tuple[EventView, ...]:
        """Return what happened to a job, oldest first."""
        ...

    def set_limits(self, job_id: str, limits: Limits, now: float) -> None:
        """Replace what an active job may cost and how long it may live, or raise ``JobEnded``."""
        ...

    def set_common_limits(self, limits: Limits) -> None:
        """Replace what all jobs may cost together."""
        ...

    def common_limits(self) -> Limits:
        """Return what all jobs may cost together."""
        ...

    def set_cooling(self, job_id: str, off: bool, now: float) -> None:
        """Switch an active job's cooling instance off for good, or on again, or raise ``JobEnded``."""
        ...

    def set_budget_state(self, job_id: str, state: str, text: str, now: float) -> None:
        """Remember what was said of a job's budgets, as an event; gateways tell it to callers."""
        ...

    def ask_to_sleep(self, job_id: str, now: float) -> None:
        """Remember that the owner wants the cooling instance to sleep at once, or raise ``JobEnded``."""
        ...

    def answered(self, instance_id: str, at: float) -> None:
        """Remember when an instance first answered since it was woken; known ones stay as they are."""
        ...

    def history(self, job_id: str, last: int = 1_000_000) -> tuple[Past, ...]:
        """Return which phase each of a job's instances entered when, oldest first; only the last so many."""
        ...

    def losses(self, since: float) -> tuple[Loss, ...]:
        """Return when markets took spot instances back or refused them since a time, oldest first."""
        ...

    def intervals(self, job_id: str) -> tuple[Interval, ...]:
        """Return a job's bill, oldest first."""
        ...

    def all_intervals(self) -> tuple[Interval, ...]:
        """Return the bill of all jobs, oldest first."""
        ...

    def fixed(self, key: str, first: str) -> str:
        """Return the value that a key got the first time it was asked for; ``first`` is written if that is now."""
        ...

    def kept(self, key: str) -> str | None:
        """Return what stands under a key; None: nothing does."""
        ...

    def snapshot(self, into: Path) -> None:
        """Write all that is committed into a new file. Any thread may call it."""
        ...

    def count_old(self, before: float) -> int:
        """Return how many rows ``forget_old`` would delete."""
        ...

    def forget_old(self, before: float) -> int:
        """Delete events and client ids of jobs that ended before a moment, and return how many; bills stay."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...

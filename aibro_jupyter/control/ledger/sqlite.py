"""``Store`` on SQLite: every change of what control knows, each one transaction or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from aibro_jupyter.control.ledger.forgetting import Forgetting
from aibro_jupyter.control.ledger.rows import ANSWERED, Bill, CloseBill, InstanceRow, Move, OpenBill, moved
from aibro_jupyter.control.ledger.wishes import Wishes
from aibro_jupyter.errors import IllegalMove, NameTaken
from aibro_jupyter.machines import machine_id
from aibro_jupyter.protocol import DeployRequest, Limits, Terms, VersionRequest, encode
from aibro_jupyter.states import Outcome, Phase, may_follow


class SqliteStore(Forgetting, Wishes):
    """``Store`` on SQLite; ``:memory:`` for simulations."""

    # --- jobs and versions --------------------------------------------------------------------------------------------

    def add_job(
        self, request: DeployRequest, username: str, now: float, *, strongest_micros: int | None = None
    ) -> bool:
        """Write a job with its first version and clients; False: that job id is known. ``NameTaken`` if the name is."""
        job_id, name = request.job_id, request.model_name
        if self._ids("SELECT job_id FROM jobs WHERE job_id = ?", job_id):
            return False
        if self._ids("SELECT 1 FROM jobs WHERE outcome IS NULL AND username = ? AND model_name = ?", username, name):
            raise NameTaken(
                f"an active job is already called {name!r}",
                fix=f"choose another name, or end it: %aibro complete {name}",
            )
        with self._change(job_id):
            at = self._event(now, job_id, "job", f"{name}: deploy")
            self._db.execute(
                "INSERT INTO jobs (job_id, model_name, username, created_at, wait_request_s, limits, rev)"
                " VALUES (?, ?, ?, ?, ?, ?, 0)",
                (job_id, name, username, at, request.wait_request_s, encode(request.limits or Limits()).decode()),
            )
            self._add_version(job_id, VersionRequest(version_id=job_id, spec=request.spec), 1, at, strongest_micros)
            self._write_clients(job_id, request.client_ids)
            self._write_terms(job_id, request.terms or Terms())
        return True

    def _add_version(
        self, job_id: str, request: VersionRequest, number: int, at: float, strongest_micros: int | None
    ) -> None:
        self._db.execute(
            "INSERT INTO versions (job_id, version, version_id, state, created_at, strongest_micros, spec)"
            " VALUES (?, ?, ?, 'coming', ?, ?, ?)",
            (job_id, number, request.version_id, at, strongest_micros, encode(request.spec).decode()),
        )

    def add_version(
        self, job_id: str, request: VersionRequest, now: float, *, strongest_micros: int | None = None
    ) -> bool:
        """Write a new version; one that was still coming is given up for it. False: that version id is known."""
        known = self._active(job_id)
        if any(version.version_id == request.version_id for version in known.versions):
            return False
        number = known.versions[-1].version + 1
        with self._change(job_id):
            at = self._event(now, job_id, "version", f"v{number} is coming")
            self._db.execute(
                "UPDATE versions SET state = 'retired', reason = ? WHERE job_id = ? AND state = 'coming'",
                (f"v{number} came before it was up", job_id),
            )
            self._add_version(job_id, request, number, at, strongest_micros)
            if request.limits is not None:
                self._write_limits(job_id, request.limits)
        return True

    def promote(self, job_id: str, version: int, now: float) -> None:
        """Let a version serve instead of the one before: from this revision on routes lead to it alone."""
        with self._change(job_id):
            at = self._event(now, job_id, "version", f"v{version} is live")
            self._db.execute("UPDATE versions SET state = 'retired' WHERE job_id = ? AND state = 'live'", (job_id,))
            self._db.execute(
                "UPDATE versions SET state = 'live', live_at = ? WHERE job_id = ? AND version = ?",
                (at, job_id, version),
            )
            self._db.execute("UPDATE jobs SET deployed_at = coalesce(deployed_at, ?) WHERE job_id = ?", (at, job_id))

    def fail_version(self, job_id: str, version: int, reason: str, now: float) -> None:
        """Give up a version that was coming; the one before serves on."""
        with self._change(job_id):
            self._event(now, job_id, "version", f"v{version} failed: {reason}")
            self._fail_version(job_id, version, reason)

    def _fail_version(self, job_id: str, version: int, reason: str) -> None:
        self._db.execute(
            "UPDATE versions SET state = 'failed', reason = ? WHERE job_id = ? AND version = ? AND state = 'coming'",
            (reason, job_id, version),
        )

    def end_job(self, job_id: str, outcome: Outcome, reason: str, now: float) -> None:
        """End a job: its name is free and its routes are gone from this revision on. ``JobEnded`` if it was."""
        known = self._active(job_id)
        with self._change(job_id):
            at = self._event(now, job_id, "job", f"{outcome}: {reason}" if reason else str(outcome))
            if outcome is Outcome.CANCELED:
                self._fail_version(job_id, known.versions[-1].version, reason)
            self._db.execute(
                "UPDATE jobs SET outcome = ?, reason = ?, ended_at = ? WHERE job_id = ?", (outcome, reason, at, job_id)
            )

    def note(self, job_id: str, kind: str, text: str, now: float, instance_id: str = "") -> None:
        """Write an event that changes nothing."""
        with self._change(job_id, routes=False):
            self._event(now, job_id, kind, text, instance_id)

    def requested(self, newest: Mapping[str, float]) -> None:
        """Remember when each job had its newest request, UTC seconds."""
        if not newest:
            return
        with self._change(routes=False):
            self._db.executemany(
                "UPDATE jobs SET last_request_at = max(coalesce(last_request_at, 0), ?) WHERE job_id = ?",
                [(at, job_id) for job_id, at in newest.items()],
            )
        for job_id in newest:
            self._forget(job_id)

    # --- instances ----------------------------------------------------------------------------------------------------

    def _instance(self, instance_id: str) -> InstanceRow:
        (row,) = self._rows(InstanceRow, "SELECT * FROM instances WHERE instance_id = ?", instance_id)
        return row

    def add_instance(self, row: InstanceRow, now: float, why: str = "") -> None:
        """Write the intent to have an instance, before anybody is asked for it."""
        with self._change(row.job_id):
            text = f"{row.role}: {row.phase} {machine_id(row.machine, row.market)}" + (f", {why}" if why else "")
            at = self._event(now, row.job_id, "phase", text, row.instance_id)
            self._write(replace(row, phase_at=at, phase_rev=self.rev, launched_at=at, woken_at=at))
            self._past(row, at, row.phase, why)

    def _past(self, row: InstanceRow, at: float, mark: str, why: str = "", *, failed: bool = False) -> None:
        self._db.execute(
            "INSERT INTO history (at, job_id, instance_id, mark, why, failed) VALUES (?, ?, ?, ?, ?, ?)",
            (at, row.job_id, row.instance_id, mark, why, int(failed)),
        )

    def answered(self, instance_id: str, at: float) -> None:
        """Remember when an instance first answered since it was woken; known ones stay as they are."""
        row = self._instance(instance_id)
        if row.serving_at is None or row.answered_at is not None:
            return
        with self._change(row.job_id, routes=False):
            at = max(at, row.serving_at)
            self._db.execute("UPDATE instances SET answered_at = ? WHERE instance_id = ?", (at, instance_id))
            self._past(row, at, ANSWERED)

    def _write(self, row: InstanceRow) -> None:
        values = msgspec.to_builtins(row)
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        change = ", ".join(f"{name} = excluded.{name}" for name in values)
        self._db.execute(
            f"INSERT INTO instances ({names}) VALUES ({marks})"  # noqa: S608 the names are our own fields
            f" ON CONFLICT (instance_id) DO UPDATE SET {change}",
            tuple(values.values()),
        )

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
        row = self._instance(instance_id)
        with self._change(row.job_id):
            row = replace(row, endpoint=endpoint or row.endpoint)
            if interrupt_at is not None and row.interrupted_at is None:
                text = f"{row.role}: {machine_id(row.machine, row.market)} is taken back" + _in(interrupt_at - now)
                at = self._event(now, row.job_id, "spot", text, instance_id)
                row = replace(row, interrupt_at=interrupt_at, interrupted_at=at)
            for move in moves:
                if not may_follow(row.phase, move.phase):
                    raise IllegalMove(f"{instance_id} cannot go from {row.phase} to {move.phase}")
                text = f"{row.role}: {move.phase}" + (f", {move.why}" if move.why else "")
                at = self._event(now if move.at is None else move.at, row.job_id, "phase", text, instance_id)
                row = moved(row, move, at, self.rev)
                self._past(row, at, move.phase, move.why, failed=move.failed or move.refused)
            self._write(row)
            for bill in bills:
                self._bill(row, bill)
            if moves:
                self._close_what_is_over(row)

    def _close_what_is_over(self, row: InstanceRow) -> None:
        """Let no bill outlive the move that ends it, whoever made it: what is still open ends with the phase."""
        kinds = {Phase.STOPPED: ("compute",), Phase.TERMINATED: ("compute", "disk")}.get(row.phase, ())
        for kind in kinds:
            self._bill(row, CloseBill(at=row.phase_at, kind=kind))

    def _bill(self, row: InstanceRow, bill: Bill) -> None:
        at_ms = round(bill.at * 1000)
        match bill:
            case OpenBill():
                # A provider's clock may step back; no moment is ever billed twice.
                self._db.execute(
                    "INSERT INTO bills"
                    " (job_id, instance_id, kind, opened_ms, micros_per_hour, on_demand_micros_per_hour)"
                    " SELECT ?1, ?2, ?3, max(?4, coalesce(max(closed_ms), 0)), ?5, ?6"
                    " FROM bills WHERE instance_id = ?2 AND kind = ?3",
                    (
                        *(row.job_id, row.instance_id, bill.kind, at_ms),
                        *(bill.micros_per_hour, bill.on_demand_micros_per_hour),
                    ),
                )
            case CloseBill():
                self._db.execute(
                    "UPDATE bills SET closed_ms = max(opened_ms, ?)"
                    " WHERE instance_id = ? AND kind = ? AND closed_ms IS NULL",
                    (at_ms, row.instance_id, bill.kind),
                )

    def asked(self, instance_id: str, at: float, why: str = "") -> None:
        """Remember that a provider's call for this instance ended, and what it answered."""
        row = self._instance(instance_id)
        with self._change(row.job_id, routes=False):
            self._db.execute(
                "UPDATE instances SET asked_at = ?1, why = CASE WHEN ?2 = '' THEN why ELSE ?2 END, first_asked_at ="
                " CASE WHEN phase = 'REQUESTING' AND ?2 != '' THEN ?1 ELSE coalesce(first_asked_at, ?1) END"
                " WHERE instance_id = ?3",
                (at, why, instance_id),
            )

    def seen(self, instance_id: str, at: float) -> None:
        """Remember when a look last saw an instance there."""
        row = self._instance(instance_id)
        with self._change(row.job_id, routes=False):
            self._db.execute("UPDATE instances SET seen_at = ? WHERE instance_id = ?", (at, instance_id))

    def stuck(self, instance_id: str, why: str, now: float) -> None:
        """Write down, once a phase, that an instance does not end though it is asked to."""
        row = self._instance(instance_id)
        with self._change(row.job_id, routes=False):
            at = self._event(now, row.job_id, "phase", f"{row.role}: {row.phase}, {why}", instance_id)
            self._db.execute("UPDATE instances SET stuck_at = ?, why = ? WHERE instance_id = ?", (at, why, instance_id))


def _in(seconds: float) -> str:
    return f" in {seconds:.0f} s" if seconds > 0 else ""

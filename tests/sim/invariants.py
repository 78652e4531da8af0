"""What holds after every write of control, and at the end of every day (I1 to I6 of a control plane)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aibro_jupyter import states
from aibro_jupyter.control.rules.snapshot import SILENT_S
from aibro_jupyter.providers.base import State
from aibro_jupyter.states import DEPLOYED_EXTENSION, InstanceStatus, JobStatus, Outcome, Phase, Role

if TYPE_CHECKING:
    from tests.sim.gateway import Passage
    from tests.sim.universe import Universe

_I = InstanceStatus
SHOWN = {
    JobStatus.QUEUING: {_I.NONE, _I.LAUNCHING, _I.CLOSING, _I.CLOSED},
    JobStatus.DEPLOYED: {_I.EXECUTING, _I.COOLING, *DEPLOYED_EXTENSION},
    JobStatus.CANCELED: {_I.COOLING, _I.CLOSING, _I.CLOSED},
    JobStatus.COMPLETED: {_I.COOLING, _I.CLOSING, _I.CLOSED},
}
"""The reference's map of job statuses to instance statuses, with our named extension."""
_GONE = (Phase.TERMINATING, Phase.TERMINATED)


class Watcher:
    """Looks at the tables themselves, never through the code it judges. Violations are kept and raised at the end."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.broken: list[str] = []
        self.writes = 0
        self.asleep: dict[str, float] = {}

    def violated(self, what: str) -> None:
        self.broken.append(f"{self.universe.now():.3f} s: {what}")

    # --- after every write --------------------------------------------------------------------------------------------

    def after(self, database: sqlite3.Connection, job_id: str) -> None:
        self.writes += 1
        if not job_id:
            return
        (row,) = database.execute("SELECT outcome, deployed_at, model_name FROM jobs WHERE job_id = ?", (job_id,))
        outcome, deployed_at, name = row
        (active,) = database.execute("SELECT count(*) FROM jobs WHERE outcome IS NULL AND model_name = ?", (name,))
        if active[0] > 1:
            self.violated(f"I6: {active[0]} active jobs are called {name}")
        self._pairs(database, job_id, outcome, deployed_at)
        self._open_bills(database, job_id)
        (live,) = database.execute("SELECT count(*) FROM versions WHERE job_id = ? AND state = 'live'", (job_id,))
        if outcome is None and deployed_at is not None and live[0] != 1:
            self.violated(f"a deployed job has {live[0]} live versions")

    def _open_bills(self, database: sqlite3.Connection, job_id: str) -> None:
        """No bill outlives its instance; that of one that is down is open only if the cloud runs it all the same.

        A call that arrives late may start what was stopped meanwhile: then it costs money, whatever its row says.
        """
        query = (
            "SELECT instance_id, phase, kind FROM bills JOIN instances USING (instance_id) WHERE bills.job_id = ?"
            " AND closed_ms IS NULL AND (phase = 'STOPPED' AND kind = 'compute'"
            " OR phase = 'TERMINATED' AND opened_ms < round(phase_at * 1000))"
        )
        for instance_id, phase, kind in database.execute(query, (job_id,)):
            machine = self.universe.cloud.machines.get(instance_id)
            if machine is None or machine.state is not State.RUNNING:
                self.violated(f"I4: {instance_id} is {phase} and its {kind} bill is open")

    def _pairs(self, database: sqlite3.Connection, job_id: str, outcome: str | None, deployed_at: float | None) -> None:
        query = (
            "SELECT instance_id, version, role, market, phase FROM instances WHERE job_id = ? AND phase != 'TERMINATED'"
        )
        job = states.job_status(None if outcome is None else Outcome(outcome), ever_deployed=deployed_at is not None)
        seats: dict[tuple[int, str, str], str] = {}
        for instance_id, version, role, market, phase in database.execute(query, (job_id,)):
            shown = states.instance_status(Phase(phase), Role(role), in_flight=0, job_ended=outcome is not None)
            # A first instance serves, and makes its job deployed with the next write.
            between = outcome is None and phase == Phase.SERVING
            if shown not in SHOWN[job] and not between:
                self.violated(f"I5: a {job} job has an instance that is {shown} ({phase})")
            if phase not in _GONE:
                # Make-before-break may hold two of a role for a while, but never two alike.
                seat = (version, role, market)
                if seat in seats:
                    self.violated(f"two instances for one seat {seat}: {seats[seat]} and {instance_id}")
                seats[seat] = instance_id

    # --- when the cloud takes an instance down ------------------------------------------------------------------------

    def cut_short(self, instance_id: str, hit: Sequence[Passage]) -> None:
        """Control's stop or terminate took effect with requests under way: only right if their time was up."""
        universe = self.universe
        row = universe.connection.execute(
            "SELECT i.phase, i.phase_at, i.why FROM instances i WHERE instance_id = ?",
            (instance_id,),
        ).fetchone()
        if row is None or row[0] not in (Phase.STOPPING, Phase.TERMINATING):
            return  # An old call took effect late: the network's doing, as bad as a crash.
        if universe.now() - universe.cloud.heard_at.get(instance_id, 0.0) >= SILENT_S:
            return  # Its agent was silent for so long that it is taken for hung: what it holds is sent again.
        if universe.now() - row[1] < REQUEST_LIMIT_S:
            self.violated(f"I1: {instance_id} went down ({row[0]}) with {len(hit)} request(s) under way")

    # --- at the end ---------------------------------------------------------------------------------------------------

    def orphans(self) -> None:
        """I3: nothing is left over anywhere."""
        left = {n: m.state for n, m in self.universe.cloud.machines.items() if m.state is not State.GONE}
        if left:
            self.violated(f"I3: orphans {left}")
        rows = self.universe.connection.execute(
            "SELECT instance_id, phase FROM instances WHERE phase != 'TERMINATED'"
        ).fetchall()
        if rows:
            self.violated(f"I3: still in the books: {[tuple(row) for row in rows]}")

    def ledger(self) -> None:
        """I4: every interval is the cloud's own, to the millisecond."""
        cloud = self.universe.cloud
        ran = {(n, round(a * 1000), round((b or 0) * 1000)) for n, a, b in cloud.ran if a != b}
        query = "SELECT instance_id, opened_ms, closed_ms FROM bills WHERE kind = 'compute'"
        billed = {tuple(row) for row in self.universe.connection.execute(query) if row[1] != row[2]}
        if missing := ran - billed:
            self.violated(f"I4: ran, not billed {sorted(missing)[:3]}; billed {sorted(billed - ran)[:3]}")
        elif too_much := billed - ran:
            self.violated(f"I4: billed, did not run {sorted(too_much)[:3]}")


REQUEST_LIMIT_S = 40

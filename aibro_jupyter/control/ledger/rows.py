"""What is stored: jobs, versions, instances; and the changes that the store accepts for an instance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from aibro_jupyter.errors import JobEnded
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Limits, Terms, VersionSpec
from aibro_jupyter.states import CLOSING, Outcome, Phase, Role


class VersionState(StrEnum):
    """Where a version of a model is in its life."""

    COMING = "coming"
    LIVE = "live"
    FAILED = "failed"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """A job as stored; times are UTC seconds."""

    job_id: str
    model_name: str
    username: str
    created_at: float
    wait_request_s: int
    deployed_at: float | None = None
    """When its first instance served; from then on it is never canceled."""
    outcome: Outcome | None = None
    reason: str = ""
    ended_at: float | None = None
    last_request_at: float | None = None
    limits: Limits = field(default_factory=Limits)
    terms: Terms = field(default_factory=Terms, repr=False)
    cooling_off: bool = False
    """The owner switched the cooling instance off."""
    budget_state: str = "ok"
    """ok, near or degraded: what was last said of its budgets; one that is used up ends the job."""
    sleep_asked_at: float | None = None
    """When the owner last asked the cooling instance to sleep at once."""
    rev: int = 0
    """The global revision of its last change."""


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One version of a job's model."""

    version: int
    version_id: str
    state: VersionState
    created_at: float
    spec: VersionSpec
    live_at: float | None = None
    reason: str = ""
    strongest_micros: int | None = None
    """Micro-dollars an hour of its strongest machine on demand, when it was deployed; None: unknown."""


@dataclass(frozen=True, kw_only=True)
class InstanceRow:
    """An instance as stored. It never leaves the table: what ended tells how often to try again."""

    instance_id: str
    job_id: str
    version: int
    role: Role
    machine: str
    market: Market
    provider: str
    """The provider's name."""
    token: str
    phase: Phase
    phase_at: float
    phase_rev: int = 0
    """The revision that brought this phase: a gateway that acts on it no longer sends to a closing instance."""
    launched_at: float = 0.0
    woken_at: float = 0.0
    """When it was last asked to come up: the launch, or the start after a stop."""
    asked_at: float | None = None
    """When the provider's call that this phase needs last ended; None: not called yet."""
    first_asked_at: float | None = None
    """When it first ended: limits run from here, however often it is repeated. A refused launch counts anew."""
    stuck_at: float | None = None
    """When its owner was told that it does not end."""
    seen_at: float | None = None
    """When a look last saw it there, written once a minute while it is billed; None: not for a minute yet."""
    serving_at: float | None = None
    """When it began to serve since it was last woken; None: not yet."""
    left_at: float | None = None
    """When it last began to close, or was seen down."""
    failed_at: float | None = None
    """When it ended in a way nobody asked for."""
    up_s: float | None = None
    """How long it took from being woken to serving, the last time."""
    endpoint: str | None = None
    why: str = ""
    replaces: str | None = None
    """The instance that ends once this one serves."""
    interrupt_at: float | None = None
    """When its market will take it back, or took it back."""
    interrupted_at: float | None = None
    """When that became known."""
    refused_at: float | None = None
    """When its market refused to give it."""
    answered_at: float | None = None
    """When it first answered a request since it was last woken; None: not yet."""

    @property
    def known_at(self) -> float:
        """The newest moment at which the database knows that it was there, UTC seconds; 0: none."""
        seen = self.phase in (Phase.GEARING_UP, Phase.DEPLOYING, Phase.SERVING, Phase.STOPPED)
        return max(self.seen_at or 0.0, self.serving_at or 0.0, self.answered_at or 0.0, self.phase_at if seen else 0.0)

    @property
    def lost(self) -> bool:
        """Tell whether it ended, or will end, in a way that nobody asked for."""
        return self.failed_at is not None or self.interrupted_at is not None


@dataclass(frozen=True, kw_only=True)
class Past:
    """One line of an instance's history: the phase it entered, or that it first ANSWERED."""

    at: float
    instance_id: str
    role: Role
    market: Market
    mark: str
    why: str
    failed: bool


ANSWERED = "ANSWERED"


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A market took an instance back, or refused one."""

    provider: str
    machine: str
    at: float
    refused: bool


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """All that is stored about one job."""

    job: JobRow
    versions: tuple[VersionRow, ...]
    """Oldest first."""
    instances: tuple[InstanceRow, ...]
    """Oldest first; of those long terminated only the newest."""
    clients: tuple[str, ...]

    @property
    def live(self) -> VersionRow | None:
        """The version that serves."""
        return next((version for version in self.versions if version.state is VersionState.LIVE), None)

    @property
    def current(self) -> VersionRow:
        """The version that serves, else the newest."""
        return self.live or self.versions[-1]

    @property
    def earlier(self) -> VersionRow | None:
        """The version that served before the current one: a rollback brings it back."""
        before = [v for v in self.versions if v.state is VersionState.RETIRED and v.live_at is not None]
        return max(before, key=lambda v: v.live_at or 0.0, default=None)

    def still_active(self) -> Dossier:
        """Return itself, or raise ``JobEnded``."""
        if self.job.outcome is not None:
            raise JobEnded(f"the job {self.job.model_name!r} is {self.job.outcome}", fix="deploy it again")
        return self


@dataclass(frozen=True)
class Move:
    """An instance goes to a phase."""

    instance_id: str
    phase: Phase
    why: str = ""
    at: float | None = None
    """When it happened, UTC seconds; None: now."""
    failed: bool = False
    """Nobody asked for it: counts for the back-off."""
    refused: bool = False
    """Its market did not give it: another one is asked, and nothing counts as failed."""


@dataclass(frozen=True, kw_only=True)
class OpenBill:
    """An interval begins at prices that stay with it."""

    at: float
    micros_per_hour: int | None
    on_demand_micros_per_hour: int
    kind: str = "compute"


@dataclass(frozen=True, kw_only=True)
class CloseBill:
    """The open interval ends; nothing happens if none is open."""

    at: float
    kind: str = "compute"


Bill = OpenBill | CloseBill


def moved(row: InstanceRow, move: Move, at: float, rev: int) -> InstanceRow:
    """Return an instance's row after a move, with the times that later decisions need. Pure."""
    before, after = row.phase, move.phase
    row = replace(row, phase=after, phase_at=at, phase_rev=rev, asked_at=None, first_asked_at=None, stuck_at=None)
    if row.failed_at is None or move.failed or before is Phase.STOPPED:
        row = replace(row, why=move.why)
    if move.failed:
        row = replace(row, failed_at=at)
    if move.refused:
        row = replace(row, refused_at=at)
    match before, after:
        case Phase.REQUESTING, Phase.CONNECTING:
            # It was launched, so nobody needs to ask again.
            return replace(row, asked_at=at, first_asked_at=at)
        case Phase.STOPPED, Phase.CONNECTING:
            return replace(row, woken_at=at, serving_at=None, answered_at=None, failed_at=None, endpoint=None)
        case _, Phase.SERVING if row.serving_at is None:
            return replace(row, serving_at=at, up_s=at - row.woken_at)
    closing = after in CLOSING or after in (Phase.STOPPED, Phase.TERMINATED)
    if closing and before not in CLOSING and before is not Phase.STOPPED:
        row = replace(row, left_at=at)
    return replace(row, endpoint=None) if after in (Phase.STOPPED, Phase.TERMINATED) else row

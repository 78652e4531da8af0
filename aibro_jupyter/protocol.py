"""Every message on a wire between the processes of a backend and its clients: frozen dataclasses <-> JSON.

Times are UTC seconds, durations seconds, money integer micro-dollars. ``decode`` refuses what does not fit the type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from aibro_jupyter.errors import AibroError, BadRequest, error_for
from aibro_jupyter.machines import MachineConfig, Market
from aibro_jupyter.states import InstanceStatus, JobStatus, JobSubstatus, Outcome, Phase, Role

PROTOCOL = 1
"""Raised when a message changes so that an older side would misunderstand it."""

T = TypeVar("T")


def encode(message: Any) -> bytes:
    """Return a message as JSON."""
    return msgspec.json.encode(message)


def decode(data: bytes | str, kind: type[T]) -> T:
    """Return the message of that kind; JSON that does not fit it raises ``BadRequest`` naming the field."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"not a {kind.__name__}: {error}") from error


@dataclass(frozen=True, kw_only=True)
class ErrorBody:
    """What every refused call answers."""

    code: str
    message: str
    fix: str = ""
    details: str = ""

    @staticmethod
    def of(error: AibroError) -> ErrorBody:
        """Return an error as its message."""
        return ErrorBody(code=error.code, message=error.message, fix=error.fix, details=error.details)

    def error(self) -> AibroError:
        """Return the message as the error it tells of."""
        return error_for(self.code, self.message, fix=self.fix, details=self.details)


# --- the daemon -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class DaemonInfo:
    """``run/daemon.json``: how to reach the running backend; mode 0600, for it holds the token."""

    pid: int
    pid_started_at: float
    """The process's own start time, so that a reused pid is not taken for it."""
    control_url: str
    gateway_url: str
    token: str
    version: str
    protocol: int
    python: str
    """The interpreter that runs the backend, an absolute path."""


# --- jobs -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LockRequest:
    """Ask for the resolved lock of a requirements text, for a Python minor version ("3.11")."""

    requirements: str
    python: str


@dataclass(frozen=True, kw_only=True)
class LockView:
    """A resolved lock: every package with its exact version."""

    lock: str
    python: str


@dataclass(frozen=True, kw_only=True)
class VersionSpec:
    """One version of a model: what runs, where, and within which limits."""

    bundle: str
    """sha256 of the uploaded archive, hex."""
    lock: str
    python: str
    machines: MachineConfig
    cool_down_period_s: int = 600
    request_limit_s: int = 600
    """Longest a single request may run."""
    on: str = "here"
    """The provider."""
    enforce: bool = False
    """Whether a local instance is held to its machine's memory."""
    description: str = ""
    note: dict[str, str] = field(default_factory=dict)
    """Facts for people, e.g. ``function``, ``captured``: never a value of the user's."""
    secrets: str = ""
    """Which set of the job's secrets it gets, by its key; never a name or a value. Empty: none."""
    about: str = ""
    """What callers are told of it, as JSON: function, signature, doc, input, sample. Empty: nothing is known."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a job, or all jobs together, may cost and for how long; None: no limit."""

    budget_per_day_micros: int | None = None
    """From this on, until midnight UTC, cooling is off; the standby stays."""
    budget_stop_micros: int | None = None
    """From this on the job ends."""
    until: float | None = None
    """At this time the job ends."""
    notify: str = ""
    """Where news are POSTed as JSON: an http or https URL. It is shown by its host only."""


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """Start a job. The client makes ``job_id``, so that a retry is the same job."""

    job_id: str
    model_name: str
    spec: VersionSpec
    client_ids: tuple[str, ...] = ()
    wait_request_s: int = 30
    limits: Limits | None = None


@dataclass(frozen=True, kw_only=True)
class VersionRequest:
    """Bring up a new version of an active job beside the old one, and then instead of it."""

    version_id: str
    """Made by the client, so that a retry is the same version."""
    spec: VersionSpec
    limits: Limits | None = None
    """None: the job's limits stay as they are."""


@dataclass(frozen=True, kw_only=True)
class CoolingSwitch:
    """Switch a job's cooling instance off for good, or on again."""

    off: bool


@dataclass(frozen=True, kw_only=True)
class DrillRequest:
    """Break one instance of a job on purpose, as it would break by itself."""

    kind: str
    """spot: notice, then taken back; sleep: the cooling instance sleeps now; kill: its process is killed."""
    notice_s: float = 120.0
    """Of a spot drill: seconds between notice and end; 0: without any notice."""


@dataclass(frozen=True, kw_only=True)
class DrillView:
    """What a drill did to which instance, and when (of a spot drill: when it will be taken back)."""

    instance_id: str
    kind: str
    at: float


@dataclass(frozen=True, kw_only=True)
class SecretsUpdate:
    """Secrets to add or replace, environment variable -> value."""

    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SecretsView:
    """The names of a job's secrets, and the key of the set that its next version gets; values never come back."""

    names: tuple[str, ...]
    key: str


@dataclass(frozen=True, kw_only=True)
class ClientsUpdate:
    """Change who may call. Checked whole before anything changes."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    be_public: bool = False


@dataclass(frozen=True, kw_only=True)
class ClientsView:
    """Who may call, in clear: only the owner sees this."""

    client_ids: tuple[str, ...]
    urls: tuple[str, ...]
    """One predict URL per client id, in order; of a public job the one public URL."""
    public: bool


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a launching instance is; ``done`` of ``total`` in ``unit`` (bytes, packages), total 0: unknown."""

    text: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class InstanceView:
    """What people see of an instance."""

    instance_id: str
    role: Role
    machine: str
    market: Market
    on: str
    version: int
    phase: Phase
    status: InstanceStatus
    substatus: str
    phase_at: float
    launched_at: float
    progress: Progress
    why: str
    in_flight: int
    memory_mib: int
    load_s: float | None


@dataclass(frozen=True, kw_only=True)
class MoneyView:
    """What was spent and what else it could have cost; a client counts on between polls with the rate."""

    simulated: bool
    """The figures are what the machines would cost elsewhere; this computer costs nothing."""
    spent_micros: int
    micros_per_hour: int
    all_on_demand_micros: int
    always_on_micros: int
    as_of: float
    unknown: bool = False
    """An interval has no known price, so the sums are only part of the truth."""
    today_micros: int = 0
    """Spent since midnight UTC."""


@dataclass(frozen=True, kw_only=True)
class BudgetView:
    """A budget and how much of it is used; ``state`` is ok, near (80 %), degraded (cooling is off) or stopped."""

    per_day_micros: int | None
    stop_micros: int | None
    today_micros: int
    spent_micros: int
    state: str
    until: float | None = None
    notify: str = ""
    """The host that news go to; never the whole URL, for it may hold a secret."""


@dataclass(frozen=True, kw_only=True)
class WakeView:
    """One coming up of an instance, in parts; a part is None while it is not over."""

    instance_id: str
    role: Role
    at: float
    why: str
    state: str
    """waking, done or failed."""
    provision_s: float | None = None
    """From being asked for until its agent works."""
    environment_s: float | None = None
    load_s: float | None = None
    answer_s: float | None = None
    """From serving to the first answered request."""
    total_s: float | None = None
    """From being asked for until it serves, or failed."""


@dataclass(frozen=True, kw_only=True)
class TrafficView:
    """What the gateways counted since they started."""

    requests: int = 0
    errors: int = 0
    per_minute: float = 0.0
    p50_ms: float | None = None
    p99_ms: float | None = None
    last_request_at: float | None = None
    history: tuple[int, ...] = ()
    """Requests a minute over the last 30 minutes, oldest first; control counts them since it started."""


@dataclass(frozen=True, kw_only=True)
class VersionView:
    """One version of a job; state is coming, live, failed or retired."""

    version: int
    version_id: str
    state: str
    created_at: float
    reason: str
    spec: VersionSpec


@dataclass(frozen=True, kw_only=True)
class JobView:
    """What people see of a job. ``url`` masks the client id; the clients call gives it in clear."""

    job_id: str
    model_name: str
    username: str
    description: str
    status: JobStatus
    substatus: JobSubstatus
    outcome: Outcome | None
    reason: str
    """Why it was canceled, or what it is struggling with; may hold a traceback's last lines."""
    url: str
    public: bool
    clients: int
    created_at: float
    deployed_at: float | None
    ended_at: float | None
    versions: tuple[VersionView, ...]
    """Newest first."""
    instances: tuple[InstanceView, ...]
    """Not those long gone."""
    money: MoneyView
    traffic: TrafficView
    warnings: tuple[str, ...]
    rev: int
    budget: BudgetView | None = None
    """None: the job has no limits of its own."""
    cooling_off: bool = False
    """Cooling is off by the owner's switch, or because a budget is used up."""
    wakes: tuple[WakeView, ...] = ()
    """The last 5, newest first."""


@dataclass(frozen=True, kw_only=True)
class StatusView:
    """Everything the panel polls for. Its ETag is the revision."""

    version: str
    protocol: int
    python: str
    username: str
    gateway_url: str
    reach: str
    """Who can reach the URLs: this computer, this network or internet."""
    rev: int
    as_of: float
    parked: bool
    jobs: tuple[JobView, ...]
    """Active jobs, newest first, then the last ended ones."""
    budget: BudgetView | None = None
    """The one over all jobs together."""
    parents: int = 0
    """Parked processes that hold the imports of an environment, so that a cooling instance wakes fast."""


@dataclass(frozen=True, kw_only=True)
class EventView:
    """One thing that happened to a job."""

    seq: int
    at: float
    instance_id: str
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Interval:
    """One line of a bill: an instance ran on a machine, from when to when, in integer milliseconds."""

    instance_id: str
    role: Role
    machine: str
    market: Market
    kind: str
    """compute or disk."""
    opened_ms: int
    closed_ms: int | None
    micros_per_hour: int | None
    on_demand_micros_per_hour: int


@dataclass(frozen=True, kw_only=True)
class CostView:
    """A job's money and the intervals it comes from."""

    job_id: str
    model_name: str
    money: MoneyView
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, kw_only=True)
class LogsView:
    """The last lines of a job's instances, oldest first, each with its instance id in front."""

    job_id: str
    lines: tuple[str, ...]
    cursor: str = ""
    """Ask with ``after`` set to it for the lines that came since."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """One stretch of an instance's life: from when to when it was in a phase."""

    role: Role
    instance_id: str
    phase: Phase
    market: Market
    from_at: float
    to_at: float | None
    """None: it still is."""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """The requests of one minute."""

    at: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Point:
    """What was spent until a moment."""

    at: float
    micros: int


@dataclass(frozen=True, kw_only=True)
class TimelineView:
    """A stretch of a job's life, to be drawn: its instances, its requests, its money."""

    from_at: float
    to_at: float
    bands: tuple[Band, ...]
    requests: tuple[Tick, ...]
    money: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class MachineView:
    """One line of the catalogue."""

    machine_id: str
    vcpus: int
    memory_mib: int
    gpu: str
    micros_per_hour: int | None
    availability: str
    """Chance that a request is fulfilled: "100 %" on demand, "unknown" where nobody measured."""
    region: str
    source: str
    as_of: str


# --- gateways ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Target:
    """A serving instance of a route."""

    instance_id: str
    role: Role
    endpoint: str
    token: str


@dataclass(frozen=True, kw_only=True)
class Route:
    """One active job as a gateway knows it. Client ids come as sha256 hex of their UTF-8 bytes."""

    job_id: str
    username: str
    model_name: str
    public: bool
    client_hashes: frozenset[str]
    deployed: bool
    """Was it ever up? If so requests are held while nothing serves; else they get 503 at once."""
    targets: tuple[Target, ...]
    request_limit_s: int = 600
    wake_expected_s: float | None = None
    """While cooling wakes: about how long it still takes."""
    has_cooling: bool = False
    """Is a cooling instance configured? While it is not among the targets, a request is reported at once."""
    allowed_origins: frozenset[str] = frozenset()
    """Web pages (scheme://host[:port]) that may call; any other ``Origin`` is refused."""
    budget: str = ""
    """near or degraded: what ``X-Aibro-Budget`` tells the caller; empty: nothing to tell."""
    about: str = ""
    """The live version's ``VersionSpec.about``, for the API's page."""


@dataclass(frozen=True, kw_only=True)
class RouteTable:
    """All routes at a revision; it replaces the one before, whole."""

    rev: int
    routes: tuple[Route, ...]


@dataclass(frozen=True, kw_only=True)
class RouteReport:
    """What a gateway saw of one job."""

    job_id: str
    idle_s: float | None
    """Seconds since the last request was received (monotonic); None: none since this gateway started."""
    in_flight: dict[str, int]
    """Requests under way, by instance id, also to instances that left the table."""
    held: int
    requests: int
    errors: int
    per_minute: float
    p50_ms: float | None
    p99_ms: float | None
    lost: int = 0
    """How often an instance was lost or could not be reached."""
    answered_s: dict[str, float] = field(default_factory=dict)
    """Seconds since each instance, of those in the table, gave its first answer there."""


@dataclass(frozen=True, kw_only=True)
class GatewayReport:
    """A gateway's counters; sent at once when a wake is due, else each second or, idle, each 5 s."""

    gateway_id: str
    rev: int
    """The revision whose table this gateway acts on."""
    started_at: float
    jobs: tuple[RouteReport, ...]


# --- instances --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Boot:
    """All that an instance needs to come up by itself."""

    job_id: str
    role: Role
    bundle_url: str
    """``file:///…`` here, a presigned URL in a cloud."""
    bundle: str
    lock: str
    python: str
    token: str
    """Every call to the instance's agent carries it."""
    vcpus: int
    memory_mib: int
    request_limit_s: int
    enforce: bool
    envs: str
    """Folder of shared environments on that machine; empty: the volume's own."""
    secrets: str = ""
    """A file with the model's secrets, JSON; empty: it has none."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """An agent's answer to ``GET /health``."""

    instance_id: str
    stage: str
    """connecting, gearing_up, deploying, serving or failed."""
    progress: Progress = field(default_factory=Progress)
    why: str = ""
    """Of a failed stage: what happened, with the lines that matter."""
    in_flight: int = 0
    memory_mib: int = 0
    load_s: float | None = None


# --- progress of a deploy, inside the client --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a deploy as it is shown: captured, proved, sending, then the reference's substatuses."""

    name: str
    state: str
    """running, done, warned or failed."""
    progress: Progress = field(default_factory=Progress)

"""What a client asks of control, and the short answers to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol.gateways import MAX_WAIT_S, Allowance


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
    isolate: bool = False
    """Whether the model is kept from the files and processes of the computer it runs on."""
    slots: int = 1
    """Processes that it runs in on each instance; 0: one a CPU, as far as memory allows."""
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
class Terms:
    """What callers of a job may take of it. Only the owner sees this: client ids are in clear."""

    max_wait_s: float = MAX_WAIT_S
    """Who would wait longer for his turn is told so at once."""
    allowance: Allowance = field(default_factory=Allowance)
    """Each client's."""
    own: dict[str, Allowance] = field(default_factory=dict)
    """What single clients may take instead, by client id."""
    origins: tuple[str, ...] = ()
    """Web pages that may call, as ``scheme://host[:port]``; ``*``: any."""


@dataclass(frozen=True, kw_only=True)
class TermsUpdate:
    """Change what callers may take. None: that stays as it is."""

    max_wait_s: float | None = None
    at_once: int | None = None
    per_second: float | None = None
    client: str = ""
    """Whom these two are for, by client id; empty: every client that has none of its own."""
    origins: tuple[str, ...] | None = None
    clear: bool = False
    """Begin with nothing set: of one client, or of all."""


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """Start a job. The client makes ``job_id``, so that a retry is the same job."""

    job_id: str
    model_name: str
    spec: VersionSpec
    client_ids: tuple[str, ...] = ()
    wait_request_s: int = 30
    limits: Limits | None = None
    terms: Terms | None = None


@dataclass(frozen=True, kw_only=True)
class VersionRequest:
    """Bring up a new version of an active job beside the old one, and then instead of it."""

    version_id: str
    """Made by the client, so that a retry is the same version."""
    spec: VersionSpec
    limits: Limits | None = None
    """None: the job's limits stay as they are."""
    terms: TermsUpdate | None = None


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
    """Of a spot drill: seconds between notice and end; 0: without any notice. Two minutes are EC2's own."""


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

"""What control and gateways tell each other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from aibro_jupyter.states import Role


def client_hash(client_id: str) -> str:
    """Return a client id as gateways know it: the sha256 of its UTF-8 bytes in hex."""
    return hashlib.sha256(client_id.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Target:
    """A serving instance of a route."""

    instance_id: str
    role: Role
    endpoint: str
    token: str
    slots: int = 1
    """Requests that it works on at a time."""


ANY_ORIGIN = "*"
"""Among the web pages that may call: whichever page."""
MAX_WAIT_S = 30.0
"""Chosen: who is told at once that it takes longer can go elsewhere, or come back when it is true."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one client may take of a model; None: as much as there is.

    Each gateway process counts for itself: with several, each gives an equal share, of requests at once rounded up.
    """

    at_once: int | None = None
    """Requests that wait or are worked on."""
    per_second: float | None = None
    """Requests a second; a second's worth may come at once, and one request always."""


SAME_REQUEST_S = 0.25
"""Control dates a request by the report that tells of it, which takes a moment: at most so long."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One active job as a gateway knows it. Client ids come as their ``client_hash``."""

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
    max_wait_s: float = MAX_WAIT_S
    """Who would wait longer for his turn is told so at once."""
    allowance: Allowance = field(default_factory=Allowance)
    allowances: dict[str, Allowance] = field(default_factory=dict)
    """What single clients may take instead, by the hash of their id."""
    budget: str = ""
    """near or degraded: what ``X-Aibro-Budget`` tells the caller; empty: nothing to tell."""
    about: str = ""
    """The live version's ``VersionSpec.about``, for the API's page."""


@dataclass(frozen=True, kw_only=True)
class RouteTable:
    """All routes at a revision; it replaces the one before, whole."""

    rev: int
    routes: tuple[Route, ...]


LATENCY_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Up to and with how many seconds an answer belongs to each bucket of a histogram; one more takes what is longer."""

NO_TIER = "none"
"""The tier of an answer that no instance gave."""


@dataclass(frozen=True, kw_only=True)
class AnswerCounts:
    """How a gateway's answers of one job came out since it started: none of it ever falls in a gateway's life."""

    by_tier: dict[str, dict[str, int]] = field(default_factory=dict)
    """Answers by who gave them (standby, cooling or ``NO_TIER``) and by class of their status (``2xx``)."""
    buckets: tuple[int, ...] = ()
    """How many took how long, by ``LATENCY_BOUNDS_S``; 5xx are none of them, as in the percentiles. Empty: none yet."""
    took_us: int = 0
    """Microseconds that those took together."""


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
    answers: AnswerCounts = field(default_factory=AnswerCounts)


@dataclass(frozen=True, kw_only=True)
class GatewayReport:
    """A gateway's counters: sent at once when a wake is due, when control asked for it, else each second or, idle, 5 s.

    It is answered with a ``ReportAnswer``.
    """

    gateway_id: str
    rev: int
    """The revision whose table this gateway acts on."""
    started_at: float
    jobs: tuple[RouteReport, ...]


@dataclass(frozen=True, kw_only=True)
class ReportAnswer:
    """Control's word to a report. It alone knows every gateway's newest request, and so when a cool-down ends."""

    next_s: float | None = None
    """Seconds until control wants the next report, though nothing may have changed; None: it waits for none."""

"""What people see of jobs, their instances and the whole backend."""

from __future__ import annotations

from dataclasses import dataclass

from aibro_jupyter.machines import Machine, Market, catalogue, machine_id
from aibro_jupyter.protocol.instances import SlotHealth
from aibro_jupyter.protocol.money import BudgetView, MoneyView
from aibro_jupyter.protocol.progress import Progress
from aibro_jupyter.protocol.requests import VersionSpec
from aibro_jupyter.states import InstanceStatus, JobStatus, JobSubstatus, Outcome, Phase, Role

HEALS_S = 30
"""Within so many seconds the daemon has found a control or gateway that hangs, and it answers again."""
PARK_GRACE_S = 90.0
"""Beyond the longest request: what an instance needs to end, and a provider to show it, when the backend goes down."""


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
    slots: tuple[SlotHealth, ...] = ()
    """The processes of its model that are up."""


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
    """One version of a job; state is coming, live, failed or retired. The lock in ``spec`` is left out: it is long."""

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
class UnknownView:
    """An instance that is there and that the database does not know: it is never ended unasked."""

    instance_id: str
    on: str
    state: str
    """As the provider sees it: pending, running, stopping or stopped."""
    since: float | None
    """When it entered that state, UTC seconds; None where the provider cannot say."""
    model_name: str
    job_id: str
    mine: bool
    """It carries this backend's id; else another's, or none."""


@dataclass(frozen=True, kw_only=True)
class EndUnknown:
    """Instances that the database does not know and that are to be ended, with their volumes."""

    instance_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StatusView:
    """Everything the panel polls for. Its ETag is the revision with what is warned of, for a minute."""

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
    unknown: tuple[UnknownView, ...] = ()
    """Instances that the database does not know, as the last sweep saw them."""
    warnings: tuple[str, ...] = ()
    """What a person should know of the backend as a whole."""


@dataclass(frozen=True, kw_only=True)
class EventView:
    """One thing that happened to a job."""

    seq: int
    at: float
    instance_id: str
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class LogsView:
    """The last lines of a job's instances, oldest first, each with its instance id in front."""

    job_id: str
    lines: tuple[str, ...]
    cursor: str = ""
    """Ask with ``after`` set to it for the lines that came since."""


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

    @staticmethod
    def of(machine: Machine, market: Market) -> MachineView:
        """Return a machine as it is bought on one market."""
        return MachineView(
            machine_id=machine_id(machine.type, market),
            vcpus=machine.vcpus,
            memory_mib=machine.memory_mib,
            gpu=f"{machine.gpus} x {machine.gpu}" if machine.gpu else "",
            micros_per_hour=machine.price_micros(market),
            availability="100 %" if market is Market.ON_DEMAND else "unknown",
            region=machine.region,
            source=machine.source if market is Market.ON_DEMAND else machine.spot_source or "unknown",
            as_of=machine.as_of,
        )

    @staticmethod
    def catalogue() -> tuple[MachineView, ...]:
        """Return the package's catalogue, cheapest first, each machine on every market."""
        known = sorted(catalogue().values(), key=lambda machine: machine.on_demand_micros)
        return tuple(MachineView.of(machine, market) for machine in known for market in Market)

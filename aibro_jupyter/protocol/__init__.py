"""Every message on a wire between the processes of a backend and its clients: frozen dataclasses <-> JSON.

Times are UTC seconds, durations seconds, money integer micro-dollars. ``decode`` refuses what does not fit the type.
"""

from __future__ import annotations

from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol.codec import PROTOCOL, decode, encode
from aibro_jupyter.protocol.daemon import HALTED, DaemonInfo
from aibro_jupyter.protocol.disk import DiskLine, DiskView, PrunedItem, PrunedView, PruneRequest
from aibro_jupyter.protocol.gateways import (
    MAX_WAIT_S,
    SAME_REQUEST_S,
    Allowance,
    GatewayReport,
    ReportAnswer,
    Route,
    RouteReport,
    RouteTable,
    Target,
    client_hash,
)
from aibro_jupyter.protocol.instances import Boot, Health, SlotHealth
from aibro_jupyter.protocol.jobs import (
    HEALS_S,
    PARK_GRACE_S,
    EndUnknown,
    EventView,
    InstanceView,
    JobView,
    LogsView,
    MachineView,
    StatusView,
    TrafficView,
    UnknownView,
    VersionView,
    WakeView,
)
from aibro_jupyter.protocol.money import Accrual, BudgetView, CostView, Interval, MoneyView
from aibro_jupyter.protocol.progress import OnProgress, OnStep, Progress, Step
from aibro_jupyter.protocol.refusals import Refusal
from aibro_jupyter.protocol.requests import (
    ClientsUpdate,
    ClientsView,
    CoolingSwitch,
    DeployRequest,
    DrillRequest,
    DrillView,
    Limits,
    LockRequest,
    LockView,
    SecretsUpdate,
    SecretsView,
    Terms,
    TermsUpdate,
    VersionRequest,
    VersionSpec,
)
from aibro_jupyter.protocol.timeline import Band, Point, Tick, TimelineView

__all__ = [
    "HALTED",
    "HEALS_S",
    "MAX_WAIT_S",
    "PARK_GRACE_S",
    "PROTOCOL",
    "SAME_REQUEST_S",
    "Accrual",
    "Allowance",
    "Band",
    "Boot",
    "BudgetView",
    "ClientsUpdate",
    "ClientsView",
    "CoolingSwitch",
    "CostView",
    "DaemonInfo",
    "DeployRequest",
    "DiskLine",
    "DiskView",
    "DrillRequest",
    "DrillView",
    "EndUnknown",
    "EventView",
    "GatewayReport",
    "Health",
    "InstanceView",
    "Interval",
    "JobView",
    "Limits",
    "LockRequest",
    "LockView",
    "LogsView",
    "MachineConfig",
    "MachineView",
    "MoneyView",
    "OnProgress",
    "OnStep",
    "Point",
    "Progress",
    "PruneRequest",
    "PrunedItem",
    "PrunedView",
    "Refusal",
    "ReportAnswer",
    "Route",
    "RouteReport",
    "RouteTable",
    "SecretsUpdate",
    "SecretsView",
    "SlotHealth",
    "StatusView",
    "Step",
    "Target",
    "Terms",
    "TermsUpdate",
    "Tick",
    "TimelineView",
    "TrafficView",
    "UnknownView",
    "VersionRequest",
    "VersionSpec",
    "VersionView",
    "WakeView",
    "client_hash",
    "decode",
    "encode",
]

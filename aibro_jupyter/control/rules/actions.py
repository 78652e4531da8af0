"""What a plan may ask for: each action is data, and acting on it twice does no harm."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from aibro_jupyter.control.ledger.rows import Move
from aibro_jupyter.machines import Market
from aibro_jupyter.states import Role


class Call(StrEnum):
    """What a provider can be asked for."""

    LAUNCH = "launch"
    START = "start"
    STOP = "stop"
    TERMINATE = "terminate"


@dataclass(frozen=True)
class Launch:
    """Write down that an instance is wanted; asking for it follows."""

    role: Role
    version: int
    machine: str
    market: Market = Market.ON_DEMAND
    replaces: str | None = None
    """The instance that ends once this one serves."""
    why: str = field(default="", compare=False)


@dataclass(frozen=True)
class Ask:
    """Call the provider."""

    instance_id: str
    call: Call


@dataclass(frozen=True)
class Promote:
    """The version takes over the routes."""

    version: int


@dataclass(frozen=True)
class FailVersion:
    """The version did not come up; the one before serves on."""

    version: int
    reason: str


@dataclass(frozen=True)
class Cancel:
    """The job never served and never will."""

    reason: str


@dataclass(frozen=True)
class Complete:
    """The job ends, for a limit that its owner set."""

    reason: str


@dataclass(frozen=True)
class BudgetNews:
    """The job stands otherwise toward its budgets than was said last."""

    state: str
    text: str


@dataclass(frozen=True)
class Stuck:
    """An instance does not end: its owner should know."""

    instance_id: str
    why: str


Action = Launch | Move | Ask | Stuck | Promote | FailVersion | Cancel | Complete | BudgetNews

"""Money as control tells it: integer micro-dollars and the intervals they come from."""

from __future__ import annotations

from dataclasses import dataclass

from aibro_jupyter.machines import Market
from aibro_jupyter.states import Role


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

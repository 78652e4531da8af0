"""Money as control tells it: integer micro-dollars and the intervals they come from."""

from __future__ import annotations

from dataclasses import dataclass

from aibro_jupyter.figures import HOUR_S
from aibro_jupyter.machines import Market
from aibro_jupyter.states import Role


@dataclass(frozen=True, kw_only=True)
class Accrual:
    """What makes a sum grow: a rate, from when on; before, a start's minimum is already in the sum."""

    from_at: float
    micros_per_hour: int


@dataclass(frozen=True, kw_only=True)
class MoneyView:
    """What was spent and what else it could have cost; a client counts on between polls with ``accrued_micros``."""

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
    accruals: tuple[Accrual, ...] = ()
    """What the sums grow by from ``as_of`` on."""
    minimum_s: int = 0
    """Shortest time that a start is billed for."""
    comparable_from: float | None = None
    """From when the sums can be compared; None: not yet, or it ended before."""

    def accrued_micros(self, at: float) -> float:
        """Return what came on top of what was spent, by a moment: nothing while a minimum runs, never less than it.

        The browser's copies are held to the same examples (``tests/figures.json``).
        """
        due = (one.micros_per_hour * max(0.0, at - max(one.from_at, self.as_of)) for one in self.accruals)
        return sum(due) / HOUR_S

    def starting(self, at: float) -> bool:
        """Tell whether a start's minimum still runs at a moment."""
        return any(one.from_at > at for one in self.accruals)

    def comparable(self, at: float) -> bool:
        """Tell whether the sums say something beside each other at a moment."""
        return self.comparable_from is not None and at >= self.comparable_from


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

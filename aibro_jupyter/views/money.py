"""What a job costs, in words that every place shares."""

from __future__ import annotations

from aibro_jupyter.figures import duration
from aibro_jupyter.protocol import MoneyView
from aibro_jupyter.views.card import Part, rate, usd

TOO_EARLY = "too early to compare"
"""Said where the sums that it could have been would stand."""


def money_parts(money: MoneyView, at: float) -> tuple[Part, ...]:
    """Return what was spent by a moment, where it counts, and what it costs an hour now."""
    least = "at least " if money.unknown else ""
    where = ("this computer: ", usd(0), " · on AWS: ") if money.simulated else ()
    spent = money.spent_micros + money.accrued_micros(at)
    return (*where, least, usd(spent), " so far, ", rate(money.micros_per_hour))


def minimum_line(money: MoneyView) -> str:
    """Return why a sum can be more than time and rate make; empty: there is no minimum."""
    return f"a start is billed for at least {duration(money.minimum_s)}" if money.minimum_s else ""

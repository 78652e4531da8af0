"""What a job cost and what else it could have cost: sums, a picture over time, and the bill's own lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aibro_jupyter.figures import duration, hourly, money, percent
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import CostView, Interval
from aibro_jupyter.states import Role
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Action, Bar, Block, Card, Head, Part, Picture, Remark, Table, Tone, rate, took, usd
from aibro_jupyter.views.money import TOO_EARLY, minimum_line
from aibro_jupyter.views.plot import Chart, Lane, Line, Stretch

SHOWN = 12
"""So many lines of the bill are shown; all are in the data."""
_HEAD = ("role", "machine", "market", "kind", "for", "price")


@dataclass(frozen=True, kw_only=True, repr=False)
class CostCard(View):
    """A job's money beside the two ways it could have been spent instead."""

    cost: CostView
    ticks: tuple[tuple[float, int], ...] = ()
    """When how many requests came, for the picture."""
    plot: bool = True

    def sums(self) -> list[tuple[str, int]]:
        """Return the sums in micro-dollars: spent, and once they can be compared all on demand and always on."""
        spent = self.cost.money
        paid = ("spent" if not spent.unknown else "spent, at least", spent.spent_micros)
        if not spent.comparable(spent.as_of):
            return [paid]
        return [
            paid,
            ("all on demand", spent.all_on_demand_micros),
            ("always-on cooling", spent.always_on_micros),
        ]

    def card(self) -> Card:
        """Return the sums, the picture and the bill's last lines."""
        parts: list[Block] = [Table(rows=tuple(self._compared())), *self._explained()]
        if self.plot and self.cost.intervals:
            parts.append(Picture(svg=self.chart().svg()))
        if bill := tuple(self._bill()):
            parts.append(Table(head=_HEAD, rows=bill))
        hidden = len(self._worth_showing()) - SHOWN
        more = Action(command=f"aibro cost {self.cost.model_name} --json", text=f"has {hidden} earlier lines")
        return Card(
            head=Head(parts=tuple(self._said())),
            body=tuple(parts),
            actions=(more,) if hidden > 0 else (),
            facts=self.cost,
        )

    def _said(self) -> Iterator[Part]:
        spent = self.cost.money
        yield f"{self.cost.model_name} · "
        yield from ("this computer: ", usd(0), " · on AWS it would be ") if spent.simulated else ("so far ",)
        yield from (usd(spent.spent_micros), " · now ", rate(spent.micros_per_hour))

    def _compared(self) -> Iterator[tuple[Part, ...]]:
        sums = self.sums()
        most = max(micros for _, micros in sums) or 1
        spent = self.cost.money.spent_micros
        for number, (label, micros) in enumerate(sums):
            saved = f"{percent(1 - spent / micros)} saved" if number and 0 < spent < micros else ""
            yield label, usd(micros), Bar(micros / most), saved

    def _explained(self) -> Iterator[Remark]:
        """Yield what the sums alone do not tell."""
        spent = self.cost.money
        if not spent.comparable(spent.as_of):
            yield Remark(text=TOO_EARLY, tone=Tone.QUIET)
        end_ms, least_ms = self._end_ms(), 1000 * spent.minimum_s
        ran = (_until(line, end_ms) for line in self._worth_showing()[-SHOWN:] if line.kind == "compute")
        if any(ms < least_ms for ms in ran):
            yield Remark(text=minimum_line(spent), tone=Tone.QUIET)

    def _bill(self) -> Iterator[tuple[Part, ...]]:
        end_ms = self._end_ms()
        for line in self._worth_showing()[-SHOWN:]:
            ran = took(((line.closed_ms or end_ms) - line.opened_ms) / 1000)
            yield (
                line.role.value,
                line.machine,
                _market(line),
                line.kind,
                str(ran) if line.closed_ms else f"{ran} so far",
                rate(line.micros_per_hour),
            )

    def _worth_showing(self) -> list[Interval]:
        """Return the bill without what was replaced in the very moment it came up."""
        return [line for line in self.cost.intervals if line.closed_ms is None or line.closed_ms - line.opened_ms > 50]

    def chart(self) -> Chart:
        """Return the picture: what ran when, and the three sums as they grew."""
        intervals = [line for line in self.cost.intervals if line.kind == "compute"]
        end_ms = self._end_ms()
        begin_ms = min((line.opened_ms for line in self.cost.intervals), default=end_ms)
        lanes = [
            Lane(label=role.value, bars=tuple(_bars(intervals, role, end_ms)), note=_note(intervals, role))
            for role in Role
        ]
        spent = self.cost.money
        always = ((begin_ms / 1000, 0.0), (end_ms / 1000, float(spent.always_on_micros)))
        compared = (
            Line(label="always on", style="always on", points=always),
            Line(label="on demand", style="on demand", points=self._grown(_on_demand, spent.all_on_demand_micros)),
        )
        return Chart(
            from_at=begin_ms / 1000,
            to_at=end_ms / 1000,
            lanes=tuple(lane for lane in lanes if lane.bars),
            ticks=self.ticks,
            lines=(
                *(compared if spent.comparable(spent.as_of) else ()),
                Line(label="spent", style="spent", points=self._grown(_paid, spent.spent_micros)),
            ),
            title=", ".join(f"{label} {money(micros)}" for label, micros in self.sums()),
        )

    def _end_ms(self) -> int:
        closed = [line.closed_ms for line in self.cost.intervals]
        # A job that ended is drawn to its end, one that runs to the moment of the answer.
        still = [round(self.cost.money.as_of * 1000)] if None in closed or not closed else []
        return max([ms for ms in closed if ms is not None] + still)

    def _grown(self, price: Callable[[Interval], int], total: int) -> tuple[tuple[float, float], ...]:
        """Return a sum over time that ends at the bill's own total, which knows minimum and rounding."""
        end_ms = self._end_ms()
        moments = sorted({ms for line in self.cost.intervals for ms in (line.opened_ms, line.closed_ms or end_ms)})
        raw = [(ms, sum(price(line) * _until(line, ms) for line in self.cost.intervals)) for ms in moments]
        scale = total / raw[-1][1] if raw and raw[-1][1] else 0.0
        return tuple((ms / 1000, micros * scale) for ms, micros in raw) or ((end_ms / 1000, 0.0),)


def _until(line: Interval, ms: int) -> int:
    return max(0, min(ms, line.closed_ms if line.closed_ms is not None else ms) - line.opened_ms)


def _paid(line: Interval) -> int:
    return line.micros_per_hour or 0


def _on_demand(line: Interval) -> int:
    return line.on_demand_micros_per_hour


def _market(line: Interval) -> str:
    return "spot" if line.market is Market.SPOT else "on demand"


def _note(intervals: Iterable[Interval], role: Role) -> str:
    """Return what ran last in a role."""
    last = [line for line in intervals if line.role is role][-1:]
    return "".join(f"{line.machine}{' spot' if line.market is Market.SPOT else ''}" for line in last)


def _bars(intervals: Iterable[Interval], role: Role, end_ms: int) -> Iterable[Stretch]:
    for line in intervals:
        if line.role is role:
            from_at, to_at = line.opened_ms / 1000, (line.closed_ms or end_ms) / 1000
            spot = line.market is Market.SPOT
            said = f"{line.machine} {_market(line)}, {duration(to_at - from_at)}, {hourly(line.micros_per_hour)}"
            yield Stretch(from_at=from_at, to_at=to_at, tone=role.value, faint=spot, title=said)

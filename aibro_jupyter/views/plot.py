"""One picture of a stretch of time as SVG: lanes of what ran, ticks of what was asked, lines of what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise

from aibro_jupyter.figures import DAY_S, money

WIDTH = 720
_LEFT, _RIGHT, _TOP = 96, 132, 8
_LANE, _GAP, _TICKS, _MONEY, _AXIS = 16, 6, 30, 130, 18
_TONES = {
    "standby": "var(--jp-brand-color1,#1976d2)",
    "cooling": "var(--jp-warn-color1,#e65100)",
    "spent": "var(--jp-success-color1,#2e7d32)",
    "quiet": "var(--jp-ui-font-color2,#757575)",
}
_INK = "var(--jp-ui-font-color1,#333)"
_DASHES = {"spent": "", "on demand": "6 4", "always on": "2 3"}


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One stretch in a lane; a faint one is spot."""

    from_at: float
    to_at: float
    tone: str
    faint: bool = False
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One row of bars."""

    label: str
    bars: tuple[Stretch, ...]
    note: str = ""
    """What stands behind it on the right."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A sum of money over time; ``style`` is spent, on demand or always on."""

    label: str
    style: str
    points: tuple[tuple[float, float], ...]
    """UTC seconds and micro-dollars, oldest first."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Everything on the picture."""

    from_at: float
    to_at: float
    lanes: tuple[Lane, ...]
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, int], ...] = ()
    """When how many requests came."""
    title: str = ""

    def svg(self) -> str:
        """Return it as one SVG element that scales with its place and follows the notebook's colours."""
        span = max(1.0, self.to_at - self.from_at)
        parts: list[str] = []
        y = float(_TOP)
        if self.ticks:
            parts += self._drawn_ticks(y)
            y += _TICKS + _GAP
        for lane in self.lanes:
            parts += self._drawn_lane(lane, y)
            y += _LANE + _GAP
        if self.lines:
            parts += self._drawn_lines(y)
            y += _MONEY
        parts += self._axis(y, span)
        height = round(y + _AXIS)
        style = f"width:100%;max-width:{WIDTH}px;height:auto;font:11px var(--jp-ui-font-family,sans-serif)"
        head = f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(self.title)}" style="{style}">'
        return f"{head}<title>{escape(self.title)}</title>{''.join(parts)}</svg>"

    def _x(self, at: float) -> float:
        share = (min(max(at, self.from_at), self.to_at) - self.from_at) / max(1.0, self.to_at - self.from_at)
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def _drawn_ticks(self, y: float) -> list[str]:
        most = max(count for _, count in self.ticks)
        bars = [
            f"M{self._x(at):.1f} {y + _TICKS:.1f}v{-_TICKS * max(0.25, count / most):.1f}"
            for at, count in self.ticks
            if count
        ]
        path = f'<path d="{"".join(bars)}" stroke="{_TONES["quiet"]}" stroke-width="1.2" fill="none"/>'
        return [_text(_LEFT - 8, y + _TICKS - 4, "requests", anchor="end"), path]

    def _drawn_lane(self, lane: Lane, y: float) -> list[str]:
        parts = [_text(_LEFT - 8, y + _LANE - 4, lane.label, anchor="end")]
        for bar in lane.bars:
            left, right = self._x(bar.from_at), self._x(bar.to_at)
            shape = f'x="{left:.1f}" y="{y:.1f}" width="{max(1.0, right - left):.1f}" height="{_LANE}" rx="2"'
            shade = 0.45 if bar.faint else 0.9
            parts.append(
                f'<rect {shape} fill="{_TONES.get(bar.tone, _INK)}" fill-opacity="{shade}">'
                f"<title>{escape(bar.title)}</title></rect>"
            )
        return [*parts, _text(WIDTH - _RIGHT + 6, y + _LANE - 4, lane.note)] if lane.note else parts

    def _drawn_lines(self, y: float) -> list[str]:
        top = max((micros for line in self.lines for _, micros in line.points), default=0.0) or 1.0
        floor = y + _MONEY - 4
        base = f'<path d="M{_LEFT} {floor:.1f}H{WIDTH - _RIGHT}" stroke="{_TONES["quiet"]}" stroke-width=".5"/>'
        parts = [base, _text(_LEFT - 8, y + 16, "money", anchor="end")]
        ends = [floor - line.points[-1][1] / top * (_MONEY - 16) for line in self.lines]
        for line, label_y in zip(self.lines, _apart(ends), strict=True):
            points = " ".join(
                f"{self._x(at):.1f},{floor - micros / top * (_MONEY - 16):.1f}" for at, micros in line.points
            )
            spent = line.style == "spent"
            tone = _TONES["spent"] if spent else _TONES["quiet"]
            dash = f' stroke-dasharray="{_DASHES[line.style]}"' if _DASHES.get(line.style) else ""
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{tone}" stroke-width="{2 if spent else 1.3}"{dash}/>'
            )
            said = f"{money(round(line.points[-1][1]))} {line.label}"
            parts.append(_text(WIDTH - _RIGHT + 6, label_y + 4, said, bold=spent))
        return parts

    def _axis(self, y: float, span: float) -> list[str]:
        """Return clock times of this computer, or for a long stretch days."""
        form = "%H:%M:%S" if span < 600 else "%H:%M" if span < 2 * DAY_S else "%b %d"
        moments = [self.from_at + span * share for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
        said = [datetime.fromtimestamp(at).astimezone().strftime(form) for at in moments]
        return [_text(self._x(at), y + 13, text, anchor="middle") for at, text in zip(moments, said, strict=True)]


def _text(x: float, y: float, said: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    # A dollar stands alone in its element, or a notebook takes two prices for a formula.
    inner = escape(said).replace("$", "<tspan>$</tspan>")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}"{weight}>{inner}</text>'


def _apart(places: Sequence[float], least: float = 14.0) -> list[float]:
    """Return the places, moved so that no two labels cover each other."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = list(places)
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + least)
    return moved

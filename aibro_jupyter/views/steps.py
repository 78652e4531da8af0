"""The one line that says how far a deploy is: ``captured ✓ proved ✓ GEARING UP ENV 3/7``."""

from __future__ import annotations

from html import escape

from aibro_jupyter.figures import size
from aibro_jupyter.protocol import Progress, Step
from aibro_jupyter.views.markup import BAD, FONT, GOOD, QUIET, WARN

_MARKS = {"running": "…", "done": "✓", "warned": "!", "failed": "✗"}
_TONES = {"running": QUIET, "done": GOOD, "warned": WARN, "failed": BAD}


def _amount(progress: Progress) -> str:
    if not progress.total:
        return progress.text
    if progress.unit == "bytes":
        return f"{size(progress.done)} of {size(progress.total)}"
    return f"{progress.done}/{progress.total}"


def step_text(step: Step) -> str:
    """Return one step as it is shown."""
    amount = _amount(step.progress) if step.state == "running" else ""
    return " ".join(part for part in (step.name, amount, _MARKS.get(step.state, "")) if part)


def _bar(step: Step) -> str:
    """Return how far a running step is as a bar; bytes and packages have one."""
    done, total = step.progress.done, step.progress.total
    if step.state != "running" or total <= 0:
        return ""
    part = f"{100 * min(done, total) / total:.0f}%"
    fill = f"linear-gradient(to right,var(--jp-brand-color1,#1976d2) {part},var(--jp-layout-color3,#bdbdbd) {part})"
    style = f"display:inline-block;width:7em;height:.5em;margin-left:.6em;border-radius:2px;background:{fill}"
    told = f'role="progressbar" aria-label="{escape(step.name)}" aria-valuenow="{done}" aria-valuemax="{total}"'
    return f'<span {told} style="{style}"></span>'


class Steps:
    """The steps seen so far, in the order in which each was first seen."""

    def __init__(self) -> None:
        self._seen: dict[str, Step] = {}

    def take(self, step: Step) -> bool:
        """Remember a step; tell whether the line changed by it."""
        for name, earlier in self._seen.items():
            # A later step means that the earlier one is over, whether or not anybody said so.
            if earlier.state == "running" and name != step.name and step.name not in self._seen:
                self._seen[name] = Step(name=name, state="done")
        changed = self._seen.get(step.name) != step
        self._seen[step.name] = step
        return changed

    @property
    def names(self) -> tuple[str, ...]:
        """The steps that were reached."""
        return tuple(self._seen)

    def text(self) -> str:
        """Return the line for a terminal."""
        return " · ".join(step_text(step) for step in self._seen.values())

    def html(self) -> str:
        """Return the line for a notebook."""
        parts = (
            f'<span style="{_TONES.get(step.state, QUIET)}">{escape(step_text(step))}</span>{_bar(step)}'
            for step in self._seen.values()
        )
        return f'<div role="status" style="{FONT}">' + " · ".join(parts) + "</div>"

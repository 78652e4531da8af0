"""The one line that says how far a deploy is: ``captured ✓ · proved ✓ · GEARING UP ENV 3/7 …``."""

from __future__ import annotations

from aibro_jupyter.protocol import Progress, Step
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Card, Figure, Stage, Tone, Trail, Unit

_TONES = {"running": Tone.QUIET, "done": Tone.OK, "warned": Tone.WARN, "failed": Tone.FAIL}


def stage(step: Step) -> Stage:
    """Return one step as it is shown; bytes and packages have a bar while they run."""
    progress, running = step.progress, step.state == "running"
    return Stage(
        name=step.name,
        text=_amount(progress) if running else "",
        tone=_TONES.get(step.state, Tone.QUIET),
        share=(progress.done, progress.total) if running and progress.total > 0 else None,
    )


def _amount(progress: Progress) -> str:
    if not progress.total:
        return progress.text
    if progress.unit == "bytes":
        return f"{Figure(progress.done, Unit.BYTES)} of {Figure(progress.total, Unit.BYTES)}"
    return f"{progress.done}/{progress.total}"


class Steps(View):
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

    def card(self) -> Card:
        """Return the line."""
        steps = tuple(self._seen.values())
        return Card(body=(Trail(stages=tuple(map(stage, steps))),), facts=steps)

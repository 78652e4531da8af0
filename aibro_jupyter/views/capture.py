"""What capture and proof found: alone, and as a part of what a deploy shows."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from aibro_jupyter.figures import several
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Action, Card, Figure, Head, Link, Part, Row, Tone, Unit, row, took, warnings

SHOWN_VALUES = 3
"""Chosen: what fits in the line."""


@dataclass(frozen=True, kw_only=True)
class Captured:
    """What capture and proof found, as far as it is shown."""

    function: str
    path: str
    functions: int = 1
    models: tuple[tuple[str, int], ...] = ()
    """Name and bytes of every saved value."""
    packages: int = 0
    warnings: tuple[str, ...] = ()
    proof: str = ""
    samples: tuple[str, ...] = ()
    """One line for each sample that did not simply get the notebook's answer."""
    measures: str = ""
    """Load time, memory, latency and size, as the proof saw them."""
    suggestion: str = ""
    """The machine that these suggest, and why."""

    def rows(self) -> Iterator[Row]:
        """Yield what was written, what was proved, and what is to be looked at."""
        yield row("captured", *self._written())
        yield row("proved", self.proof or "without a sample: it loads")
        yield from warnings((*self.samples, *self.warnings))

    def _written(self) -> Iterator[Part]:
        yield f"{self.function} -> {self.path.rstrip('/')}/   {several(self.functions, 'function')}"
        for name, count in self.models[:SHOWN_VALUES]:
            yield from (f", {name} (", Figure(count, Unit.BYTES), ")")
        if len(self.models) > SHOWN_VALUES:
            yield f", {len(self.models) - SHOWN_VALUES} more values"
        yield f", {several(self.packages, 'package')}"
        # A notebook can follow it only below its own folder.
        if not self.path.startswith("/"):
            yield Link("see predict.py", f"{self.path}/predict.py")


@dataclass(frozen=True, kw_only=True, repr=False)
class CaptureView(View):
    """The output of a capture that deploys nothing."""

    captured: Captured
    what: str
    """The function as the person named it."""
    took_s: float

    def card(self) -> Card:
        """Return what was written and what the proof found; the sample itself stays out."""
        found = self.captured
        return Card(
            head=Head(parts=(f"{found.function} is captured",), tone=Tone.OK, aside=took(self.took_s)),
            body=(*found.rows(), *(row("runs", text) for text in (found.measures, found.suggestion) if text)),
            actions=(Action(command=f"%aibro deploy {shlex.quote(self.what)}", text="makes it an API"),),
            facts={
                "function": found.function,
                "path": found.path,
                "functions": found.functions,
                "models": [{"name": name, "bytes": Figure(count, Unit.BYTES)} for name, count in found.models],
                "packages": found.packages,
                "warnings": found.warnings,
                "proof": found.proof,
                "measures": found.measures,
                "suggestion": found.suggestion,
                "took_s": took(self.took_s),
            },
        )

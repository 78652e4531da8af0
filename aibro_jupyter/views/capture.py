"""The output of a capture that deploys nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aibro_jupyter.figures import duration
from aibro_jupyter.views import View
from aibro_jupyter.views.live import Captured
from aibro_jupyter.views.markup import block, facts, span


@dataclass(frozen=True, kw_only=True, repr=False)
class CaptureView(View):
    """What was written and what the proof found."""

    captured: Captured
    took_s: float

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("captured", self.captured.line()), ("proved", self.captured.proof or "without a sample: it loads")]
        rows += [("!", line) for line in (*self.captured.samples, *self.captured.warnings)]
        rows += [("runs", text) for text in (self.captured.measures, self.captured.suggestion) if text]
        return [*rows, ("next", "`%aibro deploy` makes it an API")]

    def text(self) -> str:
        """Return the lines for a terminal."""
        return "\n".join(f"{label:<9} {value}" for label, value in [*self._rows(), ("took", duration(self.took_s))])

    def html(self) -> str:
        """Return the lines for a notebook."""
        return block(facts([(label, span(value, "warn" if label == "!" else "")) for label, value in self._rows()]))

    def data(self) -> Any:
        """Return the facts; the sample itself stays out."""
        return {
            "function": self.captured.function,
            "path": self.captured.path,
            "functions": self.captured.functions,
            "models": [{"name": name, "bytes": count} for name, count in self.captured.models],
            "packages": self.captured.packages,
            "warnings": list(self.captured.warnings),
            "proof": self.captured.proof,
            "measures": self.captured.measures,
            "suggestion": self.captured.suggestion,
            "took_s": round(self.took_s, 3),
        }

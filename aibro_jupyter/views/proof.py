"""What the proof found, as it is shown: samples, measures, a machine; and what changed since the last deploy."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from aibro_jupyter.capturing import Proof
from aibro_jupyter.capturing.writing.diff import Change
from aibro_jupyter.figures import several, size
from aibro_jupyter.views import View
from aibro_jupyter.views.markup import BAD, FONT, GOOD, QUIET, block, preformatted, span

_SHOWN = 4
_APART = {
    "namespace": "no network",
    "guard": "no network for Python's sockets",
    "open": "network allowed",
}


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def proof_line(proof: Proof, *, venv: Proof | None = None) -> str:
    """Return what was proved, in one line."""
    apart = f" ({_APART[proof.isolation]}, twice)" if proof.isolation in _APART else ""
    if not proof.samples:
        told = f"it loads in a clean process{apart.replace(', twice', '')}; no sample was there to compare answers"
    elif proof.equal == proof.samples == 1:
        told = f"the sample gets the notebook's own answer in a clean process{apart}"
    else:
        told = f"{proof.equal} of {proof.samples} samples get the notebook's own answers in a clean process{apart}"
    return told if venv is None else f"{told}, and again with requirements.txt alone"


def sample_lines(proof: Proof) -> tuple[str, ...]:
    """Return a line for each sample that did not simply get the notebook's answer."""
    odd = [verdict for verdict in proof.verdicts if verdict.outcome != "equal"]
    lines = []
    for verdict in odd[:_SHOWN]:
        blame = f" · {verdict.blame}" if verdict.blame else ""
        first = verdict.lines[0].removeprefix(f"sample {verdict.sample}: ")
        lines.append(f"sample {verdict.sample} {verdict.outcome}{blame}: {first}")
    return (*lines, *([f"… and {len(odd) - _SHOWN} more"] if len(odd) > _SHOWN else []))


def measures(proof: Proof, *, venv: Proof | None = None) -> str:
    """Return what the proof measured; of two proofs that in the new environment, for that is what will run."""
    seen = venv or proof
    parts = [f"loads in {_time(seen.load_s)}", f"{max(seen.peak_mib, seen.memory_mib)} MB at most"]
    if seen.latency_s:
        parts.append(f"answers in {_time(seen.latency_s)}")
    return " · ".join([*parts, f"{size(seen.size_bytes)} repo"])


def suggestion(proof: Proof, *, venv: Proof | None = None) -> str:
    """Return the machine that the measures suggest, and why; "" where nothing was measured."""
    found = (venv or proof).recommended
    if found is None:
        return ""
    slow = f"; answers are slow: {found.cooling} as --cooling" if found.cooling else ""
    return f"{found.machine_id} is enough: {found.why}{slow}"


@dataclass(frozen=True, kw_only=True, repr=False)
class DiffView(View):
    """What changed since the last deploy."""

    name: str
    version: int
    """The live one; 0: none is live."""
    changes: tuple[Change, ...]

    def headline(self) -> str:
        """Return how much changed."""
        if not self.version:
            return f"nothing is deployed as {self.name}: all of it is new"
        if not self.changes:
            return f"{self.name} v{self.version} is what the notebook holds: nothing changed"
        return f"{several(len(self.changes), 'file')} changed since {self.name} v{self.version}"

    def text(self) -> str:
        """Return the diff."""
        return "\n".join([self.headline(), *(line for change in self.changes for line in _told(change))])

    def html(self) -> str:
        """Return the diff, coloured as diffs are."""
        lines = "\n".join(_coloured(line) for change in self.changes for line in _told(change))
        body = f'<pre style="{FONT};white-space:pre-wrap;margin:0">{lines}</pre>' if lines else ""
        return block(span(self.headline()), body) if body else block(preformatted(self.headline()))

    def data(self) -> Any:
        """Return the changes."""
        changes = [{"path": one.path, "kind": one.kind, "lines": list(one.lines)} for one in self.changes]
        return {"name": self.name, "version": self.version, "changes": changes}


def _told(change: Change) -> list[str]:
    if len(change.lines) == 1:
        return [f"{change.kind} {change.path}: {change.lines[0]}"]
    return list(change.lines)


def _coloured(line: str) -> str:
    tone = GOOD if line.startswith("+") else BAD if line.startswith("-") else QUIET if line.startswith("@@") else ""
    return f'<span style="{tone}">{escape(line)}</span>' if tone else escape(line)

"""What the proof found, as it is shown: samples, measures, a machine; and what changed since the last deploy."""

from __future__ import annotations

from dataclasses import dataclass

from aibro_jupyter.capturing import Proof
from aibro_jupyter.capturing.writing.diff import Change
from aibro_jupyter.figures import duration, memory, several, size
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Card, Head, Lines, Tone

_SHOWN = 4
"""Chosen: the samples after these rarely tell anything new."""
_APART = {
    "namespace": "no network",
    "guard": "no network for Python's sockets",
    "open": "network allowed",
}


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
    parts = [f"loads in {duration(seen.load_s)}", f"{memory(max(seen.peak_mib, seen.memory_mib))} at most"]
    if seen.latency_s:
        parts.append(f"answers in {duration(seen.latency_s)}")
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

    def card(self) -> Card:
        """Return how much changed, and the diff coloured as diffs are."""
        said = tuple((line, _tone(line)) for change in self.changes for line in _told(change))
        return Card(
            head=Head(parts=(self._said(),)),
            body=(Lines(lines=said),) if said else (),
            facts={
                "name": self.name,
                "version": self.version,
                "changes": [{"path": one.path, "kind": one.kind, "lines": one.lines} for one in self.changes],
            },
        )

    def _said(self) -> str:
        if not self.version:
            return f"nothing is deployed as {self.name}: all of it is new"
        if not self.changes:
            return f"{self.name} v{self.version} is what the notebook holds: nothing changed"
        return f"{several(len(self.changes), 'file')} changed since {self.name} v{self.version}"


def _told(change: Change) -> list[str]:
    if len(change.lines) == 1:
        return [f"{change.kind} {change.path}: {change.lines[0]}"]
    return list(change.lines)


def _tone(line: str) -> Tone:
    tones = {"+": Tone.OK, "-": Tone.FAIL, "@": Tone.QUIET}
    return tones.get(line[:1], Tone.NONE)

"""One capture under way: what was asked for, and the repo as built so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.gathering.target import Target
from aibro_jupyter.capturing.proving.inputs import Inputs
from aibro_jupyter.capturing.session.items import Culprit, Plan
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.values.store import Load
from aibro_jupyter.capturing.writing.requirements import Requirements
from aibro_jupyter.errors import CaptureError
from aibro_jupyter.protocol import Progress, Step

OnStep = Callable[[Step], None]


@dataclass(frozen=True, kw_only=True)
class Asks:
    """What a proof is given beyond nothing, and how far it goes."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment variables by name, never written anywhere."""
    network: bool = False
    venv: bool = False
    """Prove it again in an environment built from the written requirements.txt alone."""


@dataclass(kw_only=True)
class Job:
    """What was asked for."""

    target: Target
    notebook: Notebook
    out: Path
    on_step: OnStep
    name: str = ""
    inputs: Inputs = field(default_factory=Inputs)
    warnings: list[str] = field(default_factory=list)
    asks: Asks = field(default_factory=Asks)
    files: dict[str, str] = field(default_factory=dict)
    """Files beside the notebook that the proof found to be read -> who reads them."""

    def step(self, name: str, state: str, text: str = "") -> None:
        """Tell how far it is."""
        self.on_step(Step(name=name, state=state, progress=Progress(text=text)))


@dataclass(kw_only=True)
class Built:
    """A repo in the staging folder."""

    root: Path
    plan: Plan
    loads: list[Load]
    requirements: Requirements
    warnings: list[str]


def model_of(job: Job) -> dict[str, Any]:
    """Return what a hand-written run() gets as its model: the global of that name, or the notebook's load_model()."""
    for name in ("model", "load_model"):
        if name in job.notebook.namespace:
            return {name: job.notebook.namespace[name]}
    raise CaptureError(
        "cannot deploy 'run': there is neither a variable 'model' nor a function load_model() in the notebook",
        fix="name the model 'model', or deploy a function that uses the variable under its own name",
    )


def refuse(job: Job, culprits: list[Culprit]) -> None:
    """Raise ``CaptureError`` with all culprits, if there is any."""
    if not culprits:
        return
    job.step("captured", "failed")
    more = f", and {len(culprits) - 1} more" if len(culprits) > 1 else ""
    raise CaptureError(
        f"cannot deploy '{job.target.label}': {culprits[0].headline()}{more}",
        fix=culprits[0].fix,
        details="\n".join(culprit.line() for culprit in culprits),
    )

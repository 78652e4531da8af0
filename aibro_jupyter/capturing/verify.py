"""The built repo beside the notebook: the live answers, the proof, and what to say when it does not hold."""

from __future__ import annotations

from typing import Any

from aibro_jupyter.capturing.answers import live_answer
from aibro_jupyter.capturing.items import Plan
from aibro_jupyter.capturing.prove import Proof, prove
from aibro_jupyter.capturing.traces import untouched
from aibro_jupyter.capturing.work import Built, Job, model_of
from aibro_jupyter.errors import CaptureError


def proved(job: Job, built: Built) -> tuple[Proof, bytes | None]:
    """Return the proof, and the notebook's answer to the first sample, if there is one."""
    if job.target.handwritten and len(job.target.parameters) == 1:
        return prove(built.root, [], [], own_data=True), None
    if not job.inputs.samples:
        built.warnings.append("no sample: the function was loaded in a clean process but not called; pass sample=...")
        return prove(built.root, [], []), None
    expected = _expected(job, built)
    if not job.inputs.parameters:
        bodies = [(b"null", "application/json") for _ in expected]
    else:
        bodies = [(job.inputs.body(sample), job.inputs.content_type) for sample in job.inputs.samples]
    return prove(built.root, bodies, expected), expected[0]


def _expected(job: Job, built: Built) -> list[bytes]:
    rebound = {name for item in built.plan.defined() for name in item.segment.uses.rebound}
    values = [item.value for item in built.plan.held()]
    fixed = dict(job.inputs.bound)
    if job.target.handwritten:
        fixed = {"model": _live_model(job)}
    answers = []
    functions = [item.value for item in built.plan.defined()]
    with untouched(job.notebook.namespace, values, rebound, functions, job.notebook.owns):
        for sample in job.inputs.samples:
            try:
                answers.append(live_answer(job.target.function, sample, fixed))
            except Exception as error:  # the user's function may raise anything
                kind = type(error).__name__
                raise CaptureError(
                    f"cannot deploy '{job.target.label}': in the notebook it raises {kind} on the sample",
                    fix="make it work on the sample here first, or pass another sample=",
                    details=f"{type(error).__name__}: {error}",
                ) from error
    return answers


def _live_model(job: Job) -> Any:
    found = model_of(job)
    return found["model"] if "model" in found else found["load_model"]()


def not_proved(job: Job, built: Built, proof: Proof) -> CaptureError:
    """Return what to raise when the clean process failed or answered otherwise."""
    label = job.target.label
    if proof.differs:
        return CaptureError(
            f"cannot deploy '{label}': in a clean process its answers are not the notebook's",
            fix="look for state that is set outside of it: options, patched modules, files, changed variables",
            details="\n".join(proof.differs[:10]),
        )
    names = [_cell_of_missing(built.plan, name) for name in proof.missing]
    return CaptureError(
        f"cannot deploy '{label}': in a clean process it fails: {proof.errors[0]}",
        fix="; ".join(names)
        or f"it works here, so something differs there: its input is {job.inputs.told()}, and it "
        "has no environment variables and no files but those named in its code",
        details=proof.details or proof.errors[0],
    )


def _cell_of_missing(plan: Plan, name: str) -> str:
    users = [item for item in plan.defined() if name in item.segment.text]
    where = f" (used in {users[0].name}(), {users[0].segment.cell})" if users else ""
    return f"run the cell that defines '{name}'{where}"

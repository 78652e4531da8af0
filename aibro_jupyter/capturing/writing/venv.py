"""The second proof: with nothing installed but what the written requirements.txt asks for."""

from __future__ import annotations

from dataclasses import replace

from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.proving.verify import Exam, conditions, not_proved
from aibro_jupyter.capturing.writing.build import minor
from aibro_jupyter.capturing.writing.work import Built, Job
from aibro_jupyter.envs import ensure, resolve
from aibro_jupyter.errors import AibroError, CaptureError
from aibro_jupyter.home import home
from aibro_jupyter.protocol import Progress, Step

STEP = "proved in a new environment"


def in_venv(job: Job, built: Built, exam: Exam) -> Proof:
    """Return the proof of the built repo in an environment of its own; raises ``CaptureError`` if it does not hold.

    The environment is kept among the shared ones: the deploy of the same requirements finds it ready.
    """

    def told(progress: Progress) -> None:
        job.on_step(Step(name=STEP, state="running", progress=progress))

    job.step(STEP, "running")
    text = (built.root / "requirements.txt").read_text(encoding="utf-8")
    envs = home().make().envs
    try:
        python = ensure(resolve(text, minor(), envs / "locks"), minor(), envs, told)
    except AibroError as error:
        job.step(STEP, "failed")
        message = f"cannot deploy '{job.target.label}': its environment cannot be built: {error.message}"
        raise CaptureError(message, fix=error.fix, details=error.details) from error
    proof = exam.held(built.root, replace(conditions(job, built), python=python))
    if not proof.holds:
        job.step(STEP, "failed")
        raise not_proved(job, built, proof, "in an environment made from requirements.txt alone")
    job.step(STEP, "warned" if proof.unsteady else "done")
    return proof

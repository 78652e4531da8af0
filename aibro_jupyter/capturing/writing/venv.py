"""The second proof: with nothing installed but what the written requirements.txt asks for."""

from __future__ import annotations

from dataclasses import replace

from aibro_jupyter import pythons
from aibro_jupyter.capturing.gathering.asked import Asked
from aibro_jupyter.capturing.proving.inputs import Inputs
from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.proving.verify import Exam, conditions, not_proved
from aibro_jupyter.capturing.writing.build import Built
from aibro_jupyter.envs import ensure, resolve
from aibro_jupyter.errors import AibroError, CaptureError
from aibro_jupyter.home import home
from aibro_jupyter.protocol import OnStep, Progress, Step

STEP = "proved in a new environment"


def in_venv(asked: Asked, inputs: Inputs, built: Built, exam: Exam, on_step: OnStep) -> Proof:
    """Return the proof of the built repo in an environment of its own; raises ``CaptureError`` if it does not hold.

    The environment is kept among the shared ones: the deploy of the same requirements finds it ready.
    """

    def told(progress: Progress) -> None:
        on_step(Step(name=STEP, state="running", progress=progress))

    text = (built.root / "requirements.txt").read_text(encoding="utf-8")
    envs = home().make().envs
    try:
        python = ensure(resolve(text, pythons.OURS, envs), pythons.OURS, envs, told)
    except AibroError as error:
        message = f"cannot deploy '{asked.target.label}': its environment cannot be built: {error.message}"
        raise CaptureError(message, fix=error.fix, details=error.details) from error
    proof = exam.held(built.root, replace(conditions(asked, built.gathered), python=python))
    if not proof.holds:
        where = "in an environment made from requirements.txt alone"
        raise not_proved(asked, inputs, built.gathered, proof, where)
    return proof

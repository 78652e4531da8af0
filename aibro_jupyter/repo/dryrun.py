"""Try a repo before anything is deployed: its structure, its requirements, and its own sample in a fresh process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter.envs import ensure, resolve
from aibro_jupyter.errors import AibroError, DryrunFailed, SlotFailed
from aibro_jupyter.protocol import OnProgress, OnStep, Progress, Step
from aibro_jupyter.repo.layout import Repo, check, copy_tree
from aibro_jupyter.repo.slothost import Result
from aibro_jupyter.repo.slotprocess import SlotProcess
from aibro_jupyter.repo.slotstart import Start

LIMIT_S = 600
"""Longest that loading, and that answering, may take."""
_KEPT_LINES = 30
"""Chosen: a traceback through a library or two."""


def dryrun(root: Path, *, envs: Path, on_step: OnStep | None = None) -> Result:
    """Run ``run(load_model())`` on the repo's own data in a fresh process and return the answer; no backend is needed.

    Raises ``DryrunFailed`` that says what failed, with the lines that matter. The repo's folder is not touched: a copy
    runs. ``envs`` is the folder of shared environments.
    """
    steps = _Steps(on_step or _silent)
    with steps.step("structure"):
        repo = check(root)
    with steps.step("requirements") as told:
        lock = resolve(repo.requirements, repo.python, envs)
        program = ensure(lock, repo.python, envs, told)
    with tempfile.TemporaryDirectory(prefix="aibro-dryrun-") as temporary:
        return _ran(repo, program, Path(temporary) / "repo", steps)


def _ran(repo: Repo, program: Path, copy: Path, steps: _Steps) -> Result:
    with steps.step("load"):
        slot = SlotProcess(Start(python=program, folder=copy_tree(repo.root, copy)), limit_s=LIMIT_S)
    with slot, steps.step("run"):
        result = slot.predict_own_data(limit_s=LIMIT_S)
        if not result.ok:
            what = "run() raised " if result.kind == "model-error" else ""
            raise DryrunFailed(f"{what}{result.told}", details=_last_lines(result.error.get("traceback", "")))
    return result


@dataclass(frozen=True)
class _Steps:
    """Tells each step's begin and end; an error of ours inside one fails the dry run."""

    tell: OnStep

    @contextmanager
    def step(self, name: str) -> Iterator[OnProgress]:
        self.tell(Step(name=name, state="running"))
        try:
            yield lambda progress: self.tell(Step(name=name, state="running", progress=progress))
        except AibroError as error:
            self.tell(Step(name=name, state="failed", progress=Progress(text=error.message)))
            raise _failure(error) from error
        self.tell(Step(name=name, state="done"))


def _failure(error: AibroError) -> DryrunFailed:
    match error:
        case DryrunFailed():
            return error
        case SlotFailed():
            return DryrunFailed(error.message, fix=error.fix, details=_last_lines(error.details))
        case _:
            return DryrunFailed(error.message, fix=error.fix, details=error.details)


def _last_lines(text: str) -> str:
    lines = text.rstrip().splitlines()
    return "\n".join(lines if len(lines) <= _KEPT_LINES else [lines[0], "  …", *lines[2 - _KEPT_LINES :]])


def _silent(_step: Step) -> None:
    """Nobody watches."""

"""capture(): from a live function to a proved repo. Nothing takes its place before the proof holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.gathering.target import namespace_of, target_of
from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.proving.verify import conditions, exam_of, not_proved
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.writing.backends import used_backends
from aibro_jupyter.capturing.writing.build import build, inputs_for, write_manifest
from aibro_jupyter.capturing.writing.folder import check_place, files_of, staging, swap_in
from aibro_jupyter.capturing.writing.venv import in_venv
from aibro_jupyter.capturing.writing.work import Asks, Built, Job, OnStep
from aibro_jupyter.errors import BadRequest, CaptureError
from aibro_jupyter.protocol import Step

_RETRIES = 5


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A captured function: where its repo is, what is in it, and how the proof went."""

    path: Path
    """The folder that was written."""
    name: str
    """The name that it suggests for its API."""
    function: str
    """What the function is called in the notebook."""
    files: tuple[str, ...]
    """Every file in it, by its path there."""
    requirements: tuple[str, ...]
    """The lines of requirements.txt."""
    warnings: tuple[str, ...]
    """What its owner should know."""
    proof: Proof
    """How many samples got the notebook's answer in a clean process, and what was seen on the way."""
    body: bytes
    """The sample as a client posts it; empty when there is none."""
    content_type: str
    """The media type of that body."""
    functions: int
    """How many functions and classes of the notebook came along."""
    models: tuple[tuple[str, int], ...]
    """(variable, bytes) of every value in model/."""
    venv: Proof | None = None
    """Of ``verify="venv"``: the proof with nothing installed but what requirements.txt asks for."""


def capture(
    fn: Callable[..., Any],
    out: str | Path = "aibro_repo",
    sample: Any = None,
    samples: Sequence[Any] | None = None,
    name: str | None = None,
    *,
    namespace: Mapping[str, Any] | None = None,
    on_step: OnStep | None = None,
    secrets: Mapping[str, str] | None = None,
    allow_net: bool = False,
    verify: str = "",
) -> Capture:
    """Write a live function and all it needs to a readable repo, proved in a clean process to answer alike.

    Nothing of the notebook is changed, and what lies at ``out`` is replaced only when everything is known to work.

    Args:
        fn: The function. What it calls and the values it reads come along.
        out: The folder that is written.
        sample: An input to prove it with: of one parameter its value, of several a dict by name or a tuple in their
            order. None: the function's last call in the session.
        samples: Several inputs, each like ``sample``, in its place.
        name: The name that the repo suggests for its API; None: the function's.
        namespace: The names that the function finds as globals; None: its own.
        on_step: Called with each ``Step`` as it begins and ends.
        secrets: Environment variables that the function reads, by name: it has them in the proof, the repo never does.
        allow_net: Whether the proof may reach the network.
        verify: ``"venv"`` repeats the proof with nothing installed but what the written requirements.txt asks for.

    Returns:
        Where the repo is, what is in it, and how the proof went.

    Raises:
        CaptureError: It cannot be served; ``details`` has all culprits, one a line.
        BadRequest: ``verify`` is nothing we know.
    """
    if verify not in ("", "venv"):
        raise BadRequest(f"verify={verify!r} is nothing we know", fix='verify="venv", or nothing')
    scope = namespace if namespace is not None else namespace_of(fn)
    job = Job(
        target=target_of(fn, scope), notebook=Notebook(scope), out=Path(out).absolute(), on_step=on_step or _silent,
        asks=Asks(secrets=dict(secrets or {}), network=allow_net, venv=verify == "venv"),
    )  # fmt: skip
    job.name = name or job.target.label.rpartition(".")[0] or job.target.label
    job.step("captured", "running")
    check_place(job.out)
    job.inputs = inputs_for(job, sample, samples)
    extra: list[str] = []
    for _ in range(_RETRIES):
        outcome = _attempt(job, extra)
        if isinstance(outcome, Capture):
            return outcome
        extra += outcome
    raise CaptureError(f"cannot deploy '{job.target.label}': it reaches too many names only while it runs")


def _attempt(job: Job, extra: list[str]) -> Capture | list[str]:
    """Build, prove and swap in; return the names to add when the proof found that some are reached by text only."""
    with staging(job.out) as root:
        built = build(job, root, extra)
        job.step("captured", "warned" if built.warnings else "done")
        job.step("proved", "running")
        write_manifest(job, built, None)
        exam = exam_of(job, built)
        proof = exam.held(root, conditions(job, built))
        if not proof.holds:
            if (found := _found(job, proof, extra)) is not None:
                return found
            job.step("proved", "failed")
            raise not_proved(job, built, proof)
        _used(built, proof)
        built.warnings += [f"two runs on the same sample differ: {line}" for line in proof.unsteady[:3]]
        write_manifest(job, built, exam.expected[0] if exam.expected and not proof.unsteady else None)
        text = f"{proof.equal} of {proof.samples} samples" if proof.samples else "loads; there is no sample to compare"
        job.step("proved", "warned" if proof.unsteady or not proof.samples else "done", text)
        venv = in_venv(job, built, exam) if job.asks.venv else None
        files = files_of(root)
        swap_in(root, job.out)
    return _captured(job, built, proof, files, venv)


def _found(job: Job, proof: Proof, extra: list[str]) -> list[str] | None:
    """Return the names that the next attempt adds, and note the files; None: the failed proof found nothing new."""
    names = [name for name in proof.missing if name in job.notebook.namespace and name not in extra]
    job.warnings += [f"{one}: read only through text (eval, query, globals()), so it was added" for one in names]
    files = [name for name in proof.wanted if name not in job.files]
    job.files |= dict.fromkeys(files, job.target.label)
    return names if names or files else None


def _used(built: Built, proof: Proof) -> None:
    """Ask for the optional back-ends too that the proof has used, though no code imports them."""
    new = built.requirements.add(used_backends(proof.imports, [*built.requirements.modules, *_own_modules(built)]))
    if new:
        (built.root / "requirements.txt").write_text(built.requirements.text(), encoding="utf-8")
        built.warnings += [f"{line}: nothing imports it by name, but the proof used it" for line in new]


def _own_modules(built: Built) -> list[str]:
    return [path.stem for path in built.root.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]


def _captured(job: Job, built: Built, proof: Proof, files: list[str], venv: Proof | None) -> Capture:
    sampled = job.inputs.samples and job.inputs.parameters
    sizes = zip(built.loads, _sizes(job, built), strict=True)
    return Capture(
        path=job.out,
        name=job.name,
        function=job.target.label,
        files=tuple(files),
        requirements=tuple(built.requirements.lines),
        warnings=tuple(dict.fromkeys(built.warnings)),
        proof=proof,
        body=job.inputs.body(job.inputs.samples[0]).content if sampled else b"",
        content_type=job.inputs.content_type,
        functions=len(built.plan.defined()),
        models=tuple((", ".join(load.names), size) for load, size in sizes),
        venv=venv,
    )


def _sizes(job: Job, built: Built) -> list[int]:
    return [
        sum((job.out / path.relative_to(built.root)).stat().st_size for path in load.saved.files)
        for load in built.loads
    ]


def _silent(_step: Step) -> None:
    return None

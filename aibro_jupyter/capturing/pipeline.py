"""capture(): from a live function to a proved repo. Nothing takes its place before the proof holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from aibro_jupyter import figures
from aibro_jupyter.capturing.gathering.asked import Asked
from aibro_jupyter.capturing.gathering.paths import files_asked_for
from aibro_jupyter.capturing.gathering.target import namespace_of, target_of
from aibro_jupyter.capturing.proving.inputs import Inputs
from aibro_jupyter.capturing.proving.missed import Missed, more_missed, more_patches
from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.proving.prove import Conditions
from aibro_jupyter.capturing.proving.sampling import Sampled, sampled
from aibro_jupyter.capturing.proving.verify import Exam, conditions, exam_of, not_proved
from aibro_jupyter.capturing.proving.watching import unneeded
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.values.store import Load
from aibro_jupyter.capturing.writing.build import Built, build, needless, with_backends, write_manifest, write_sample
from aibro_jupyter.capturing.writing.folder import check_place, files_of, staging, swap_in
from aibro_jupyter.capturing.writing.venv import STEP as VENV_STEP
from aibro_jupyter.capturing.writing.venv import in_venv
from aibro_jupyter.errors import BadRequest, CaptureError
from aibro_jupyter.figures import duration
from aibro_jupyter.protocol import OnStep, Progress, Step

_RETRIES = 5
"""Chosen: each attempt adds what the proof before it missed, and code reaches few names by text alone."""


@dataclass(frozen=True, kw_only=True, repr=False)
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

    def __repr__(self) -> str:
        """Return what a person wants to see of it below a cell."""
        there = [self.path / name for name in self.files if (self.path / name).exists()]
        size = figures.size(sum(path.stat().st_size for path in there))
        proved = _proved(self.proof) + (", and with nothing else installed" if self.venv else "")
        rows = [
            f"{self.function} is captured in {self.path.name}/ ({size}), and {proved}",
            *(f"  {name}" for name in self.files),
            *(f"  ! {warning}" for warning in self.warnings),
            f"aibro_jupyter.deploy({self.function}) makes it an API",
        ]
        return "\n".join(rows)


def _proved(proof: Proof) -> str:
    if not proof.samples:
        return "loads in a clean process; there is no sample to compare"
    return f"{proof.equal} of {figures.several(proof.samples, 'sample')} got the notebook's answer in a clean process"


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
    allow_large: bool = False,
    verify: str = "",
    files: str | Sequence[str] = (),
    free: str | Sequence[str] = (),
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
        allow_large: Whether values, and all files together, may have any size.
        verify: ``"venv"`` repeats the proof with nothing installed but what the written requirements.txt asks for.
        files: Files that come along though no code names them, as glob patterns relative to the notebook's folder.
        free: Dimensions of an array that may have any size, counted from 0: ``"0,2"``, or ``"image:0,2"`` of the
            parameter image. The first always may, and so may those that the function is seen to take.

    Returns:
        Where the repo is, what is in it, and how the proof went.

    Raises:
        CaptureError: It cannot be served; ``details`` has all culprits, one a line.
        BadRequest: ``verify`` is nothing we know, or ``files`` names nothing in the notebook's folder, or ``free`` no
            dimensions.
    """
    if verify not in ("", "venv"):
        raise BadRequest(f"verify={verify!r} is nothing we know", fix='verify="venv", or nothing')
    scope = namespace if namespace is not None else namespace_of(fn)
    target, tell = target_of(fn, scope), on_step or _nobody
    asked = Asked(
        target=target, notebook=Notebook(scope), name=name or target.label.rpartition(".")[0] or target.label,
        secrets=dict(secrets or {}), files=files_asked_for([files] if isinstance(files, str) else files),
        network=allow_net, large=allow_large,
    )  # fmt: skip
    place = Path(out).absolute()
    _tell(tell, "captured", "running")
    with _failing(tell, "captured"):
        check_place(place)
        client = sampled(asked, sample, samples, [free] if isinstance(free, str) else free)
    missed = Missed()
    for _ in range(_RETRIES):
        outcome = _attempt(asked, client, missed, place, tell, venv=verify == "venv")
        if isinstance(outcome, Capture):
            return outcome
        missed = outcome
    raise CaptureError(
        f"cannot deploy '{target.label}': it reaches too many names only while it runs",
        fix="keep what it reads by name in one dict, and read that",
    )


def _attempt(asked: Asked, client: Sampled, missed: Missed, out: Path, tell: OnStep, *, venv: bool) -> Capture | Missed:
    """Build, prove and swap in; return what to add when the proof found that more is reached."""
    with staging(out) as root:
        with _failing(tell, "captured"):
            built = build(
                asked,
                client.inputs,
                root,
                extra=missed.names,
                files=missed.files,
                modules=missed.modules,
                patches=missed.patches,
            )
            warnings = (*client.warnings, *missed.warnings(), *built.warnings)
            built = replace(built, warnings=warnings)
        _tell(tell, "captured", "warned" if warnings else "done")
        _tell(tell, "proved", "running")
        with _failing(tell, "proved"):
            exam = exam_of(asked, client.inputs, built.gathered)
            write_manifest(asked, client.inputs, built, None, exam.labelled)
            under = conditions(asked, built.gathered)
            proof = _proof(built, exam, under)
            more = None if proof.holds else more_missed(asked.notebook, proof, missed, asked.target.label)
            if more is not None:
                return more
            patches = exam.patches_needed(built.root, built.gathered, proof, under)
            if patches := patches or ([] if proof.holds else built.gathered.unneeded):
                return more_patches(missed, built.gathered, patches)
            if not proof.holds:
                raise not_proved(asked, client.inputs, built.gathered, proof)
        without = partial(exam.answered_without, root, under) if proof.samples else None
        built = _noted(with_backends(built, proof, without), exam, proof)
        expected = exam.expected[0] if exam.expected and not proof.unsteady else None
        inputs = client.inputs.settle(proof.works)
        write_sample(asked, inputs, root)
        write_manifest(asked, inputs, built, expected, exam.labelled)
        text = f"{proof.equal} of {proof.samples} samples" if proof.samples else "loads; there is no sample to compare"
        _tell(tell, "proved", "warned" if proof.unsteady or not proof.samples else "done", text)
        second = _proved_in_venv(asked, inputs, built, exam, tell) if venv else None
        files = files_of(root)
        swap_in(root, out)
    return _captured(asked, inputs, built, proof, second, out=out, files=files)


def _proof(built: Built, exam: Exam, under: Conditions) -> Proof:
    """Return the proof of a repo, without what it may import only because it is there if it can do without that."""
    spared = needless(built) if exam.expected else ()
    if spared and (proof := exam.held(built.root, replace(under, absent=spared))).holds:
        return proof
    return exam.held(built.root, under)


def _noted(built: Built, exam: Exam, proof: Proof) -> Built:
    left = ", ".join(f"{patch.target} ({patch.cell})" for patch in unneeded(built.gathered, proof))
    spared = [f"{left}: changed in the notebook alone, for no answer comes near it"] if left else []
    unsteady = [f"two runs on the same sample differ: {line}" for line in proof.unsteady[:3]]
    unasked = (
        []
        if exam.bodies or exam.own_data
        else ["no sample: the function was loaded in a clean process but not called; pass sample=..."]
    )
    slow = []
    if pair := exam.slower(proof):
        here, there = map(duration, pair)
        slow = [
            f"an answer takes {there} in a clean process and {here} here: a cache or a compiled form is missing there"
        ]
    return replace(built, warnings=(*built.warnings, *spared, *unasked, *unsteady, *slow))


def _proved_in_venv(asked: Asked, inputs: Inputs, built: Built, exam: Exam, tell: OnStep) -> Proof:
    _tell(tell, VENV_STEP, "running")
    with _failing(tell, VENV_STEP):
        proof = in_venv(asked, inputs, built, exam, tell)
    _tell(tell, VENV_STEP, "warned" if proof.unsteady else "done")
    return proof


def _captured(
    asked: Asked, inputs: Inputs, built: Built, proof: Proof, venv: Proof | None, *, out: Path, files: list[str]
) -> Capture:
    return Capture(
        path=out,
        name=asked.name,
        function=asked.target.label,
        files=tuple(files),
        requirements=built.requirements.lines,
        warnings=tuple(dict.fromkeys(built.warnings)),
        proof=proof,
        body=inputs.body(inputs.samples[0]).content if inputs.samples and inputs.parameters else b"",
        content_type=inputs.content_type,
        functions=len(built.gathered.defined()),
        models=tuple((", ".join(load.names), _size(load, built.root, out)) for load in built.loads),
        venv=venv,
    )


def _size(load: Load, root: Path, out: Path) -> int:
    return sum((out / path.relative_to(root)).stat().st_size for path in load.saved.files)


def _tell(tell: OnStep, name: str, state: str, text: str = "") -> None:
    tell(Step(name=name, state=state, progress=Progress(text=text)))


@contextmanager
def _failing(tell: OnStep, name: str) -> Iterator[None]:
    """Tell that a step failed if a ``CaptureError`` ends it."""
    try:
        yield
    except CaptureError:
        _tell(tell, name, "failed")
        raise


def _nobody(_step: Step) -> None:
    """Tell nobody."""

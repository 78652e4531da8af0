"""The built repo beside the notebook: the live answers, the proof, and what to say when it does not hold."""

from __future__ import annotations

import os
import re
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.gathering.asked import Asked
from aibro_jupyter.capturing.gathering.gone import gone
from aibro_jupyter.capturing.gathering.registered import starts_processes
from aibro_jupyter.capturing.gathering.traces import untouched
from aibro_jupyter.capturing.proving.answers import Answers, live_answer
from aibro_jupyter.capturing.proving.inputs import Inputs
from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.proving.prove import REORDERED, Conditions, prove
from aibro_jupyter.capturing.proving.trials import Trial, trials
from aibro_jupyter.capturing.proving.watching import needed, unneeded
from aibro_jupyter.capturing.session.drift import loaded_locals
from aibro_jupyter.capturing.session.items import Gathered, Patch
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.errors import CaptureError
from aibro_jupyter.modelio.bodies import body_of
from aibro_jupyter.modelio.faults import BadValue
from aibro_jupyter.modelio.labels import Labelled

SLOWER = 5.0
"""Times the notebook's own answer. Chosen: what is lost then is a compiler or a cache, not the weather."""
NOISE_S = 0.5
"""Chosen: a busy machine makes this difference by itself, and nobody mourns less."""

_PLAIN = frozenset({"builtins", "collections", "re"})
"""Modules whose types run no library's code when they are read."""
_MISSING_FILE = re.compile(r"FileNotFoundError: .*'([^']+)'")


@dataclass(frozen=True, kw_only=True)
class Exam:
    """What a repo is asked, and what it has to answer; the notebook is asked once for any number of proofs."""

    bodies: tuple[tuple[bytes, str], ...] = ()
    expected: tuple[bytes, ...] = ()
    took_s: tuple[float, ...] = ()
    """How long the notebook took for each answer."""
    own_data: bool = False
    labelled: Labelled = field(default_factory=dict)
    """Of which tables in the answers the labels are kept, and as what."""
    tried: tuple[Trial, ...] = ()

    def held(self, root: Path, under: Conditions) -> Proof:
        """Return the proof of a repo."""
        return prove(root, self.bodies, self.expected, own_data=self.own_data, tried=self.tried, under=under)

    def answered_without(self, root: Path, under: Conditions, modules: Sequence[str]) -> Proof:
        """Return the proof of a repo where some top-level modules are not installed."""
        return replace(self, tried=()).held(root, replace(under, absent=tuple(modules)))

    def patches_needed(self, root: Path, gathered: Gathered, proof: Proof, under: Conditions) -> list[Patch]:
        """Return those patches that a repo lacks and its answers come near, or may: in doubt all of its libraries."""
        asked = unneeded(gathered, proof)
        if not asked or not self.bodies or starts_processes(gathered):
            return asked
        others = [body for trial in self.tried for body in trial.bodies]
        plain = [item.name for item in gathered.held() if type(item.value).__module__ in _PLAIN]
        found = needed(asked, root, self.bodies, others, under, plain)
        return asked if found is None else found

    def slower(self, proof: Proof) -> tuple[float, float] | None:
        """Return how long an answer takes in the notebook and served, where that is far more; None where it is not."""
        pairs = list(zip(self.took_s, proof.quickest_s, strict=False))
        far = [(here, there) for here, there in pairs if there > SLOWER * here and there - here > NOISE_S]
        return max(far, key=lambda one: one[1]) if far else None


def exam_of(asked: Asked, inputs: Inputs, gathered: Gathered) -> Exam:
    """Return the samples with the notebook's own answers to them; none where there is no sample."""
    if asked.target.handwritten and len(asked.target.parameters) == 1:
        return Exam(own_data=True)
    if not inputs.samples:
        return Exam()
    answers = _expected(asked, inputs, gathered)
    bodies = [inputs.body(sample) if inputs.parameters else body_of(None) for sample in inputs.samples]
    return Exam(
        bodies=tuple(bodies),
        expected=answers.encoded(),
        took_s=tuple(answers.took_s),
        labelled=answers.labelled,
        tried=tuple(trials(inputs)),
    )


def conditions(asked: Asked, gathered: Gathered) -> Conditions:
    """Return under which a repo is proved: as on a machine that has never seen the notebook."""

    def blame(name: str) -> str:
        cell = gathered.cell_of(name or asked.target.root)
        called = f"{name}()" if name else asked.target.label if asked.target.call else f"{asked.target.label}()"
        return f"{called}, {cell}" if cell else called

    return Conditions(secrets=asked.secrets, network=asked.network, hidden=Path.cwd(), blame=blame)


def _expected(asked: Asked, inputs: Inputs, gathered: Gathered) -> Answers:
    """Return the notebook's answer to each sample, and how long it took."""
    rebound = {name for item in gathered.defined() for name in item.segment.uses.rebound}
    values = [item.value for item in gathered.held()]
    fixed = {"model": _live_model(asked)} if asked.target.handwritten else dict(inputs.bound)
    answers = Answers()
    values += [*fixed.values(), *(vars(module) for module in loaded_locals(gathered.roots()))]
    functions = [item.value for item in gathered.defined()]
    with untouched(asked.notebook.namespace, values, rebound, functions, asked.notebook.owns, asked.secrets):
        for sample in inputs.samples:
            started = time.perf_counter()
            try:
                answer = live_answer(asked.target.function, sample, fixed)
                answers.add(answer, sample, time.perf_counter() - started)
            except BadValue as error:
                raise CaptureError(
                    f"cannot deploy '{asked.target.label}': its answer cannot be JSON: {error}",
                    fix="answer with numbers, text, lists, dicts, arrays, and tables whose columns have one name each "
                    "(.reset_index(), .to_dict())",
                ) from error
            except Exception as error:  # the user's function may raise anything
                kind = type(error).__name__
                variable = _variable_of(error)
                raise CaptureError(
                    f"cannot deploy '{asked.target.label}': in the notebook it raises {kind} on the sample",
                    fix=f"--secret {variable} delivers it: it is asked for, and shown nowhere"
                    if variable
                    else "make it work on the sample here first, or pass another sample=",
                    details=f"{type(error).__name__}: {error}",
                ) from error
    return answers


def _variable_of(error: Exception) -> str:
    """Return the environment variable that an error misses; "" if it is another error."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    missed = isinstance(error, KeyError) and bool(last) and last[0].filename in (os.__file__, "<frozen os>")
    return str(error.args[0]) if missed and error.args else ""


def _live_model(asked: Asked) -> Any:
    model = asked.model()
    return model["model"] if "model" in model else model["load_model"]()


# --- what to say ------------------------------------------------------------------------------------------------------


def not_proved(
    asked: Asked, inputs: Inputs, gathered: Gathered, proof: Proof, where: str = "in a clean process"
) -> CaptureError:
    """Return what to raise when the clean process failed or answered otherwise."""
    label = asked.target.label
    if proof.errors:
        blame = next((verdict.blame for verdict in proof.verdicts if verdict.blame), proof.blame)
        return CaptureError(
            f"cannot deploy '{label}': {where} it fails: {proof.errors[0]}" + (f" (in {blame})" if blame else ""),
            fix=_fix(asked.notebook, inputs, gathered, proof),
            details="\n".join(part for part in (told(proof), proof.details) if part) or proof.errors[0],
        )
    return CaptureError(
        f"cannot deploy '{label}': {where} its answers are not the notebook's",
        fix=_why_it_differs(proof),
        details="\n".join([*_few(proof.differs, 6), *([told(proof)] if told(proof) else []), *_suspects(gathered)]),
    )


def _why_it_differs(proof: Proof) -> str:
    if all(line.endswith(REORDERED) for line in proof.differs):
        return "answer with sorted(...) of it: what comes out of a set of texts has another order in each process"
    return "look for state that is set outside of it: options, patched modules, files, changed variables"


def told(proof: Proof) -> str:
    """Return one line a sample, where there are several to tell apart; equal ones in one line."""
    if len(proof.verdicts) < 2:
        return ""
    equal = [str(verdict.sample) for verdict in proof.verdicts if verdict.outcome == "equal"]
    lines = [f"equal: sample {', '.join(equal)}"] if equal else []
    for verdict in proof.verdicts:
        if verdict.outcome != "equal":
            blame = f" ({verdict.blame})" if verdict.blame else ""
            first = verdict.lines[0].removeprefix(f"sample {verdict.sample}: ")
            lines.append(f"{verdict.outcome}: sample {verdict.sample}{blame}: {first}")
    return "\n".join(_few(lines, 8))


def _few(lines: tuple[str, ...] | list[str], count: int) -> list[str]:
    more = len(lines) - count
    return [*lines[:count], f"… and {more} more"] if more > 0 else list(lines)


def _suspects(gathered: Gathered) -> list[str]:
    """Return the variables that the code reads, by cell: one of them is not what it was, or not the whole story."""
    read = [f"{item.name} ({item.cell})" if item.cell else item.name for item in gathered.held()]
    return [f"it reads {', '.join(_few(read, 6))}"] if read else []


def _fix(notebook: Notebook, inputs: Inputs, gathered: Gathered, proof: Proof) -> str:
    names = [_of_missing(notebook, gathered, name) for name in proof.missing]
    if names:
        return "; ".join(names)
    if proof.network:
        return (
            f"it wants to reach {', '.join(proof.network[:3])}: fetch that once here and keep it in a variable, or "
            "allow it with --allow-net"
        )
    if variable := _wanted_variable(proof):
        return f"--secret {variable} delivers it; or set it to a value in the notebook, if it is none of your secrets"
    if proof.hidden:
        places = ", ".join(Path(path).name for path in proof.hidden[:3])
        return f"it opens {places} by its full path in the notebook's folder: open it by its relative name"
    if file := _MISSING_FILE.search(proof.errors[0]):
        return f"{file[1]} lies outside of the notebook's folder: move it there, and open it by its name from there"
    code = "\n".join(item.segment.text for item in gathered.defined())
    differs = [f"its input is {inputs.told()}"]
    differs += (
        ["it has no environment variables but those of --secret"] if "environ" in code or "getenv" in code else []
    )
    return f"it works here, so something differs there: {', and '.join(differs)}"


def _wanted_variable(proof: Proof) -> str:
    """Return the environment variable whose absence an error tells of."""
    kind, _, rest = proof.errors[0].rpartition("KeyError: ")
    name = rest.strip("'\"")
    asked = (
        f'environ["{name}"]' in proof.details
        or f"environ['{name}']" in proof.details
        or "in __getitem__" in (proof.details)
    )
    return name if (kind or rest != proof.errors[0]) and name.isidentifier() and asked else ""


def _of_missing(notebook: Notebook, gathered: Gathered, name: str) -> str:
    """Return what to do about a name that the repo does not have when it is read."""
    users = [item for item in gathered.defined() if re.search(rf"\b{re.escape(name)}\b", item.segment.text)]
    where = f"{users[0].name}(), {users[0].segment.cell}" if users else "a definition"
    if name in gathered.items:
        return (
            f"the repo has '{name}', but not yet when {where}, reads it, for that is while the code is imported: "
            f"give it there as a default, def {users[0].name if users else 'f'}(…, {name}={name})"
        )
    return gone(notebook, name)[1] + (f" (used in {where})" if users else "")

"""The proof: a clean process without network or notebook gives the notebook's own answers to the samples."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aibro_jupyter.capturing.proving.proof import Proof, Verdict
from aibro_jupyter.capturing.proving.recommend import recommended
from aibro_jupyter.capturing.proving.trials import Trial, working
from aibro_jupyter.errors import CaptureError, SlotFailed
from aibro_jupyter.modelio.differences import differences
from aibro_jupyter.repo.isolation import Isolation, Usage
from aibro_jupyter.repo.sharing import Marks, copy_shared, marks
from aibro_jupyter.repo.slothost import ProofRefused, Result
from aibro_jupyter.repo.slotprocess import SlotProcess
from aibro_jupyter.repo.slotstart import Start, slot_environment

LIMIT_S = 300.0
"""Chosen: longer than a large model loads from disk, shorter than a person waits without a word."""
_MISSING_NAME = re.compile(r"(?:name|variable) '(\w+)' is not defined")
_MISSING_KEY = re.compile(r"KeyError: '(\w+)'")
_OWN_FRAME = re.compile(r'File "(?:predict|notebook_code)\.py", line \d+, in (\w+)')

REORDERED = "the same items in another order"
"""What a proof says of an answer that differs in nothing else."""
Blame = Callable[[str], str]
"""The name of a function of the repo -> the same with its cell."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Under which a repo is proved."""

    python: Path = Path(sys.executable)
    """The interpreter whose packages the model gets; this kernel's own, or that of a new environment."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment variables that it gets beside the scrubbed environment."""
    network: bool = False
    hidden: Path | None = None
    """The notebook's folder."""
    absent: tuple[str, ...] = ()
    """Top-level modules that it cannot import, as though they were not installed."""
    blame: Blame = str


def prove(
    repo: Path,
    samples: Sequence[tuple[bytes, str]],
    expected: Sequence[bytes],
    *,
    own_data: bool = False,
    tried: Sequence[Trial] = (),
    under: Conditions | None = None,
) -> Proof:
    """Run every sample (body, content type) twice in a fresh process on a copy of the repo, and compare.

    The process is isolated, without network, without the notebook's folder and with a scrubbed environment; the repo
    itself is left untouched. Without samples it only has to load; ``own_data`` has it answer data/ as the repo has it.
    A proof that holds also tells which changes of the sample work, of those to be ``tried``.
    """
    under = under or Conditions()
    size = sum(path.stat().st_size for path in repo.rglob("*") if path.is_file())
    with tempfile.TemporaryDirectory(prefix="aibro-proof-") as place:
        copy = Path(place).resolve() / "repo"
        copy_shared(repo, copy)
        before = marks(copy)
        try:
            with started(copy, Path(place, "home"), under) as slot:
                if own_data:
                    runs = [[slot.predict_own_data(LIMIT_S)] for _ in range(2)]
                else:
                    runs = [[slot.predict(body, kind, LIMIT_S) for body, kind in samples] for _ in range(2)]
                found = _judged(runs, expected, under.blame)
                found = replace(_measured(found, runs, slot), size_bytes=size)
                works = working(slot, list(tried), runs[0][0].body) if tried and found.holds else found.works
                found = replace(found, works=works)
            _check_unwritten(before, marks(copy))
            return found
        except SlotFailed as failure:
            return replace(_failed(failure, under.blame), size_bytes=size)


def _check_unwritten(before: Marks, after: Marks) -> None:
    """Refuse a model that writes to its own large files: they are the repo's, and each process would find others."""
    changed = [name for name, mark in before.items() if after.get(name, mark) != mark]
    if changed:
        raise CaptureError(
            f"cannot deploy it: it wrote to {changed[0]}, which all its processes share",
            fix="let it write to a file of its own",
        )


def started(copy: Path, home: Path, under: Conditions) -> SlotProcess:
    """Start a copy of a repo under those conditions, with a new empty ``home``. Raises ``SlotFailed``."""
    home.mkdir()
    # An empty home: a model that was once downloaded there is not on the machine that serves it.
    environ = {**slot_environment(), "HOME": str(home), **_font_cache(), **under.secrets}
    isolation = Isolation(network=under.network, hidden=_hidden(under.hidden), absent=under.absent)
    start = Start(python=under.python, folder=copy, environ=environ, isolation=isolation)
    return SlotProcess(start, limit_s=LIMIT_S)


def _font_cache() -> dict[str, str]:
    """Return where matplotlib keeps its list of fonts: making it anew takes seconds, and says nothing."""
    drawing = sys.modules.get("matplotlib")
    return {} if drawing is None else {"MPLCONFIGDIR": drawing.get_cachedir()}


def _hidden(folder: Path | None) -> Path | None:
    """Return the folder to hide; the root of everything cannot be."""
    return None if folder is None or folder == Path(folder.anchor) else folder


# --- what came of it --------------------------------------------------------------------------------------------------


def _judged(runs: list[list[Result]], expected: Sequence[bytes], blame: Blame) -> Proof:
    verdicts = [
        _verdict(number, [run[number] for run in runs], expected, blame)
        for number in range(len(runs[0]) if runs else 0)
    ]
    failed = [result for run in runs for result in run if not result.ok]
    traceback = str(failed[0].error.get("traceback", "")) if failed else ""

    def lines(outcome: str) -> tuple[str, ...]:
        return tuple(line for verdict in verdicts if verdict.outcome == outcome for line in verdict.lines)

    return Proof(
        samples=len(expected),
        equal=sum(verdict.outcome == "equal" for verdict in verdicts) if expected else 0,
        differs=lines("differs"),
        unsteady=lines("unsteady"),
        errors=lines("error"),
        details=traceback,
        missing=_missing(failed[0].told, traceback) if failed else (),
        verdicts=tuple(verdicts),
    )


def _verdict(number: int, results: list[Result], expected: Sequence[bytes], blame: Blame) -> Verdict:
    for result in results:
        if not result.ok:
            where = _where_raised(str(result.error.get("traceback", "")), blame)
            return Verdict(sample=number + 1, outcome="error", lines=(result.told,), blame=where)
    if number >= len(expected):
        return Verdict(sample=number + 1, outcome="equal")
    where = "answer" if len(expected) == 1 else f"sample {number + 1}: answer"
    first, second = (json.loads(result.body) for result in results)
    loose = differences(first, second, where)
    places = {line.partition(": ")[0] for line in loose}
    wrong = [
        line
        for line in differences(json.loads(expected[number]), first, where)
        if line.partition(": ")[0] not in places
    ]
    if wrong and _sorted(json.loads(expected[number])) == _sorted(first):
        wrong = [f"{where}: {REORDERED}"]
    if wrong:
        return Verdict(sample=number + 1, outcome="differs", lines=tuple(wrong), blame=blame(""))
    if loose:
        return Verdict(sample=number + 1, outcome="unsteady", lines=tuple(loose), blame=blame(""))
    return Verdict(sample=number + 1, outcome="equal")


def _sorted(value: object) -> str:
    """Return an answer as text without the order of its lists."""
    match value:
        case list():
            return json.dumps(sorted(map(_sorted, value)))
        case dict():
            return json.dumps({key: _sorted(one) for key, one in value.items()}, sort_keys=True)
    return json.dumps(value)


def _measured(found: Proof, runs: list[list[Result]], slot: SlotProcess) -> Proof:
    times = sorted(result.took_s for run in runs for result in run)
    usage = slot.tell()
    latency_s = times[len(times) // 2] if times else 0.0
    peak_mib = max(usage.peak_mib, slot.memory_mib)
    return replace(
        _with_usage(found, usage),
        load_s=slot.load_s,
        memory_mib=slot.memory_mib,
        peak_mib=peak_mib,
        latency_s=latency_s,
        quickest_s=tuple(min(one.took_s for one in both) for both in zip(*runs, strict=True)),
        recommended=recommended(peak_mib, latency_s),
    )


def _failed(failure: SlotFailed, blame: Blame) -> Proof:
    found = Proof(
        errors=(failure.message,),
        details=failure.details,
        missing=_missing(failure.message, failure.details),
        blame=_where_raised(failure.details, blame),
    )
    return _with_usage(found, failure.usage) if isinstance(failure, ProofRefused) else found


def _with_usage(found: Proof, usage: Usage) -> Proof:
    return replace(
        found,
        isolation=usage.isolation,
        network=usage.network,
        hidden=usage.hidden,
        wanted=usage.wanted,
        imports=usage.imports,
    )


def _where_raised(traceback: str, blame: Blame) -> str:
    """Return the notebook's own function that is innermost in a traceback."""
    own = [name for name in _OWN_FRAME.findall(traceback) if name not in ("run", "load_model")]
    return blame(own[-1]) if own else ""


def _missing(*texts: str) -> tuple[str, ...]:
    text = "\n".join(texts)
    looked_up = _MISSING_KEY.findall(text) if "globals()" in text else []
    return tuple(dict.fromkeys([*_MISSING_NAME.findall(text), *looked_up]))

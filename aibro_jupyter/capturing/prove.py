"""The proof: a clean process loads the repo and gives the notebook's own answers to the samples."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter.capturing.answers import differences
from aibro_jupyter.errors import SlotFailed
from aibro_jupyter.repo.slotprocess import Result, SlotProcess

LIMIT_S = 300.0
_MISSING_NAME = re.compile(r"(?:name|variable) '(\w+)' is not defined")


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a fresh process made of the repo; ``errors`` and ``differs`` are empty when it holds."""

    samples: int = 0
    equal: int = 0
    differs: tuple[str, ...] = ()
    """Where the answers are not the notebook's, one line a place."""
    errors: tuple[str, ...] = ()
    details: str = ""
    """Of an error: the traceback that matters."""
    missing: tuple[str, ...] = ()
    """Names that the code wanted and nobody had."""
    unsteady: tuple[str, ...] = ()
    """Where two runs on the same sample differ, so that there is nothing to compare."""
    load_s: float = 0.0
    memory_mib: int = 0
    latency_s: float = 0.0
    """The median answer."""

    @property
    def holds(self) -> bool:
        """Tell whether every sample was answered as the notebook answers it."""
        return not self.errors and not self.differs


def prove(
    repo: Path, samples: Sequence[tuple[bytes, str]], expected: Sequence[bytes], *, own_data: bool = False
) -> Proof:
    """Run every sample (body, content type) twice in a fresh process on a copy of the repo, and compare.

    The process is this kernel's own Python, isolated, with a scrubbed environment; the repo itself is left untouched.
    Without samples it only has to load; ``own_data`` has it answer data/ as the repo has it.
    """
    with tempfile.TemporaryDirectory(prefix="aibro-proof-") as place:
        copy = Path(place) / "repo"
        shutil.copytree(repo, copy)
        try:
            with SlotProcess.start(Path(sys.executable), copy, limit_s=LIMIT_S) as slot:
                if own_data:
                    runs = [[slot.predict_own_data(LIMIT_S)] for _ in range(2)]
                else:
                    runs = [[slot.predict(body, kind, LIMIT_S) for body, kind in samples] for _ in range(2)]
                return _judged(runs, expected, slot)
        except SlotFailed as failure:
            return _failed(str(failure.message), failure.details)


def _judged(runs: list[list[Result]], expected: Sequence[bytes], slot: SlotProcess) -> Proof:
    results = [result for run in runs for result in run]
    for result in results:
        if not result.ok:
            return _failed(result.told, str(result.error.get("traceback", "")))
    differs: list[str] = []
    unsteady: list[str] = []
    equal = 0
    for number, answer in enumerate(expected):
        first, second = (json.loads(run[number].body) for run in runs)
        where = _where(number, len(expected))
        loose = differences(first, second, where)
        unsteady += loose
        places = {line.partition(": ")[0] for line in loose}
        found = differences(json.loads(answer), first, where)
        wrong = [line for line in found if line.partition(": ")[0] not in places]
        differs += wrong
        equal += not wrong and not loose
    times = sorted(result.took_s for result in results)
    return Proof(
        samples=len(expected), equal=equal, differs=tuple(differs), unsteady=tuple(unsteady), load_s=slot.load_s,
        memory_mib=slot.memory_mib, latency_s=times[len(times) // 2] if times else 0.0,
    )  # fmt: skip


def _where(number: int, count: int) -> str:
    return "answer" if count == 1 else f"sample {number + 1}: answer"


def _failed(message: str, details: str) -> Proof:
    missing = _MISSING_NAME.findall(f"{message}\n{details}")
    return Proof(errors=(message,), details=details, missing=tuple(dict.fromkeys(missing)))

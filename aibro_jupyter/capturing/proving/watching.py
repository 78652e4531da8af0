"""Which of the notebook's patches answering needs: the repo answers without them, and is watched meanwhile."""

from __future__ import annotations

import ast
import json
import tempfile
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.proving import watch
from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.proving.prove import Conditions, started
from aibro_jupyter.capturing.proving.trials import LONGEST_S
from aibro_jupyter.capturing.proving.unvisited import may_call_more
from aibro_jupyter.capturing.session.items import Gathered, Patch
from aibro_jupyter.capturing.session.names import nested
from aibro_jupyter.errors import SlotFailed
from aibro_jupyter.repo.sharing import copy_shared

_LIMIT_S = 60.0
"""Chosen: what takes longer while each step is watched is not waited for."""
_WATCH, _OWN = "watch_of_aibro", "watched_predict"
"""Modules of the copy: the watch, and what was predict.py."""


def unneeded(gathered: Gathered, proof: Proof) -> list[Patch]:
    """Return the patches that a repo lacks, of libraries that it imports itself or through others."""
    imported = {name for pair in proof.imports for name in pair}
    return [one for one in gathered.unneeded if one.known or one.place[0].partition(".")[0] in imported]


def needed(
    patches: Sequence[Patch],
    root: Path,
    samples: Sequence[tuple[bytes, str]],
    others: Sequence[tuple[bytes, str]],
    under: Conditions,
    plain: Collection[str] = (),
) -> list[Patch] | None:
    """Return those patches, of which the repo has none, that its answers come near; None where that is not to be told.

    The ``others`` are changes of the samples, which need not work, ``plain`` the repo's globals that are Python's own
    containers. Nothing is told where the samples leave code that may lead anywhere.
    """
    texts = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.py"))}
    named = _names(texts)
    found = [patch for patch in patches if patch.place[2] in named]
    rest = [patch for patch in patches if patch not in found]
    if not rest:
        return found
    try:
        seen = _seen(rest, root, samples, others, under)
    except SlotFailed:
        return None
    if seen["error"]:
        return None
    ran = {("predict.py" if name == f"{_OWN}.py" else name, *place) for name, *place in seen["ran"]}
    if may_call_more(texts, ran, plain):
        return None
    return [*found, *(rest[number] for number in seen["touched"])]


def _names(texts: dict[str, str]) -> set[str]:
    """Return every name, attribute and text in the repo's own code."""
    found: set[str] = set()
    for text in texts.values():
        for code in nested(compile(text, "<repo>", "exec", dont_inherit=True)):
            found |= {*code.co_names, *(const for const in code.co_consts if isinstance(const, str))}
        found |= {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    return found


def _seen(
    patches: Sequence[Patch],
    root: Path,
    samples: Sequence[tuple[bytes, str]],
    others: Sequence[tuple[bytes, str]],
    under: Conditions,
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="aibro-proof-") as place:
        copy = Path(place).resolve() / "repo"
        copy_shared(root, copy)
        (copy / "predict.py").rename(copy / f"{_OWN}.py")
        (copy / f"{_WATCH}.py").write_text(Path(watch.__file__).read_text(encoding="utf-8"), encoding="utf-8")
        lines = [
            f"import {_WATCH}",
            f"_watch = {_WATCH}.Watch({[patch.place for patch in patches]!r})",
            f"_own = _watch.imported({_OWN!r})",
            "load_model, run = _watch.watching(_own.load_model), _watch.telling(_own.run)",
        ]
        (copy / "predict.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
        error = ""
        with started(copy, Path(place, "home"), under) as slot:
            until = time.monotonic() + LONGEST_S
            for body, kind in others:
                if time.monotonic() < until:
                    slot.predict(body, kind, _LIMIT_S)
            for body, kind in samples:
                result = slot.predict(body, kind, _LIMIT_S)
                told = json.loads(json.loads(result.body)) if result.ok else {"error": result.told}
                error = error or told["error"]
        return {**told, "error": error}

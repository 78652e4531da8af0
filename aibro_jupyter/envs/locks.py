"""Requirements as people write them -> a lock: every package with its exact version."""

from __future__ import annotations

import hashlib
import platform
import tempfile
from pathlib import Path

from aibro_jupyter import clock
from aibro_jupyter.envs.interpreters import interpreter
from aibro_jupyter.envs.requirements import checked_requirements, count_requirements
from aibro_jupyter.envs.uv import UvRun, run_uv
from aibro_jupyter.home import private_dir, write_private

KEPT_S = 24 * 3600
"""How long an answer is taken from the cache without asking again; out of reach of a registry, for ever."""


def resolve(requirements: str, python: str, envs: Path) -> str:
    """Return the lock of a requirements text for a Python minor version; "" when it asks for nothing.

    Raises ``BadRequirements`` with the lines that matter, or ``NoInterpreter``. ``envs`` is the folder of
    shared environments; locks are kept in it, beside them.
    """
    checked_requirements(requirements)
    if not count_requirements(requirements):
        return ""
    program = interpreter(python)
    kept = private_dir(envs / "locks") / f"{_key(requirements, python)}.txt"
    if kept.exists() and clock.now() - kept.stat().st_mtime < KEPT_S:
        return kept.read_text(encoding="utf-8")
    outcome = _compiled(requirements, program)
    if outcome.offline:
        if kept.exists():
            return kept.read_text(encoding="utf-8")
        offline = _compiled(requirements, program, "--offline")
        outcome = offline if offline.ok else outcome
    if not outcome.ok:
        raise outcome.refusal(python)
    write_private(kept, outcome.out)
    return outcome.out


def _key(requirements: str, python: str) -> str:
    seen = "\0".join((requirements, python, platform.system(), platform.machine()))
    return hashlib.sha256(seen.encode()).hexdigest()


def _compiled(requirements: str, program: Path, *more: str) -> UvRun:
    hashes = ["--generate-hashes"] if "--hash" in requirements else []
    command = ["pip", "compile", "-", "--quiet", "--no-header", "--no-annotate", "--no-python-downloads"]
    # An empty folder: no pyproject.toml or uv.toml of the user's is taken for ours.
    with tempfile.TemporaryDirectory() as empty:
        return run_uv([*command, "--python", str(program), *hashes, *more], cwd=Path(empty), stdin=requirements)

"""Requirements as people write them -> a lock: every package with its exact version."""

from __future__ import annotations

import hashlib
import platform
import tempfile
from pathlib import Path

from aibro_jupyter import clock
from aibro_jupyter.envs.hashes import Pins, held, pins
from aibro_jupyter.envs.interpreters import interpreter
from aibro_jupyter.envs.requirements import checked_requirements, count_requirements
from aibro_jupyter.envs.uv import UvRun, run_uv
from aibro_jupyter.home import private_dir, write_private

KEPT_S = 24 * 3600
"""How long an answer is taken from the cache without asking again; out of reach of a registry, for ever."""


def resolve(requirements: str, python: str, envs: Path) -> str:
    """Return the lock of a requirements text for a Python minor version; "" when it asks for nothing.

    A file pinned by its hash stays pinned to it. Raises ``BadRequirements`` with the lines that matter, or
    ``NoInterpreter``. ``envs`` is the folder of shared environments; locks are kept in it, beside them.
    """
    asked = pins(checked_requirements(requirements))
    if not count_requirements(requirements):
        return ""
    program = interpreter(python)
    kept = private_dir(envs / "locks") / f"{_key(requirements, python, *_hashes(asked))}.txt"
    if kept.exists() and clock.now() - kept.stat().st_mtime < KEPT_S:
        return kept.read_text(encoding="utf-8")
    outcome = _compiled(requirements, program, *_hashes(asked))
    if outcome.offline:
        if kept.exists():
            return kept.read_text(encoding="utf-8")
        offline = _compiled(requirements, program, *_hashes(asked), "--offline")
        outcome = offline if offline.ok else outcome
    if not outcome.ok:
        raise outcome.refusal(python)
    lock = held(outcome.out, asked)
    write_private(kept, lock)
    return lock


def _key(requirements: str, python: str, *more: str) -> str:
    seen = "\0".join((requirements, python, platform.system(), platform.machine(), *more))
    return hashlib.sha256(seen.encode()).hexdigest()


def _hashes(asked: Pins) -> tuple[str, ...]:
    """Where one file is pinned, every other is too, as with pip."""
    return ("--generate-hashes",) if asked else ()


def _compiled(requirements: str, program: Path, *more: str) -> UvRun:
    command = ["pip", "compile", "-", "--quiet", "--no-header", "--no-annotate", "--no-python-downloads"]
    # An empty folder: no pyproject.toml or uv.toml of the user's is taken for ours.
    with tempfile.TemporaryDirectory() as empty:
        return run_uv([*command, "--python", str(program), *more], cwd=Path(empty), stdin=requirements)

"""Find a Python of a wanted minor version on this machine; nothing is ever downloaded."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from aibro_jupyter import pythons
from aibro_jupyter.envs.uv import run_uv
from aibro_jupyter.errors import NoInterpreter

_ASK = (
    "import sys; print('%d.%d' % sys.version_info[:2]); print(getattr(sys, '_base_executable', '') or sys.executable)"
)


@cache
def interpreter(minor: str) -> Path:
    """Return the absolute path of a Python such as "3.11": ours if it fits, else one on PATH, else one uv knows of."""
    if not pythons.MINOR.fullmatch(minor):
        raise NoInterpreter(f"{minor!r} is no Python version", fix='write the minor version, such as "3.11"')
    found = _ours(minor) or _on_path(minor) or _known_to_uv(minor)
    if found is None:
        raise NoInterpreter(
            f"the model wants Python {minor}, and this machine has none",
            fix=f"install Python {minor} (`uv python install {minor}` does), "
            f"or write python-{pythons.OURS} in runtime.txt",
        )
    return found


def _ours(minor: str) -> Path | None:
    if minor != pythons.OURS:
        return None
    # The base outlives the virtual environment we run in; older environments of models keep working without it.
    return Path(getattr(sys, "_base_executable", "") or sys.executable)


def _on_path(minor: str) -> Path | None:
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    candidates = [folder / f"python{minor}" for folder in folders]
    return next((real for path in candidates if path.is_absolute() and (real := _verified(path, minor))), None)


def _known_to_uv(minor: str) -> Path | None:
    with tempfile.TemporaryDirectory() as empty:
        found = run_uv(["python", "find", "--system", "--no-python-downloads", "--no-project", minor], cwd=Path(empty))
    return _verified(Path(found.out.strip()), minor) if found.ok and found.out.strip() else None


def _verified(path: Path, minor: str) -> Path | None:
    """Return the program behind a name if it runs and is that version: a shim of a version manager may be neither."""
    if not os.access(path, os.X_OK):
        return None
    try:
        answer = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    version, _, program = answer.stdout.strip().partition("\n")
    return Path(program) if version == minor and Path(program).is_absolute() else None

"""Build the environment of a lock once; a killed builder leaves nothing that could be taken for it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aibro_jupyter.envs.interpreters import interpreter
from aibro_jupyter.envs.parents import end_parents_of
from aibro_jupyter.envs.requirements import checked_requirements, count_requirements
from aibro_jupyter.envs.uv import run_uv
from aibro_jupyter.errors import NoInterpreter
from aibro_jupyter.home import private_dir
from aibro_jupyter.protocol import OnProgress, Progress

_PLAIN = ("--quiet", "--no-python-downloads", "--allow-existing")


def environment_key(lock: str, python: str) -> str:
    """Return the name of a lock's environment: the same for the same packages, Python minor and platform."""
    parts = (python, platform.system(), platform.machine(), lock.strip())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def ensure(lock: str, python: str, envs: Path, on_progress: OnProgress | None = None) -> Path:
    """Return the Python of the lock's environment in ``envs``, built if it is not there yet.

    An empty lock gives a bare environment: the standard library alone. Two builders of the same lock meet at a file
    lock, and the second finds the work done. Raises ``BadRequirements`` or ``NoInterpreter``.
    """
    tell = on_progress or _silent
    folder = private_dir(envs) / environment_key(lock, python)
    mark_used(folder)
    if not _complete(folder):
        with _alone(envs / f".{folder.name}.lock", tell) as held:
            if not _complete(folder):
                _sweep(envs, folder.name)
                _build(folder, checked_requirements(lock, "the lock"), python, held, tell)
    return folder / "bin" / "python"


def last_used(folder: Path) -> float | None:
    """Return when an environment was used last, UTC seconds; None: that folder is none that is finished."""
    try:
        return (folder / ".complete").stat().st_mtime
    except OSError:
        return None


def removed(folder: Path, run: Path) -> bool:
    """Remove an environment, with the parents that are parked for it in ``run``; False: somebody builds it just now."""
    handle = os.open(folder.parent / f".{folder.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        end_parents_of(run, folder)
        # No longer finished from the first moment on: who looks meanwhile builds it anew, when this is over.
        (folder / ".complete").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def mark_used(folder: Path) -> None:
    """Note that an environment is used now; one that is not finished is not noted."""
    with suppress(OSError):
        os.utime(folder / ".complete")


def _silent(_progress: Progress) -> None:
    """Nobody watches."""


def _complete(folder: Path) -> bool:
    """Whether a finished environment lies there whose base interpreter still exists."""
    return (folder / ".complete").exists() and (folder / "bin" / "python").exists()


@contextmanager
def _alone(path: Path, tell: OnProgress) -> Iterator[int]:
    """Hold a file lock; another builder's end is waited for."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(Progress(text="another launch is building the same environment"))
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _sweep(envs: Path, key: str) -> None:
    """Remove what a killed builder left, or an environment whose interpreter is gone."""
    for left in (*envs.glob(f".tmp-{key}-*"), envs / key):
        shutil.rmtree(left, ignore_errors=True)


def _build(folder: Path, lock: str, python: str, held: int, tell: OnProgress) -> None:
    program = interpreter(python)
    building = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".tmp-{folder.name}-"))
    try:
        tell(Progress(text=f"making an environment of Python {python}"))
        made = run_uv(
            ["venv", *_PLAIN, "--relocatable", "--no-project", "--python", str(program), str(building)],
            cwd=building,
            keep_open=[held],
        )
        if not made.ok:
            raise NoInterpreter(f"Python {python} makes no environment", details=made.why)
        if lock.strip():
            _install(building, lock, python, held, tell)
        (building / ".complete").write_text(json.dumps({"python": python, "program": str(program)}), encoding="utf-8")
        os.rename(building, folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _install(building: Path, lock: str, python: str, held: int, tell: OnProgress) -> None:
    listed = building / "lock.txt"
    listed.write_text(lock, encoding="utf-8")
    told = _Story(total=count_requirements(lock), tell=tell)
    # Copies: a hard link into uv's cache would let one model's code change every other environment.
    command = [
        "pip",
        "sync",
        "--link-mode",
        "copy",
        "--no-python-downloads",
        "--python",
        str(building / "bin" / "python"),
    ]
    outcome = run_uv([*command, str(listed)], cwd=building, keep_open=[held], on_line=told.line)
    if not outcome.ok:
        raise outcome.refusal(python)


class _Story:
    """Turns uv's lines into progress."""

    def __init__(self, *, total: int, tell: OnProgress) -> None:
        self._total, self._tell, self._done = total, tell, 0
        self._say("installing packages")

    def line(self, line: str) -> None:
        """Take one line of uv's."""
        match line.split():
            case ["Downloading" | "Building", name, *_]:
                self._say(f"{line.split()[0].lower()} {name}")
            case ["Downloaded" | "Built", name, *_]:
                self._done += 1
                self._say(f"got {name}")
            case ["Prepared", *_]:
                self._say("installing packages")
            case ["Installed", *_]:
                self._done = self._total
                self._say("packages installed")
            case _:
                pass

    def _say(self, text: str) -> None:
        self._tell(Progress(text=text, done=min(self._done, self._total), total=self._total, unit="packages"))

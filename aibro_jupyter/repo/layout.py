"""What makes a folder an aibro_repo, told without running a line of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter import pythons
from aibro_jupyter.envs import checked_requirements
from aibro_jupyter.errors import BadRepo, BadRequirements
from aibro_jupyter.modelio import manifest
from aibro_jupyter.modelio.paths import LEFT_OUT
from aibro_jupyter.repo.predictfile import takes_data

_RUNTIME = re.compile(rf"(?:python-)?({pythons.MINOR.pattern})(?:\.\d+)?")


@dataclass(frozen=True, kw_only=True)
class Repo:
    """A model repo whose structure is right."""

    root: Path
    takes_data: bool
    """It is ``run(model, data)``; else ``run(model)`` reads data/. Where only running could tell: False."""
    requirements: str
    python: str
    """The minor version runtime.txt asks for, else that of this Python."""


def check(path: Path) -> Repo:
    """Return the repo at a path, or raise ``BadRepo`` that says what is missing or wrong, and what to do."""
    root = Path(path).expanduser()
    if not root.is_dir():
        raise BadRepo(f"{path} is not a folder", fix="artifacts_path is the folder that holds predict.py")
    captured = (root / manifest.FILE).is_file()
    missing = [
        *([] if (root / "predict.py").is_file() else ["predict.py"]),
        *([] if (root / "model").exists() or captured else ["model/"]),
        *([] if (root / "requirements.txt").is_file() else ["requirements.txt"]),
    ]
    if missing:
        raise BadRepo(f"{root.name or root} has no {' and no '.join(missing)}", fix=_ADVICE[missing[0]])
    return Repo(
        root=root.resolve(),
        takes_data=takes_data(root / "predict.py"),
        requirements=_requirements(root / "requirements.txt"),
        python=_python(root / "runtime.txt"),
    )


_ADVICE = {
    "predict.py": "write predict.py with load_model(), which returns the model, and run(model), which answers",
    "model/": "put what load_model() reads into a folder model/ (it may be empty)",
    "requirements.txt": "list the packages predict.py imports in requirements.txt (it may be empty)",
}


def recreate(artifacts: Sequence[str], into: Path) -> Path:
    """Copy a list of files and folders into a new folder ``aibro_repo`` (or ``aibro_repo_2``, …) and return it."""
    sources = [Path(artifact).expanduser() for artifact in artifacts]
    if not sources:
        raise BadRepo(
            "the list of artifacts is empty", fix="give the folder, or at least model, predict.py, requirements.txt"
        )
    named: dict[str, Path] = {}
    for source in sources:
        name = source.resolve().name
        if not source.exists():
            raise BadRepo(f"there is no {source}", fix="paths are relative to where Python runs")
        if name in named:
            raise BadRepo(f"two artifacts are called {name}: {named[name]} and {source}", fix="rename one")
        named[name] = source
    target = _new_folder(into)
    for name, source in named.items():
        if source.is_dir():
            copy_tree(source, target / name)
        else:
            shutil.copy2(source, target / name)
    return target


def copy_tree(root: Path, into: Path) -> Path:
    """Copy a repo for real into a new folder: links are followed, caches and version control left out."""
    try:
        return Path(shutil.copytree(root, into, ignore=shutil.ignore_patterns(*LEFT_OUT)))
    except shutil.Error as error:
        name, _, why = error.args[0][0]
        raise BadRepo(f"{Path(name).name} cannot be copied: {why}", fix="remove it, or make it readable") from error


def _new_folder(into: Path) -> Path:
    number = 1
    while True:
        target = into / ("aibro_repo" if number == 1 else f"aibro_repo_{number}")
        try:
            target.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return target


def _requirements(path: Path) -> str:
    raw = path.read_bytes()
    # What PowerShell's `pip freeze > requirements.txt` writes.
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return checked_requirements(raw.decode(encoding).replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise BadRepo("requirements.txt is not UTF-8 text", fix="save it as UTF-8") from error
    except BadRequirements as error:
        raise BadRepo(error.message, fix=error.fix) from error


def _python(path: Path) -> str:
    if not path.is_file():
        return pythons.OURS
    wanted = path.read_text(encoding="utf-8", errors="replace").strip()
    found = _RUNTIME.fullmatch(wanted)
    if found is None:
        raise BadRepo(
            f"runtime.txt says {wanted[:60]!r}, which names no Python", fix='write "python-3.11", for example'
        )
    return found[1]

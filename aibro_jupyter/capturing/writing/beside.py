"""What lies beside the notebook and comes along: local modules, and files that code opens by a literal name."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from aibro_jupyter import figures
from aibro_jupyter.capturing.gathering.paths import ASKED
from aibro_jupyter.capturing.session import localmodules
from aibro_jupyter.capturing.session.items import Gathered, Notes
from aibro_jupyter.capturing.values.guards import Obstacle, Secrets
from aibro_jupyter.capturing.values.rehome import HOME
from aibro_jupyter.capturing.values.savers.spacy import model_packages
from aibro_jupyter.capturing.values.store import Load
from aibro_jupyter.capturing.writing import localparts
from aibro_jupyter.capturing.writing.folder import GENERATED
from aibro_jupyter.capturing.writing.requirements import modules_named_in
from aibro_jupyter.modelio import manifest

_TEXT_BYTES = 1024 * 1024
"""Chosen: only texts that a person could have written are searched for secrets here; ``leaks`` looks at all of them."""


def bring_along(
    root: Path, gathered: Gathered, texts: Mapping[str, str], loads: Sequence[Load]
) -> tuple[list[str], Notes]:
    """Copy local modules and files into the repo; return the modules that must be installed, and what to say."""
    notes = Notes()
    named = dict.fromkeys(module for load in loads for module in load.saved.modules)
    named |= dict.fromkeys(model_packages(text for item in gathered.defined() for text in item.segment.uses.strings))
    named |= dict.fromkeys(sorted(gathered.reached | gathered.modules))
    if any(HOME in localmodules.imported_roots(text) for text in texts.values()) and f"{HOME}.py" not in texts:
        _taken(notes, HOME, f"{HOME}.py")
    local, installed = localparts.follow(texts.values(), named)
    for module, found in local.items():
        if module == HOME:
            continue
        if (root / found.path.name).exists() or found.path.name in ("data", "model"):
            _taken(notes, module, found.path.name)
            continue
        for file in found.copied(root):
            if why := _secret_in(file):
                notes.refuse(module, "", f"in {file.name}, {why.reason}", why.fix, "module")
    for pattern in dict.fromkeys(gathered.brought.values()):
        count = sum(one == pattern for one in gathered.brought.values())
        user = next(gathered.files[file] for file, one in gathered.brought.items() if one == pattern)
        told = f"{figures.several(count, 'file')} copied into the repo"
        notes.warnings.append(f"{pattern}: {told}, since a request decides which of them {user} reads")
    for file_name, user in gathered.files.items():
        if not any(parent.as_posix() in gathered.files for parent in Path(file_name).parents):  # else its folder comes
            installed |= dict.fromkeys(_copy(root, gathered, file_name, user, notes))
    return [name for name in installed if name != HOME], notes


def _taken(notes: Notes, module: str, name: str) -> None:
    notes.refuse(module, "", f"{name} is a name of the repo's own", "rename the module", "module")


def _copy(root: Path, gathered: Gathered, name: str, user: str, notes: Notes) -> list[str]:
    """Copy a file or folder that code reads; return the modules that must be installed for it."""
    target = root / name
    if target.exists() or name in (*GENERATED, manifest.FILE):
        notes.refuse(user, gathered.cell_of(user), f"{name} is a name of the repo's own", "rename the file")
        return []
    if name in gathered.by_sample:
        told = f"copied into the repo, since {user} reads it on the sample; if the request decides which file that is"
        notes.warnings.append(f"{name}: {told}, --file GLOB brings the others: only this one is there")
    elif name not in gathered.brought and user != ASKED:
        notes.warnings.append(f"{name}: copied into the repo, since {user} reads it")
    target.parent.mkdir(parents=True, exist_ok=True)
    source = gathered.sources.get(name, Path(name))
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        return []
    shutil.copyfile(source, target)
    if target.stat().st_size <= _TEXT_BYTES and (why := _secret_in(target)):
        notes.refuse(user, gathered.cell_of(user), f"in {name}, which it reads, {why.reason}", why.fix)
    return modules_named_in(target)


def _secret_in(file: Path) -> Obstacle | None:
    return Secrets().in_file(file.name, file.read_text(encoding="utf-8", errors="replace"))

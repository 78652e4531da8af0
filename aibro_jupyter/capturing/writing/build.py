"""The repo's files, built from a plan in the staging folder."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aibro_jupyter import figures
from aibro_jupyter.capturing.gathering.collect import Collector
from aibro_jupyter.capturing.gathering.history import last_call
from aibro_jupyter.capturing.proving.inputs import Inputs, inputs_of
from aibro_jupyter.capturing.session import localmodules
from aibro_jupyter.capturing.session.items import Defined, Plan
from aibro_jupyter.capturing.values import guards
from aibro_jupyter.capturing.values.guards import Secrets
from aibro_jupyter.capturing.values.leaks import refuse_leaks
from aibro_jupyter.capturing.values.rehome import HOME
from aibro_jupyter.capturing.values.savers.spacy import model_packages
from aibro_jupyter.capturing.values.store import Load, save_values
from aibro_jupyter.capturing.writing.emit import scripts
from aibro_jupyter.capturing.writing.folder import MANIFEST, digests, files_of
from aibro_jupyter.capturing.writing.requirements import Requirements, modules_named_in, requirements_of
from aibro_jupyter.capturing.writing.work import Built, Job, model_of, refuse
from aibro_jupyter.errors import CaptureError

_TEXT_BYTES = 1024 * 1024
_EXPECTED_BYTES = 64 * 1024
_OWN_FILES = ("predict.py", "notebook_code.py", "requirements.txt", "runtime.txt")
_DECODERS = {"dataframe": "pandas", "series": "pandas", "ndarray": "numpy"}
"""Kind of parameter -> the package that the slot decodes it with."""


def inputs_for(job: Job, sample: Any, samples: Sequence[Any] | None) -> Inputs:
    """Return what a client sends, by the samples given, else by the function's last call in the session."""
    given = list(samples) if samples is not None else [] if sample is None else [sample]
    if not given and (called := last_call(job.notebook, job.target.label)) is not None:
        placed, named, cell = called
        by_name = {**dict(zip(job.target.parameters, placed, strict=False)), **named}
        names = list(job.target.parameters)
        if len(names) > 1:
            free = {key: value for key, value in by_name.items() if job.notebook.namespace.get(key) is not value}
            given = [free or by_name]
        elif by_name:
            given = [next(iter(by_name.values()))]
        job.warnings.append(f"sample: taken from the last call of {job.target.label} in {cell}")
    return inputs_of(job.target, job.notebook.namespace, given)


def build(job: Job, root: Path, extra: list[str]) -> Built:
    """Write all files of the repo but its manifest; raises ``CaptureError`` with every culprit there is."""
    secrets = Secrets({**os.environ, **job.asks.secrets}, named=job.asks.secrets)
    collector = Collector(job.notebook, secrets)
    names = {**job.target.names, **job.inputs.bound}
    if job.target.handwritten:
        names |= model_of(job)
    plan = collector.collect(names, extra=extra)
    plan.files |= job.files
    refuse(job, plan.culprits)
    loads = save_values(plan, root / "model")
    texts = scripts(plan, loads, job.target, job.inputs, job.name)
    for file_name, text in texts.items():
        (root / file_name).write_text(text, encoding="utf-8")
    requirements = _surroundings(job, root, plan, texts, loads)
    _weigh(plan, root, loads)
    refuse(job, [*plan.culprits, *requirements.culprits])
    _write_sample(job, root)
    refuse_leaks(plan, root, secrets, job.asks.secrets)
    refuse(job, plan.culprits)
    (root / "requirements.txt").write_text(requirements.text(), encoding="utf-8")
    (root / "runtime.txt").write_text(f"python-{minor()}\n", encoding="utf-8")
    return Built(
        root=root, plan=plan, loads=loads, requirements=requirements,
        warnings=[*job.warnings, *plan.warnings, *requirements.warnings],
    )  # fmt: skip


def _surroundings(job: Job, root: Path, plan: Plan, texts: Mapping[str, str], loads: list[Load]) -> Requirements:
    """Copy local modules and files that code names; return what must be installed."""
    roots: dict[str, None] = {}
    for text in texts.values():
        roots |= localmodules.imported_roots(text)
    roots |= dict.fromkeys(module for load in loads for module in load.saved.modules)
    roots |= dict.fromkeys(model_packages(text for item in plan.defined() for text in item.segment.uses.strings))
    local, other = localmodules.follow([*(one for one in roots if one != "notebook_code"), *sorted(plan.reached)])
    if HOME in roots and f"{HOME}.py" not in texts:
        plan.refuse(HOME, "", f"{HOME}.py is a name of the repo's own", "rename the module", "module")
    for module, path in local.items():
        if (root / path.name).exists() or path.name in ("data", "model"):
            plan.refuse(module, "", f"{path.name} is a name of the repo's own", "rename the module", "module")
            continue
        _check_secrets(plan, localmodules.copy(path, root), module)
    for file_name, user in plan.files.items():
        target = root / file_name
        if any(parent.as_posix() in plan.files for parent in Path(file_name).parents):
            continue  # its whole folder comes along
        if target.exists() or file_name in (*_OWN_FILES, MANIFEST):
            plan.refuse(user, plan.cell_of(user), f"{file_name} is a name of the repo's own", "rename the file")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        source = plan.sources.get(file_name, Path(file_name))
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        else:
            shutil.copyfile(source, target)
            if target.stat().st_size <= _TEXT_BYTES and (why := _secret_in(target)):
                plan.refuse(user, plan.cell_of(user), f"in {file_name}, which it reads, {why.reason}", why.fix)
            other |= dict.fromkeys(modules_named_in(target))
        plan.warnings.append(f"{file_name}: copied into the repo, since {user} reads it")
    kinds = {str(parameter["kind"]) for parameter in job.inputs.parameters}
    needed = [module for kind, module in _DECODERS.items() if kind in kinds]
    return requirements_of([*(one for one in other if one != "notebook_code"), *needed])


def _weigh(plan: Plan, root: Path, loads: list[Load]) -> None:
    """Refuse a repo whose files together are more than any deploy should carry."""
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    if size > guards.REPO_BYTES and loads:
        largest = max(loads, key=lambda load: load.size)
        reason = f"all files together are {figures.size(size)}, more than {figures.size(guards.REPO_BYTES)}"
        plan.refuse(
            largest.names[0], largest.cells[0], reason, "keep only what the function needs", "the largest value"
        )


def _secret_in(file: Path) -> guards.Refusal | None:
    return Secrets().inside(file.read_text(encoding="utf-8", errors="replace"))


def _check_secrets(plan: Plan, copied: Path, module: str) -> None:
    for file in localmodules.python_files(copied):
        if why := _secret_in(file):
            plan.refuse(module, "", f"in {file.name}, {why.reason}", why.fix, "module")


def _write_sample(job: Job, root: Path) -> None:
    folder = root / "data"
    if job.target.handwritten and len(job.target.parameters) == 1:
        if not Path("data").is_dir():
            raise CaptureError(
                "cannot deploy 'run': it reads ./data, and there is no data/ folder beside the notebook",
                fix="make data/ with one sample file in it, or write run(model, data)",
            )
        shutil.copytree("data", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        return
    if job.inputs.samples and job.inputs.parameters:
        folder.mkdir(exist_ok=True)
        (folder / job.inputs.file_name).write_bytes(job.inputs.body(job.inputs.samples[0]))


def write_manifest(job: Job, built: Built, expected: bytes | None) -> None:
    """Write aibro.json; ``expected`` is the notebook's answer to the first sample, kept if it is small."""
    root = built.root
    told: dict[str, Any] = {"format": 1, "name": job.name, "function": job.target.label, "python": minor()}
    if job.inputs.parameters:
        told["input"] = job.inputs.manifest()
    if expected is not None and len(expected) <= _EXPECTED_BYTES:
        told["expected"] = json.loads(expected)
    cells = {item.name: item.segment.cell for item in built.plan.items.values() if isinstance(item, Defined)}
    told["cells"] = cells | {item.name: item.cell for item in built.plan.held() if item.cell}
    told["packages"] = built.requirements.versions
    told["files"] = sorted({*files_of(root), MANIFEST})
    told["sha256"] = digests(root, list(_OWN_FILES))
    (root / MANIFEST).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def minor() -> str:
    """Return this Python's minor version, such as ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
